#pragma once

#include <algorithm>
#include <cassert>
#include <compare>
#include <cstdint>

namespace s3proxy::base {

/// A number of bytes, or an offset in bytes from the start of an object.
using byte_count = std::uint64_t;

constexpr byte_count operator""_B(unsigned long long n) {
  return n;
}
constexpr byte_count operator""_KiB(unsigned long long n) {
  return n << 10;
}
constexpr byte_count operator""_MiB(unsigned long long n) {
  return n << 20;
}
constexpr byte_count operator""_GiB(unsigned long long n) {
  return n << 30;
}

/// A half-open range of bytes, `[begin, end)`. HTTP's inclusive ends exist only in http/byte_range.
struct byte_span {
  byte_count begin = 0;
  byte_count end = 0;

  constexpr byte_count size() const { return end - begin; }
  constexpr bool empty() const { return begin >= end; }
  constexpr bool contains(byte_count at) const { return begin <= at && at < end; }
  constexpr bool contains(byte_span other) const { return begin <= other.begin && other.end <= end; }

  friend constexpr bool operator==(byte_span, byte_span) = default;
};

/// The bytes that both ranges hold; empty (begin == end) when there are none.
constexpr byte_span intersect(byte_span a, byte_span b) {
  auto const begin = std::max(a.begin, b.begin);
  return {begin, std::max(begin, std::min(a.end, b.end))};
}

constexpr byte_count round_down(byte_count n, byte_count unit) {
  return n - n % unit;
}
constexpr byte_count round_up(byte_count n, byte_count unit) {
  return round_down(n + unit - 1, unit);
}

}  // namespace s3proxy::base
