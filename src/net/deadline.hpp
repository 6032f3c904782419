#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace s3proxy::net {

/// One deadline for one connection. Moving it later costs a store, not a timer operation: a timer that fires
/// early goes to sleep again until the deadline of then. Lives on its executor; its handlers keep what they
/// need alive.
class deadline {
 public:
  explicit deadline(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

  /// What to do when it passes. Called at most once per setting.
  void on_expiry(std::function<void()> act) { act_ = std::move(act); }

  void expires_after(std::chrono::milliseconds length) {
    expired_ = false;
    at_ = clock::now() + length;
    if (!armed_ || at_ < fires_at_) {
      arm();
    }
  }
  void stop() { at_ = never; }
  bool expired() const { return expired_; }

 private:
  using clock = std::chrono::steady_clock;
  static constexpr auto never = clock::time_point::max();

  void arm() {
    armed_ = true;
    fires_at_ = at_;
    timer_.expires_at(fires_at_);
    timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code ec) {
      if (ec || alive.expired()) {
        return;
      }
      armed_ = false;
      if (at_ == never) {
        return;
      }
      if (clock::now() < at_) {
        arm();
        return;
      }
      expired_ = true;
      at_ = never;
      act_();
    });
  }

  boost::asio::steady_timer timer_;
  std::function<void()> act_;
  clock::time_point at_ = never;
  clock::time_point fires_at_ = never;
  bool armed_ = false;
  bool expired_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace s3proxy::net
