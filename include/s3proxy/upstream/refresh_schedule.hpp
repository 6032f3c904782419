#pragma once

#include "s3proxy/http/date.hpp"
#include "s3proxy/upstream/limits.hpp"

#include <chrono>

namespace s3proxy::upstream {

/// When to fetch keys anew that were fetched then and expire then. Pure; `jitter` in [0, 1) spreads a fleet
/// that was started at once.
http::wall_time refresh_at(http::wall_time fetched, http::wall_time expires, double jitter,
                           credential_limits const& limits);

/// How long to wait after the `failures`th failure in a row (1 is the first). Half of it is certain: keys are
/// handed out at few places, and many ask there.
std::chrono::milliseconds retry_after(unsigned failures, double jitter, credential_limits const& limits);

}  // namespace s3proxy::upstream
