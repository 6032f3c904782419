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

}  // namespace rig
