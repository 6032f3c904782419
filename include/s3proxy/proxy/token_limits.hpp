#pragma once

#include "s3proxy/upstream/limits.hpp"

#include <chrono>
#include <cstddef>

namespace s3proxy::proxy {

/// Bounds of the exchange of tokens. Every number has its reason here and is listed in docs/configuration.md.
struct token_limits {
  upstream::call_limits call;    ///< one to the STS, and so the longest that a request waits for it
  std::size_t held = 10'000;     ///< pairs; with its session token one has 2 KiB
  std::size_t failures = 1'000;  ///< remembered; a name and a number each
  std::size_t in_flight = 64;    ///< exchanges; STS allows an account some hundred calls a second
  std::chrono::seconds ahead{5 *
                             60};  ///< of its expiry a pair is exchanged again: a long read outlives it not
  std::chrono::seconds unsaid{15 *
                              60};  ///< how long a pair lives whose STS does not say: the shortest of AWS
  std::chrono::milliseconds failure{5'000};  ///< is remembered: a client that retries costs no call each time
};

}  // namespace s3proxy::proxy
