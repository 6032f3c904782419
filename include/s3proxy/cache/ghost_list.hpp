#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

namespace s3proxy::cache {

/// The fingerprints of what was evicted, without the things themselves.
class ghost_list {
 public:
  /// Remembers the newest one, and forgets the oldest beyond `most`.
  void add(std::uint64_t fingerprint, std::size_t most);
  /// Forgets it. Gives how many were added since, or nothing if it was not remembered.
  std::optional<std::uint64_t> take(std::uint64_t fingerprint);

 private:
  struct ghost {
    std::uint64_t fingerprint;
    std::uint64_t number;
  };
  std::deque<ghost> oldest_first_;  // also what was taken, until its turn comes
  std::unordered_map<std::uint64_t, std::uint64_t> numbers_;
  std::uint64_t added_ = 0;
};

}  // namespace s3proxy::cache
