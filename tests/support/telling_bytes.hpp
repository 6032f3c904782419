#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::test {

// Bodies in which every 16 bytes name their version and their place, so that any range can be checked without
// a copy, and a byte of another version or from another place cannot hide.

inline constexpr std::size_t unit = 16;

inline std::string telling_unit(unsigned version, std::uint64_t number) {
  std::array<char, unit + 1> text;
  std::snprintf(text.data(), text.size(), "v%04u:%09llu\n", version % 10000,
                static_cast<unsigned long long>(number));
  return std::string(text.data(), unit);
}

/// The bytes `[begin, end)` of the body of `version`.
inline std::string telling_bytes(unsigned version, std::uint64_t begin, std::uint64_t end) {
  std::string out;
  out.reserve(end - begin + 2 * unit);
  auto const first = begin / unit;
  for (auto number = first; number * unit < end; ++number) {
    out += telling_unit(version, number);
  }
  return out.substr(begin - first * unit, end - begin);
}

/// Nothing when `bytes` are `[begin, ...)` of `version`; else where they first differ, for the failure
/// message.
inline std::optional<std::string> differs(std::string_view bytes, unsigned version, std::uint64_t begin) {
  auto const want = telling_bytes(version, begin, begin + bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != want[i]) {
      auto const from = i - i % unit;
      return "at " + std::to_string(begin + i) + ": got '" + std::string(bytes.substr(from, 2 * unit)) +
             "' want '" + want.substr(from, 2 * unit) + "'";
    }
  }
  return std::nullopt;
}

}  // namespace s3proxy::test
