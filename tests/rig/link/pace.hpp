#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace rig {

/// The clock of one connection's response stream: a byte takes its time on the wire, and what was sent too
/// early is owed. Within a response a late wake-up may be made good, up to `slack`; the idle time before one
/// is not saved up.
class pace {
 public:
  using clock = std::chrono::steady_clock;

  explicit pace(double bytes_per_second) : bytes_per_second_{bytes_per_second} {}

  /// When the wire is free for the next byte.
  clock::time_point free_at() const { return free_at_; }

  void begin_response(clock::time_point now) { free_at_ = std::max(free_at_, now); }

  void sent(std::size_t bytes, clock::time_point now) {
    auto const wire_time = std::chrono::duration<double>{static_cast<double>(bytes) / bytes_per_second_};
    free_at_ = std::max(free_at_, now - slack) + std::chrono::duration_cast<clock::duration>(wire_time);
  }

 private:
  static constexpr std::chrono::milliseconds slack{2};
  double bytes_per_second_;
  clock::time_point free_at_{};
};

/// The wire that all connections share, if its rate is capped. Each takes its turn with one quantum at a
/// time, in the order in which they came, so those with bytes to send share it evenly; a connection that
/// waits for its own pace first leaves the wire to the others meanwhile.
class shared_wire {
 public:
  using clock = pace::clock;

  explicit shared_wire(double bytes_per_second)
      : bytes_per_second_{bytes_per_second},
        quantum_{static_cast<std::size_t>(
            std::clamp(bytes_per_second * quantum_seconds, smallest_quantum, largest_quantum))} {}

  /// How many bytes may go in one turn.
  std::size_t quantum() const { return quantum_; }

  /// Takes the next turn, for `bytes`; gives the time at which it begins.
  clock::time_point take_turn(std::size_t bytes, clock::time_point now) {
    auto const begin = std::max(free_at_, now - slack);
    auto const wire_time = std::chrono::duration<double>{static_cast<double>(bytes) / bytes_per_second_};
    free_at_ = begin + std::chrono::duration_cast<clock::duration>(wire_time);
    return begin;
  }

 private:
  static constexpr std::chrono::milliseconds slack{2};
  // A short answer behind sixty long ones waits for a turn of each: short turns, but no timer per packet.
  static constexpr double quantum_seconds = 0.0003;
  static constexpr double smallest_quantum = 4096;
  static constexpr double largest_quantum = 65536;
  double bytes_per_second_;
  std::size_t quantum_;
  clock::time_point free_at_{};
};

}  // namespace rig
