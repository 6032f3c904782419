#include "s3proxy/proxy/speculation_rate.hpp"

#include <algorithm>
#include <chrono>

namespace s3proxy::proxy {
namespace {

constexpr std::chrono::seconds slot_length{10};

}  // namespace

void speculation_rate::demanded(base::byte_count size, cache::time_point now) {
  std::lock_guard const lock(mutex_);
  slot_of(now).demanded += size;
}

bool speculation_rate::take(base::bucket_name const& bucket, base::byte_count size, cache::time_point now) {
  std::lock_guard const lock(mutex_);
  auto& rate = refreshed(bucket, now);
  if (rate.tokens < 1 || !is_within_ratio(size, now)) {
    return false;
  }
  rate.tokens -= 1;
  slot_of(now).speculated += size;
  return true;
}

void speculation_rate::give_back(base::byte_count size, cache::time_point now) {
  std::lock_guard const lock(mutex_);
  auto& taken = slot_of(now).speculated;
  taken -= std::min(taken, size);
}

void speculation_rate::slow_down(base::bucket_name const& bucket, cache::time_point asked,
                                 cache::time_point now) {
  std::lock_guard const lock(mutex_);
  auto& rate = refreshed(bucket, now);
  if (asked < rate.slowed) {
    return;
  }
  rate.per_second = std::max(rate.per_second / 2, limits_.least_per_second);
  rate.tokens = 0;  // what was saved up is for a store that has nothing else to do
  rate.slowed = now;
}

double speculation_rate::rate_of(base::bucket_name const& bucket, cache::time_point now) {
  std::lock_guard const lock(mutex_);
  return refreshed(bucket, now).per_second;
}

// Additive increase: a store that recovers is not asked for everything at once.
speculation_rate::bucket_rate& speculation_rate::refreshed(base::bucket_name const& bucket,
                                                           cache::time_point now) {
  auto const most = limits_.requests_per_second;
  if (buckets_.size() >= limits_.buckets && !buckets_.contains(bucket)) {
    forget_one();
  }
  auto& rate = buckets_.try_emplace(bucket, bucket_rate{most, most / limits_.burst_part, now}).first->second;
  if (now > rate.seen) {  // threads look at the clock before they come here
    auto const seconds = std::chrono::duration<double>(now - rate.seen).count();
    rate.per_second = std::min(most, rate.per_second + seconds * limits_.raise_per_second);
    auto const burst = std::max(1.0, rate.per_second / limits_.burst_part);
    rate.tokens = std::min(burst, rate.tokens + seconds * rate.per_second);
    rate.seen = now;
  }
  return rate;
}

void speculation_rate::forget_one() {
  buckets_.erase(std::ranges::min_element(buckets_, {}, [](auto const& one) { return one.second.seen; }));
}

speculation_rate::slot& speculation_rate::slot_of(cache::time_point now) {
  auto const number = now.time_since_epoch() / slot_length;
  auto& place = minute_[static_cast<std::size_t>(number) % slots];
  if (place.number != number) {
    place = {.number = number};
  }
  return place;
}

bool speculation_rate::is_within_ratio(base::byte_count size, cache::time_point now) {
  auto const newest = now.time_since_epoch() / slot_length;
  base::byte_count demanded = 0;
  base::byte_count speculated = size;
  for (auto const& one : minute_) {
    if (one.number > newest - static_cast<std::int64_t>(slots)) {
      demanded += one.demanded;
      speculated += one.speculated;
    }
  }
  auto const most = static_cast<double>(limits_.minute_floor) + ratio_ * static_cast<double>(demanded);
  return static_cast<double>(speculated) <= most;
}

}  // namespace s3proxy::proxy
