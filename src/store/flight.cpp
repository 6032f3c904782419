#include "s3proxy/store/flight.hpp"

#include <utility>

namespace s3proxy::store {

void flight::join() {
  std::lock_guard const lock(mutex_);
  ++readers_;
  joined_once_ = true;
}

void flight::leave() {
  waker told;
  {
    std::lock_guard const lock(mutex_);
    if (--readers_ == 0 && !finished_) {
      told = abandoned_;
    }
  }
  if (told) {
    told();
  }
}

void flight::want(std::uint64_t client) {
  std::function<void(std::uint64_t)> told;
  {
    std::lock_guard const lock(mutex_);
    if (wanted_by_) {
      return;
    }
    wanted_by_ = client;
    told = std::move(wanted_);
    wanted_ = nullptr;
  }
  if (told) {
    told(client);
  }
}

std::uint64_t flight::progress() const {
  std::lock_guard const lock(mutex_);
  return progress_;
}

bool flight::wait(std::uint64_t seen, waker wake) {
  std::lock_guard const lock(mutex_);
  if (progress_ != seen) {
    return false;
  }
  waiting_.push_back(std::move(wake));
  return true;
}

bool flight::finished() const {
  std::lock_guard const lock(mutex_);
  return finished_;
}

std::optional<base::errc> flight::outcome() const {
  std::lock_guard const lock(mutex_);
  return outcome_;
}

void flight::advance() {
  wake_all(std::unique_lock(mutex_));
}

void flight::finish(std::optional<base::errc> outcome) {
  std::unique_lock lock(mutex_);
  finished_ = true;
  outcome_ = outcome;
  abandoned_ = nullptr;
  wanted_ = nullptr;
  wake_all(std::move(lock));
}

void flight::on_abandoned(waker wake) {
  {
    std::lock_guard const lock(mutex_);
    if (!joined_once_ || readers_ > 0) {
      abandoned_ = std::move(wake);
      return;
    }
  }
  wake();
}

bool flight::abandoned() const {
  std::lock_guard const lock(mutex_);
  return joined_once_ && readers_ == 0;
}

void flight::on_wanted(std::function<void(std::uint64_t)> told) {
  std::optional<std::uint64_t> already;
  {
    std::lock_guard const lock(mutex_);
    already = wanted_by_;
    if (!already) {
      wanted_ = std::move(told);
    }
  }
  if (already) {
    told(*already);
  }
}

void flight::wake_all(std::unique_lock<std::mutex> lock) {
  ++progress_;
  auto const woken = std::exchange(waiting_, {});
  lock.unlock();
  for (auto const& wake : woken) {
    wake();
  }
}

}  // namespace s3proxy::store
