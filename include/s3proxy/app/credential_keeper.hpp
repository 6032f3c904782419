#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/proxy/roster.hpp"
#include "s3proxy/s3/credentials.hpp"

#include <memory>
#include <mutex>

namespace s3proxy::app {

/// The key pair in force, for every worker to read while the control thread replaces it. Thread-safe.
class credential_keeper {
 public:
  credential_keeper(loaded_credentials const& first, proxy::unsigned_access others) : others_(others) {
    replace(first);
  }

  /// Null: there are no credentials.
  std::shared_ptr<s3::credentials const> current() const {
    std::lock_guard const lock(mutex_);
    return pair_;
  }
  /// Who may come, with that pair.
  proxy::roster_ptr roster() const {
    std::lock_guard const lock(mutex_);
    return roster_;
  }
  void replace(loaded_credentials const& loaded) {
    auto pair = loaded.pair ? std::make_shared<s3::credentials const>(*loaded.pair) : nullptr;
    auto everybody = proxy::roster_of_one(pair, others_);
    std::lock_guard const lock(mutex_);
    pair_ = std::move(pair);
    roster_ = std::move(everybody);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<s3::credentials const> pair_;
  proxy::roster_ptr roster_;
  proxy::unsigned_access others_;
};

}  // namespace s3proxy::app
