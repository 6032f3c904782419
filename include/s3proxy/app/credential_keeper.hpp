#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/s3/credentials.hpp"

#include <memory>
#include <mutex>

namespace s3proxy::app {

/// The key pair in force, for every worker to read while the control thread replaces it. Thread-safe.
class credential_keeper {
 public:
  explicit credential_keeper(loaded_credentials const& first) { replace(first); }

  /// Null: there are no credentials.
  std::shared_ptr<s3::credentials const> current() const {
    std::lock_guard const lock(mutex_);
    return pair_;
  }
  void replace(loaded_credentials const& loaded) {
    auto pair = loaded.pair ? std::make_shared<s3::credentials const>(*loaded.pair) : nullptr;
    std::lock_guard const lock(mutex_);
    pair_ = std::move(pair);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<s3::credentials const> pair_;
};

}  // namespace s3proxy::app
