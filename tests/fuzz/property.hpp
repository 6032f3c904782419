#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace s3proxy::fuzz {

/// Ends the run with the law that does not hold; the fuzzer keeps the input.
inline void must(bool holds, char const* law) {
  if (!holds) {
    std::fprintf(stderr, "broken: %s\n", law);
    std::abort();
  }
}

/// The input as text.
inline std::string_view as_text(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};
}

/// Takes numbers off the front of the input, for sizes and splits.
class source {
 public:
  explicit source(std::string_view bytes) : rest_(bytes) {}

  std::uint8_t byte() {
    if (rest_.empty()) {
      return 0;
    }
    auto const first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  std::uint64_t number() {
    std::uint64_t out = 0;
    for (int i = 0; i < 8; ++i) {
      out = out << 8 | byte();
    }
    return out;
  }
  std::string_view take(std::size_t most) {
    auto const piece = rest_.substr(0, most);
    rest_.remove_prefix(piece.size());
    return piece;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace s3proxy::fuzz
