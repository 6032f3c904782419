#include "s3proxy/upstream/bucket_regions.hpp"

#include <iterator>

namespace s3proxy::upstream {

std::optional<std::string> bucket_regions::find(std::string_view bucket) const {
  std::lock_guard const lock(mutex_);
  auto const found = by_bucket_.find(bucket);
  return found == by_bucket_.end() ? std::nullopt : std::optional(found->second->second);
}

void bucket_regions::remember(std::string_view bucket, std::string_view region, std::size_t most) {
  std::lock_guard const lock(mutex_);
  if (auto const found = by_bucket_.find(bucket); found != by_bucket_.end()) {
    found->second->second = region;
    return;
  }
  by_age_.emplace_back(bucket, region);
  by_bucket_.emplace(by_age_.back().first, std::prev(by_age_.end()));
  while (by_age_.size() > most) {
    by_bucket_.erase(by_age_.front().first);
    by_age_.pop_front();
  }
}

void bucket_regions::forget(std::string_view bucket) {
  std::lock_guard const lock(mutex_);
  if (auto const found = by_bucket_.find(bucket); found != by_bucket_.end()) {
    auto const place = found->second;
    by_bucket_.erase(found);
    by_age_.erase(place);
  }
}

}  // namespace s3proxy::upstream
