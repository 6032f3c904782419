#pragma once

#include "s3proxy/cache/moment.hpp"
#include "s3proxy/http/date.hpp"

#include <chrono>

namespace s3proxy::observe {

/// The clocks of the process: steady for ages and durations, wall for signatures and dates. The shell reads
/// time only here; a test hands in one that it moves by hand.
class clock {
 public:
  virtual ~clock() = default;
  virtual cache::time_point now() const { return std::chrono::steady_clock::now(); }
  virtual http::wall_time wall_now() const {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  }
};

}  // namespace s3proxy::observe
