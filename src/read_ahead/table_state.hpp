#pragma once

#include "s3proxy/read_ahead/table.hpp"

#include "files.hpp"
#include "scan.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace s3proxy::read_ahead {

struct table::state {
  explicit state(planner const& with) : plan(with), files(with.limits.files) {}

  // Events.
  void on(listed const& what);
  void on(opened const& what);
  void on(was_read const& what);
  void on(layout_read const& what);
  void on(layout_missed const& what);
  void on(landed const& what);
  void on(refused const& what);
  void on(peer_left const& what);
  void on(tick const&);

  // Planning, into `out`.
  void follow_order(scan& by, file& from);
  /// The end of a file that comes next, or all of it. False: there is no credit left.
  bool fetch_end(scan& by, file& of);
  void read_columns(scan& by, file& of, was_read const& what);
  void propagate(scan& by);
  void propagate(scan& by, unit from, std::vector<std::size_t> const& wanted);
  /// What of a row group is wanted and was not asked for yet. False: there is no credit left.
  bool fetch_unit(scan& by, unit at, std::vector<std::size_t> const& wanted);
  void fetch_neighbourhood(scan& by, unit at, base::byte_span read);
  void fetch_indexes(scan& by, file& of);
  void continue_sequence(scan& by, file& of, base::byte_span read);
  void ask_for_layout(file& of);
  std::vector<unit> units_after(unit from, unsigned count);

  void see_time(duration took);
  duration fetch_time() const;
  scan& scan_of(std::string const& peer);
  void finish(scan& one);
  void finish_silent();
  /// A file is read, or opened, for the first time by this scan.
  void touch(scan& by, file& one);
  bool may_follow(scan const& by) const;
  bool may_guess(file const& of) const;
  void remember_columns(scan const& from);
  void borrow_columns(scan& by, run first);
  bool guess_span(scan& by, file& of, base::byte_span span, guess_kind kind, std::size_t row_group = 0);
  bool comes_whole(scan const& by, file const& of) const;

  planner const& plan;
  file_list files;
  std::map<std::string, std::unique_ptr<scan>> scans;
  std::deque<std::vector<run>> column_sets;  // the newest first
  gate sets_hold{0.6};                       // how often the newest set was the right one
  gate tails_come{0.6};                      // how often the next file of the order was the next one read
  base::byte_count tail_length = 0;          // what clients read of a file's end, at most
  base::byte_count footer_length = 0;        // the longest seen
  unsigned unread_tails = 0;
  duration fetch{};  // the time from asking to having, of a step; zero: not known yet
  duration trip{};   // the shortest seen: the link's own time, without what was fetched over it
  time_point forbidden_until{};
  time_point last_event{};
  ticket next_ticket = 1;
  totals past;  // of scans that are over
  time_point now{};
  advice out;
};

}  // namespace s3proxy::read_ahead
