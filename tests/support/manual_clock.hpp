#pragma once

#include "s3proxy/observe/clock.hpp"

#include <atomic>
#include <chrono>

namespace s3proxy::test {

/// A clock that moves when the test says so. Both faces move together.
class manual_clock : public observe::clock {
 public:
  cache::time_point now() const override {
    return cache::time_point(std::chrono::hours(1)) + std::chrono::milliseconds(passed_.load());
  }
  http::wall_time wall_now() const override {
    // 2026-01-02 03:04:05 UTC
    return http::wall_time(std::chrono::seconds(1767323045)) +
           std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(passed_.load()));
  }
  void advance(std::chrono::milliseconds by) { passed_ += by.count(); }

 private:
  std::atomic<std::int64_t> passed_{0};
};

}  // namespace s3proxy::test
