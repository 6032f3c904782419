#include "s3proxy/upstream/retry.hpp"

#include <algorithm>

namespace s3proxy::upstream {

std::optional<std::chrono::milliseconds> next_attempt(unsigned made, base::errc last, repeatable kind,
                                                      connection_age age, double jitter,
                                                      origin_limits const& limits) {
  auto const allowed = base::describe(last).retry;
  auto const may = allowed == base::retry_kind::before_write
                       ? kind != repeatable::no
                       : allowed == base::retry_kind::read && kind == repeatable::read;
  if (!may || made >= limits.attempts) {
    return std::nullopt;
  }
  if (age == connection_age::reused && last == base::errc::origin_reset) {
    return std::chrono::milliseconds(0);
  }
  auto const ceiling = std::min(limits.backoff_most, limits.backoff * (1 << std::min(made - 1, 10U)));
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(ceiling.count()) * jitter));
}

}  // namespace s3proxy::upstream
