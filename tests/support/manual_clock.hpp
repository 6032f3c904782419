#pragma once

#include "s3proxy/observe/clock.hpp"

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace s3proxy::test {

/// A clock that moves when the test says so. Both faces move together.
class manual_clock : public observe::clock {
 public:
  cache::time_point now() const override {
    return cache::time_point(std::chrono::hours(1)) + std::chrono::milliseconds(passed_.load());
  }
  http::wall_time wall_now() const override {
    if (defect_in_ > 0 && --defect_in_ == 0) {
      throw std::runtime_error("a defect of the test's making");
    }
    // 2026-01-02 03:04:05 UTC
    return http::wall_time(std::chrono::seconds(1767323045)) +
           std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(passed_.load()));
  }
  /// The `n`th look at the wall clock from now on throws: a defect in the midst of a request.
  void throw_at_look(int n) { defect_in_ = n; }
  void advance(std::chrono::milliseconds by) { passed_ += by.count(); }

 private:
  std::atomic<std::int64_t> passed_{0};
  mutable std::atomic<int> defect_in_{0};
};

}  // namespace s3proxy::test
