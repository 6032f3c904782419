#pragma once

#include "s3proxy/base/error.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace s3proxy::store {

/// One origin request in progress that others wait for. Its task advances it; readers wait for the next step
/// and look again. It carries no bytes (the block store does) and no verdict on who may read them: only
/// progress, and the fault it ended with. Lifetime: shared by its task and its readers. Thread-safe; wakers
/// are called without its lock, on any thread.
class flight {
 public:
  using waker = std::function<void()>;

  // For readers.

  /// A reader counts while it waits; when the last one leaves before the end, the task is told (see
  /// on_abandoned).
  void join();
  void leave();
  /// Says that a client (any number that stands for it) waits now for what may have been begun for nobody.
  /// Its task is told once, of the first.
  void want(std::uint64_t client);
  /// How often the flight has advanced. Read it before looking at the state that it guards.
  std::uint64_t progress() const;
  /// Calls `wake` once, at the next step after `seen`. False (and no call) when that step has already been.
  bool wait(std::uint64_t seen, waker wake);
  bool finished() const;
  /// The fault it ended with; nothing when it ended well or has not ended.
  std::optional<base::errc> outcome() const;

  // For the task.

  void advance();
  void finish(std::optional<base::errc> outcome);
  /// Called each time the last reader leaves before the end; at once if all have left already. A reader may
  /// join again after that: the task asks abandoned() before it gives up.
  void on_abandoned(waker wake);
  bool abandoned() const;
  /// Called when a client wants the flight; at once if one does already.
  void on_wanted(std::function<void(std::uint64_t client)> told);

 private:
  void wake_all(std::unique_lock<std::mutex> lock);

  mutable std::mutex mutex_;
  std::uint64_t progress_ = 0;
  unsigned readers_ = 0;
  bool joined_once_ = false;
  bool finished_ = false;
  std::optional<base::errc> outcome_;
  std::vector<waker> waiting_;
  waker abandoned_;
  std::optional<std::uint64_t> wanted_by_;
  std::function<void(std::uint64_t)> wanted_;
};

}  // namespace s3proxy::store
