#pragma once

#include "s3proxy/read_ahead/event.hpp"
#include "s3proxy/read_ahead/gate.hpp"
#include "s3proxy/read_ahead/limits.hpp"
#include "s3proxy/read_ahead/mode.hpp"
#include "s3proxy/read_ahead/sequence.hpp"
#include "s3proxy/read_ahead/spans.hpp"

#include "files.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace s3proxy::read_ahead {

/// One row group of one file.
struct unit {
  file* of = nullptr;
  std::size_t row_group = 0;
  friend bool operator==(unit, unit) = default;
};
struct unit_hash {
  std::size_t operator()(unit const& u) const {
    return std::hash<file*>{}(u.of) ^ (u.row_group * 0x9e3779b97f4a7c15ULL);
  }
};

/// A guess that is neither used nor lost yet.
struct bet {
  file* of = nullptr;
  object_version version = 0;
  std::size_t row_group = 0;  ///< for guesses of columns
  guess_kind kind = guess_kind::tail;
  span_set unread;
  bool came_true = false;
  bool is_there = false;
};

/// Runs of columns that a reader wants, and how sure that is: of the row groups that it has finished, in how
/// many it read them.
struct wanted_run {
  run columns;
  gate in_groups{0.75};
  base::byte_count between = 0;  ///< the most that was read between the run's two ends
};

/// What one reader does with one table, until it is silent: (identity, peer address, table). The identity is
/// the table's.
class scan {
 public:
  scan(std::string peer, mode how, planner_limits const& limits);

  // What it did.

  /// A read of `of`: what of it had been guessed is used.
  void settle(file const& of, base::byte_span read);
  /// It reads columns of a row group. Gives the runs' places in `runs`.
  std::size_t want(run columns, unit at, base::byte_count between);
  /// True the first time.
  bool begin(unit at, time_point now, held bytes);
  /// Guesses that lie behind it now are lost.
  std::vector<ticket> pass(unit at);
  void landed_guess(ticket which);
  /// It came to nothing.
  void drop(ticket which);
  /// It was never fetched: that says nothing about guessing.
  void forget(ticket which);

  // What may be guessed for it.

  double threshold() const;
  bool affords(base::byte_count size, guess_kind kind) const;
  /// Whether it asks for row groups faster than any guess could be there: for all that it wants at once.
  bool rushes(time_point now, duration fetch) const;
  /// How many row groups ahead, where one needs `bytes`.
  unsigned depth(duration fetch, base::byte_count bytes) const;
  /// Whether a run is read often enough, as far as finished row groups and those that are open now tell.
  bool is_wanted(std::size_t run_number) const;
  /// The places in `runs` of those that are.
  std::vector<std::size_t> wanted_runs() const;
  /// Whether it was asked for there, or read.
  bool is_claimed(std::size_t run_number, unit at) const;
  bool trusts(guess_kind kind) const {
    return gates[static_cast<std::size_t>(kind)].probability() >= threshold();
  }
  /// True once for each (run, unit), and never for what was read.
  bool claim(std::size_t run_number, unit at);
  void bet_on(ticket number, bet made);

  std::string const& peer() const { return peer_; }
  base::byte_count outstanding() const { return issued - used - lost; }

  time_point last_demand{};
  time_point listed_at{};
  std::vector<wanted_run> runs;
  std::deque<unit> open_units;  ///< begun and perhaps not finished, the oldest first
  std::unordered_map<ticket, bet> bets;
  std::array<gate, guess_kinds> gates;
  base::byte_count issued = 0, used = 0, lost = 0;
  unsigned files_touched = 0;
  unsigned neighbourhoods = 0;
  unsigned tails = 0;  ///< to ask for behind the file that is read
  unsigned tails_asked = 0, tails_used = 0;
  unsigned units_begun = 0;
  bool reads_indexes = false;
  bool began_at_first = false;  ///< its first file was the first of the listing
  std::vector<std::pair<file const*, base::byte_span>> nearby;  ///< what neighbourhoods brought
  std::vector<unit> recent;  ///< where it read last, one a file, the newest at the back

  /// How a file without a layout is read.
  struct stream {
    sequence reads;
    base::byte_count window = 0;
    span_set asked;
  };
  stream& stream_of(file const& of);
  std::size_t footprint() const;
  std::string explain(duration fetch) const;

 private:
  struct unit_state {
    std::uint32_t read = 0;
    std::uint32_t asked = 0;
    std::size_t known_runs = 0;  // when it was begun
    bool begun = false;
  };
  unit_state& state_of(unit at);
  bool has_begun(unit at) const;
  /// Of the tails that are outstanding, `size` are not any more.
  void settle_tail(bet const& one, base::byte_count size);
  void finish(unit at);
  std::string name_of(run columns) const;

  std::string peer_;
  mode how_;
  planner_limits const& limits_;
  std::unordered_map<file const*, stream> streams_;
  std::unordered_map<unit, unit_state, unit_hash> units_;
  std::deque<unit> unit_order_;
  duration pace_;
  time_point begun_at_{};
  bool pace_known_ = false;
  std::deque<time_point> missed_;  // when the last row groups were begun, none of whose bytes were there
  unsigned in_order_ = 0;          // row groups begun behind one that was begun
  base::byte_count tails_outstanding_ = 0;
  bool is_late_ = false;  // the last guess of columns that came true was still on its way
  bool began_held_ = false;
};

}  // namespace s3proxy::read_ahead
