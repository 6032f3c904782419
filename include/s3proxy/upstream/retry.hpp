#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/upstream/limits.hpp"

#include <chrono>
#include <optional>

namespace s3proxy::upstream {

/// Whether a request may be asked again: a read may until its first byte reached the client, anything else
/// only while no byte of it was written to the socket (a repeated conditional PUT answers 412 to a commit
/// that succeeded).
enum class repeatable { read, unwritten, no };

/// The tokens that retries are paid with. One a worker; not thread-safe.
class retry_budget {
 public:
  explicit retry_budget(origin_limits const& limits)
      : most_(limits.retry_tokens), price_(limits.retry_price), left_(most_) {}
  bool spend() {
    if (left_ < price_) {
      return false;
    }
    left_ -= price_;
    return true;
  }
  void earn() { left_ = left_ < most_ ? left_ + 1 : left_; }

 private:
  int most_, price_, left_;
};

/// True for the statuses with which a store says "later": 500, 502, 503, 504.
constexpr bool is_passing_fault(unsigned status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

/// How long to wait before the next attempt, or nothing to give up. Pure.
/// Takes: how many attempts were made; what the last one ended with; `jitter` in [0, 1). A connection that
/// was reused and died before an answer costs no wait: the store closed it while it was idle.
enum class connection_age { fresh, reused };
std::optional<std::chrono::milliseconds> next_attempt(unsigned made, base::errc last, repeatable kind,
                                                      connection_age age, double jitter,
                                                      origin_limits const& limits);

}  // namespace s3proxy::upstream
