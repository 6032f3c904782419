#include "s3proxy/upstream/refresh_schedule.hpp"

#include <algorithm>
#include <cstdint>

namespace s3proxy::upstream {
namespace {

template <class Duration>
Duration share(Duration whole, double part) {
  return Duration(static_cast<std::int64_t>(static_cast<double>(whole.count()) * part));
}

}  // namespace

http::wall_time refresh_at(http::wall_time fetched, http::wall_time expires, double jitter,
                           credential_limits const& limits) {
  auto const life = std::max(expires - fetched, std::chrono::seconds(0));
  auto const earliest = std::min(limits.advisory, life / limits.advisory_part);
  auto const latest = std::min(limits.mandatory, life / limits.mandatory_part);
  auto const at = expires - earliest + share(earliest - latest, jitter);
  return std::max(at, fetched + limits.least_wait);
}

std::chrono::milliseconds retry_after(unsigned failures, double jitter, credential_limits const& limits) {
  constexpr unsigned most_doublings = 16;  // far beyond any retry_most, far from an overflow
  auto const doublings = std::min(failures > 0 ? failures - 1 : 0U, most_doublings);
  auto const most = std::min(limits.retry_most, limits.retry * (std::int64_t{1} << doublings));
  return most / 2 + share(most - most / 2, jitter);
}

}  // namespace s3proxy::upstream
