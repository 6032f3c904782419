#pragma once

#include <chrono>
#include <cstdint>

namespace s3proxy::cache {

/// A point in time, handed in by the caller: the core reads no clock.
using time_point = std::chrono::steady_clock::time_point;
using duration = std::chrono::steady_clock::duration;

/// When something began. `order` numbers every beginning of an origin request, of a client's read and of each
/// end of a write in one sequence of the process, so that two of them are never equal; `at` is for ages only.
struct moment {
  time_point at{};
  std::uint64_t order = 0;
};

/// The rule of evidence: what an origin request says counts from the moment it *began*, so it does not cross
/// a write. `raised`: the order at which a write of the key last started or ended (0: never).
constexpr bool stands(moment began, std::uint64_t raised) {
  return began.order > raised;
}

}  // namespace s3proxy::cache
