#pragma once

#include <atomic>
#include <cstddef>

namespace s3proxy::net {

/// How much work one worker has, for whoever hands out connections. A line of the processor's cache to
/// itself: every request writes to it.
class alignas(64) worker_load {
 public:
  /// One connection is on its way, or has ended. Any thread.
  void connection_came() { connections_.fetch_add(1, std::memory_order_relaxed); }
  void connection_left() { connections_.fetch_sub(1, std::memory_order_relaxed); }
  /// A request begins, or ends. Only the worker's thread writes, so that no bus is locked.
  void request_began() { busy_.store(requests() + 1, std::memory_order_relaxed); }
  void request_ended() { busy_.store(requests() - 1, std::memory_order_relaxed); }

  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }
  std::size_t requests() const { return busy_.load(std::memory_order_relaxed); }

  /// An answer that is under way when somebody looks is mostly a large one, whose client takes megabyte after
  /// megabyte: such a connection weighs as much as these many that wait for their next request.
  static constexpr std::size_t weight_of_request = 16;
  std::size_t weight() const { return connections() + weight_of_request * requests(); }

 private:
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> busy_{0};
};

}  // namespace s3proxy::net
