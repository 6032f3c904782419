#pragma once

#include "s3proxy/base/named.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

namespace s3proxy::store {

/// The one sequence of the process in which origin requests, reads and write edges are ordered, and for every
/// key the place of its last write edge in it. A fixed table of hashed counters: it outlives eviction, and
/// two keys that share a counter cost a refetch, never a stale byte. Thread-safe, lock-free.
class write_epochs {
 public:
  write_epochs();

  /// The next number of the sequence, greater than every one given before.
  std::uint64_t next() { return next_.fetch_add(1, std::memory_order_relaxed); }

  /// A write of the key starts or ends: everything that began before now is void for it.
  void raise(base::bucket_name const& bucket, base::object_key const& key);
  /// The same for every key of a bucket: a change of policy, a delete whose keys are not known.
  void raise(base::bucket_name const& bucket);

  /// Who may read what in the bucket changes: every right granted before now is void, and what is known of
  /// its objects stands.
  void raise_rights(base::bucket_name const& bucket);
  /// The order of the last such change; 0 when there was none.
  std::uint64_t rights_raised(base::bucket_name const& bucket) const;

  /// The order of the last write edge that concerns the key; 0 when there was none.
  std::uint64_t raised(base::bucket_name const& bucket, base::object_key const& key) const;

  static constexpr std::size_t slots = 1 << 16;  ///< 512 KiB; a collision in a set of 1,000 hot keys: 1.5 %

 private:
  std::atomic<std::uint64_t>& slot(base::bucket_name const& bucket, base::object_key const& key) const;
  void raise(std::atomic<std::uint64_t>& slot);

  std::atomic<std::uint64_t> next_{1};
  std::uint64_t seed_;  // so that nobody can choose keys that collide
  std::unique_ptr<std::array<std::atomic<std::uint64_t>, slots>> table_;
};

}  // namespace s3proxy::store
