#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace s3proxy::upstream {

/// Which region each bucket lives in, as the store has told. Shared by all workers; thread-safe.
class bucket_regions {
 public:
  std::optional<std::string> find(std::string_view bucket) const;
  /// Keeps at most `most`: the one that was learnt first goes.
  void remember(std::string_view bucket, std::string_view region, std::size_t most);
  void forget(std::string_view bucket);

 private:
  using known = std::pair<std::string, std::string>;  // bucket, region

  mutable std::mutex mutex_;
  std::list<known> by_age_;
  std::map<std::string_view, std::list<known>::iterator> by_bucket_;  // keys are views into by_age_
};

}  // namespace s3proxy::upstream
