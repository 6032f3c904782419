#pragma once

#include "s3proxy/read_ahead/table.hpp"

#include "modelled_link.hpp"
#include "recorded_log.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace s3proxy::read_ahead {

/// What became of a recorded run with somebody in between who reads ahead.
struct outcome {
  microseconds direct{};  ///< what it takes without
  microseconds ahead{};   ///< and with
  std::size_t direct_requests = 0;
  std::size_t requests = 0;      ///< that reached the store
  std::size_t reads = 0;         ///< GETs of bytes
  std::size_t reads_held = 0;    ///< of them, those that asked the store for nothing themselves
  base::byte_count asked = 0;    ///< by the engine, each byte once
  base::byte_count fetched = 0;  ///< from the store
  base::byte_count guessed = 0;  ///< of what was fetched: before anybody asked for it
  base::byte_count used = 0;     ///< of what was guessed: asked for afterwards
  table::totals told;            ///< what the planner itself says
  std::vector<guess> guesses;    ///< what it had fetched, in this order; not the tails that came with HEADs

  base::byte_count wasted() const { return fetched > asked ? fetched - asked : 0; }
  double time() const { return ratio(ahead.count(), direct.count()); }
  double precision() const { return guessed == 0 ? 1 : ratio(used, guessed); }
  double recall() const { return asked == 0 ? 1 : ratio(used, asked); }
  double held_reads() const { return reads == 0 ? 1 : ratio(reads_held, reads); }
  static double ratio(auto part, auto whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  }
};

/// Replays a recording over a modelled link: each request goes out as long after the answer that it waited
/// for as it did in the recording, whose link was the one by default. Between two runs of it, `again` times,
/// the planner is kept and the bytes are not: the last run counts.
outcome replay(recording const& log, planner const& with, unsigned again = 0, link const& over = {});

}  // namespace s3proxy::read_ahead
