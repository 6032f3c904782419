#pragma once

#include "s3proxy/proxy/roster.hpp"

#include <memory>
#include <mutex>
#include <utility>

namespace s3proxy::app {

/// Who may come now, for every worker to read while the control thread replaces it. Thread-safe.
class roster_keeper {
 public:
  explicit roster_keeper(proxy::roster_ptr first) : roster_(std::move(first)) {}

  proxy::roster_ptr current() const {
    std::lock_guard const lock(mutex_);
    return roster_;
  }
  void replace(proxy::roster_ptr with) {
    // The old one goes when the last request that began with it ends, and not under the lock.
    std::lock_guard const lock(mutex_);
    roster_.swap(with);
  }

 private:
  mutable std::mutex mutex_;
  proxy::roster_ptr roster_;
};

}  // namespace s3proxy::app
