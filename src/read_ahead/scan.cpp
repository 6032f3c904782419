#include "scan.hpp"

#include "s3proxy/read_ahead/spans.hpp"

#include <algorithm>

namespace s3proxy::read_ahead {
namespace {

using base::byte_count;
using base::byte_span;

constexpr std::size_t most_open_units = 8;  // row groups that an engine's threads are in at once
constexpr std::size_t most_streams = 64;
constexpr std::size_t slack_groups = 8;  // a guess this many row groups behind the reader is lost
constexpr std::size_t slack_files = 32;  // likewise, in files: Polars reads that many at once

}  // namespace

scan::scan(std::string peer, mode how, planner_limits const& limits)
    : peer_(std::move(peer)), how_(how), limits_(limits), pace_(limits.pace) {
  tails = limits.tails;
  // These have evidence of their own: their gates only close them.
  for (auto const kind : {guess_kind::column, guess_kind::sequence, guess_kind::index, guess_kind::tail}) {
    gates[static_cast<std::size_t>(kind)] = gate(0.9, 2);
  }
}

void scan::settle(file const& of, byte_span read) {
  for (auto at = bets.begin(); at != bets.end();) {
    auto& one = at->second;
    auto const taken = one.of == &of ? take(one.unread, read) : 0;
    if (taken > 0) {
      used += taken;
      settle_tail(one, taken);
      if (one.kind == guess_kind::column) {
        is_late_ = !one.is_there;
      }
      if (!one.came_true) {
        one.came_true = true;
        gates[static_cast<std::size_t>(one.kind)].came_true();
        tails_used += one.kind == guess_kind::tail ? 1 : 0;
      }
    }
    at = one.unread.empty() ? bets.erase(at) : std::next(at);
  }
}

scan::unit_state& scan::state_of(unit at) {
  auto const [place, is_new] = units_.try_emplace(at);
  if (is_new) {
    unit_order_.push_back(at);
    if (unit_order_.size() > limits_.units) {
      units_.erase(unit_order_.front());
      unit_order_.pop_front();
    }
  }
  return place->second;
}

std::size_t scan::want(run columns, unit at, byte_count between) {
  auto found = std::ranges::find(runs, columns, &wanted_run::columns);
  if (found == runs.end()) {
    if (runs.size() >= limits_.runs) {
      runs.erase(std::ranges::min_element(runs, {},
                                          [](wanted_run const& one) { return one.in_groups.probability(); }));
      units_.clear();  // the places of the runs changed
      unit_order_.clear();
    }
    found = runs.insert(runs.end(), wanted_run{columns});
  }
  auto const number = static_cast<std::size_t>(found - runs.begin());
  found->between = std::max(found->between, between);
  state_of(at).read |= 1U << number;
  return number;
}

bool scan::begin(unit at, time_point now, held bytes) {
  auto& state = state_of(at);
  if (state.begun) {
    return false;
  }
  state.begun = true;
  // Where nothing is guessed any more, the reader tells whether it would come true again.
  // The first of a file comes behind whatever was read of the file before.
  auto const follows = at.row_group > 0 ? has_begun({at.of, at.row_group - 1}) : units_begun > 0;
  in_order_ += follows ? 1 : 0;
  if (!trusts(guess_kind::column)) {
    auto& column = gates[static_cast<std::size_t>(guess_kind::column)];
    follows ? column.came_true() : column.came_to_nothing();
  }
  state.known_runs = runs.size();
  ++units_begun;
  // Only between two row groups whose bytes were there does the reader, and not the store, set the pace.
  if (bytes == held::yes && began_held_) {
    auto const took = now - begun_at_;
    pace_ = pace_known_ ? (pace_ * 3 + took) / 4 : took;
    pace_known_ = true;
  }
  began_held_ = bytes == held::yes;
  if (began_held_) {
    missed_.clear();
  } else {
    missed_.push_back(now);
    if (missed_.size() > limits_.rush) {
      missed_.pop_front();
    }
  }
  begun_at_ = now;
  open_units.push_back(at);
  if (open_units.size() > most_open_units) {
    finish(open_units.front());
    open_units.pop_front();
  }
  return true;
}

bool scan::has_begun(unit at) const {
  auto const found = units_.find(at);
  return found != units_.end() && found->second.begun;
}

void scan::settle_tail(bet const& one, byte_count size) {
  tails_outstanding_ -= one.kind == guess_kind::tail ? size : 0;
}

void scan::finish(unit at) {
  auto const& state = state_of(at);
  for (std::size_t number = 0; number < runs.size(); ++number) {
    auto const was_read = (state.read & (1U << number)) != 0;
    if (was_read) {
      runs[number].in_groups.came_true();
    } else if (number < state.known_runs) {
      runs[number].in_groups.came_to_nothing();
    }
  }
}

std::vector<ticket> scan::pass(unit at) {
  std::vector<ticket> cancelled;
  for (auto one = bets.begin(); one != bets.end();) {
    auto const& made = one->second;
    auto const same_file = made.of == at.of;
    auto const behind = same_file
                            ? made.kind == guess_kind::column && made.row_group + slack_groups < at.row_group
                            : made.of->rank != file::nowhere && at.of->rank != file::nowhere &&
                                  made.of->rank + slack_files < at.of->rank;
    if (!behind) {
      ++one;
      continue;
    }
    if (!made.is_there) {
      cancelled.push_back(one->first);
    }
    auto const gone = one++;
    drop(gone->first);
  }
  return cancelled;
}

void scan::landed_guess(ticket which) {
  if (auto const found = bets.find(which); found != bets.end()) {
    found->second.is_there = true;
  }
}

void scan::drop(ticket which) {
  auto const found = bets.find(which);
  if (found == bets.end()) {
    return;
  }
  lost += size_of(found->second.unread);
  settle_tail(found->second, size_of(found->second.unread));
  if (!found->second.came_true) {
    gates[static_cast<std::size_t>(found->second.kind)].came_to_nothing();
  }
  bets.erase(found);
}

bool scan::is_wanted(std::size_t run_number) const {
  double open = 0;
  for (auto const& one : open_units) {
    auto const found = units_.find(one);
    open += found != units_.end() && (found->second.read & (1U << run_number)) != 0 ? 1 : 0;
  }
  return runs[run_number].in_groups.probability_with(open) >= threshold();
}

std::vector<std::size_t> scan::wanted_runs() const {
  std::vector<std::size_t> out;
  for (std::size_t number = 0; number < runs.size(); ++number) {
    if (is_wanted(number)) {
      out.push_back(number);
    }
  }
  return out;
}

bool scan::is_claimed(std::size_t run_number, unit at) const {
  auto const found = units_.find(at);
  return found != units_.end() && ((found->second.read | found->second.asked) & (1U << run_number)) != 0;
}

void scan::forget(ticket which) {
  if (auto const found = bets.find(which); found != bets.end()) {
    issued -= size_of(found->second.unread);
    settle_tail(found->second, size_of(found->second.unread));
    bets.erase(found);
  }
}

double scan::threshold() const {
  return how_ == mode::lean ? limits_.lean_gate : limits_.gate;
}

bool scan::affords(byte_count size, guess_kind kind) const {
  auto const lean = how_ == mode::lean;
  auto const first = lean                       ? limits_.lean_credit
                     : kind == guess_kind::tail ? limits_.tail_credit
                                                : limits_.credit;
  auto const factor = lean                       ? limits_.lean_credit_factor
                      : kind == guess_kind::tail ? limits_.tail_credit_factor
                                                 : limits_.credit_factor;
  auto const credit = first + factor * used;
  auto const open = kind == guess_kind::tail ? tails_outstanding_ : outstanding() - tails_outstanding_;
  auto const most_lost = (lean ? limits_.lean_loss : limits_.loss) + used;
  // Once more was lost than came true, all that is open is counted as if it were lost, too.
  auto const doubtful = lost > used / 2;
  auto const may_be_lost = doubtful ? lost + outstanding() + size : lost;
  return open + size <= credit && may_be_lost <= most_lost && bets.size() < limits_.bets;
}

bool scan::rushes(time_point now, duration fetch) const {
  return missed_.size() >= limits_.rush && now - missed_.front() < fetch / limits_.rush_part;
}

unsigned scan::depth(duration fetch, byte_count bytes) const {
  if (units_begun < 2) {
    return 1;  // a reader of one row group, as far as is known
  }
  auto const pace = std::max<duration>(pace_, std::chrono::microseconds(50));
  auto const least = how_ == mode::lean ? limits_.lean_depth : fetch < limits_.near ? 0 : limits_.least_depth;
  auto const cheap = static_cast<duration::rep>(least / std::max<byte_count>(bytes, 1));
  if (how_ == mode::lean) {
    return static_cast<unsigned>(std::clamp<duration::rep>(cheap, 1, limits_.most_units));
  }
  // As far again as it has come in order while nothing else tells its pace; twice that where guesses were
  // late.
  auto const so_far = is_late_ ? duration::rep{2} * in_order_ : pace_known_ ? 0 : in_order_;
  auto const units = std::max({fetch / pace + 1, cheap, so_far});
  return static_cast<unsigned>(std::clamp<duration::rep>(units, 1, limits_.most_units));
}

bool scan::claim(std::size_t run_number, unit at) {
  auto& state = state_of(at);
  auto const bit = 1U << run_number;
  if (((state.read | state.asked) & bit) != 0) {
    return false;
  }
  state.asked |= bit;
  return true;
}

scan::stream& scan::stream_of(file const& of) {
  if (streams_.size() >= most_streams && !streams_.contains(&of)) {
    streams_.clear();
  }
  return streams_[&of];
}

std::size_t scan::footprint() const {
  return units_.size() * 80 + bets.size() * 160 + runs.size() * sizeof(wanted_run) +
         streams_.size() * (sizeof(stream) + 256) + recent.size() * sizeof(unit);
}

// By their numbers in the file that was read last: a layout has no names.
std::string scan::name_of(run columns) const {
  auto const known = std::find_if(recent.rbegin(), recent.rend(), [&](unit const& one) {
    return one.of->shape && one.of->shape->column(columns.first) < one.of->shape->where().columns;
  });
  if (known == recent.rend()) {
    return "of other files";
  }
  auto const& shape = *known->of->shape;
  auto const first = std::to_string(shape.column(columns.first));
  return columns.first == columns.last ? first : first + " to " + std::to_string(shape.column(columns.last));
}

std::string scan::explain(duration fetch) const {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  auto const us = [](duration d) { return std::to_string(duration_cast<microseconds>(d).count()) + " us"; };
  auto text = "  scan by " + peer_ + ": " + std::to_string(files_touched) + " files, " +
              std::to_string(units_begun) + " row groups, one each " + us(pace_) + ", a fetch takes " +
              us(fetch) + ": depth " + std::to_string(depth(fetch, limits_.least_depth)) +
              "\n    fetched ahead " + std::to_string(issued) + ", used " + std::to_string(used) + ", lost " +
              std::to_string(lost) + (affords(1, guess_kind::column) ? "" : "; stopped: no credit left") +
              "\n";
  for (std::size_t number = 0; number < runs.size(); ++number) {
    auto const percent = static_cast<int>(runs[number].in_groups.probability() * 100);
    text += "    columns " + name_of(runs[number].columns) + " in " + std::to_string(percent) +
            " % of the row groups" + (is_wanted(number) ? "" : "; stopped: read too seldom") + "\n";
  }
  for (std::size_t kind = 0; kind < guess_kinds; ++kind) {
    auto const which = static_cast<guess_kind>(kind);
    if (!trusts(which)) {
      text += "    stopped: of the guesses of kind " + std::string(to_text(which)) + " only " +
              std::to_string(static_cast<int>(gates[kind].probability() * 100)) + " % came true\n";
    }
  }
  return text;
}

void scan::bet_on(ticket number, bet made) {
  issued += size_of(made.unread);
  tails_asked += made.kind == guess_kind::tail ? 1 : 0;
  tails_outstanding_ += made.kind == guess_kind::tail ? size_of(made.unread) : 0;
  bets.emplace(number, std::move(made));
}

}  // namespace s3proxy::read_ahead
