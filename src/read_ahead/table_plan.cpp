#include "table_state.hpp"

#include <algorithm>
#include <utility>

namespace s3proxy::read_ahead {
namespace {

constexpr std::size_t newest_places = 2;  // where two threads of an engine are

// A reader bridges what is small: where far more lies between the ends of a run than it ever read along with
// them (its row group was a small one), it reads the ends.
span_set place_of(wanted_run const& one, unit at) {
  auto const& shape = *at.of->shape;
  auto const whole = shape.find(one.columns, at.row_group);
  if (!whole) {
    return {};
  }
  if (shape.between(one.columns, at.row_group) / 2 <= one.between) {
    return {*whole};
  }
  auto const end_of = [&](std::uint64_t column) { return *shape.find({column, column}, at.row_group); };
  return {end_of(one.columns.first), end_of(one.columns.last)};
}

}  // namespace

using base::byte_count;
using base::byte_span;

bool table::state::may_guess(file const& of) const {
  return of.kept == listed_file::storage::quick && now >= forbidden_until;
}

bool table::state::may_follow(scan const& by) const {
  if (!by.trusts(guess_kind::tail)) {
    return false;
  }
  // A reader that has just listed the table and begins with its first file reads it; of others, more has to
  // be seen.
  auto const listed_it = now - by.listed_at <= 5 * plan.limits.silence;
  if (listed_it && by.began_at_first && tails_come.probability() >= plan.limits.gate) {
    return true;
  }
  return (by.files_touched > 1 || listed_it) && tails_come.probability() >= by.threshold();
}

bool table::state::guess_span(scan& by, file& of, byte_span span, guess_kind kind, std::size_t row_group) {
  auto const inside = base::intersect(span, {0, of.content.size});
  if (inside.empty() || !may_guess(of)) {
    return true;
  }
  if (!by.affords(inside.size(), kind)) {
    return false;
  }
  auto const number = next_ticket++;
  by.bet_on(
      number,
      {.of = &of, .version = of.content.version, .row_group = row_group, .kind = kind, .unread = {inside}});
  out.fetch.push_back({number, of.content, inside, kind});
  return true;
}

// A third of what such fetches bring has to be used, as far as the files tell that this reader is done with.
bool table::state::comes_whole(scan const& by, file const& of) const {
  auto const size = of.content.size;
  if (size > plan.limits.small_object || plan.how != mode::full || !by.trusts(guess_kind::whole)) {
    return false;
  }
  constexpr std::size_t still_open = 4;  // an engine's threads are in the newest ones
  if (size <= plan.limits.always_whole || by.recent.size() < still_open + 2) {
    return size <= plan.limits.always_whole;
  }
  byte_count taken = 0;
  byte_count there = 0;
  for (std::size_t at = 0; at + still_open < by.recent.size(); ++at) {
    taken += by.recent[at].of->taken;
    there += by.recent[at].of->content.size;
  }
  return taken * 3 >= there;
}

bool table::state::fetch_end(scan& by, file& of) {
  auto const size = of.content.size;
  auto const whole = comes_whole(by, of);
  auto const wanted = tail_length > 0 ? std::max(tail_length, footer_length) : plan.limits.least_tail;
  auto const length = whole ? size : std::min({wanted, plan.limits.most_tail, size});
  if (!whole && of.kind == format::other) {
    return true;
  }
  if (!guess_span(by, of, {size - length, size}, whole ? guess_kind::whole : guess_kind::tail)) {
    return false;
  }
  of.end_asked = true;
  ask_for_layout(of);
  return true;
}

// The files behind the one that is read: their ends, as far as the window reaches.
void table::state::follow_order(scan& by, file& from) {
  if (!may_follow(by)) {
    return;
  }
  auto* next = &from;
  for (unsigned ahead = 0; ahead < by.tails; ++ahead) {
    next = files.after(*next);
    if (!next) {
      return;
    }
    auto const is_ours = plan.follow == siblings::all || next->demanded;
    if (!next->end_asked && is_ours && !fetch_end(by, *next)) {
      return;
    }
  }
}

void table::state::borrow_columns(scan& by, run first) {
  for (auto const& set : column_sets) {
    if (std::ranges::find(set, first.first, &run::first) == set.end()) {
      continue;
    }
    for (auto const& columns : set) {
      if (std::ranges::find(by.runs, columns, &wanted_run::columns) == by.runs.end()) {
        by.runs.push_back({.columns = columns, .between = ~byte_count{0}});
      }
    }
    return;
  }
}

void table::state::read_columns(scan& by, file& of, was_read const& what) {
  auto const groups = of.shape->columns_in(what.span);
  if (groups.empty()) {
    auto const& where = of.shape->where();
    auto const in_indexes = !base::intersect(what.span, where.column_indexes).empty() ||
                            !base::intersect(what.span, where.offset_indexes).empty() ||
                            !base::intersect(what.span, where.bloom_filters).empty();
    if (in_indexes && !std::exchange(by.reads_indexes, true)) {
      fetch_indexes(by, of);
    } else if (!in_indexes) {
      continue_sequence(by, of, what.span);
    }
    return;
  }
  for (auto const& columns : groups) {
    unit const at{&of, columns.row_group};
    auto const wanted = of.shape->name(columns);
    if (by.runs.empty()) {
      borrow_columns(by, wanted);
    }
    auto const knew = std::ranges::find(by.runs, wanted, &wanted_run::columns) != by.runs.end();
    auto const begun = by.begin(at, now, what.bytes);
    by.want(wanted, at, of.shape->between(wanted, at.row_group));
    if (begun) {
      auto const cancelled = by.pass(at);
      out.cancel.insert(out.cancel.end(), cancelled.begin(), cancelled.end());
    }
    if (begun && !knew) {
      fetch_neighbourhood(by, at, what.span);
    }
    by.recent.back().row_group = columns.row_group;  // touch() has put this file there
  }
  propagate(by);
}

void table::state::propagate(scan& by) {
  auto const may = plan.how != mode::metadata && by.trusts(guess_kind::column);
  if (!may || by.runs.empty() || by.rushes(now, fetch_time())) {
    return;
  }
  auto const wanted = by.wanted_runs();
  // What other threads of the engine have begun comes before what nobody has begun.
  for (auto const& at : std::vector(by.open_units.begin(), by.open_units.end())) {
    if (!fetch_unit(by, at, wanted)) {
      return;
    }
  }
  // The newest places: older ones are of files that may be done with.
  auto left = std::min(by.recent.size(), newest_places);
  for (auto place = by.recent.rbegin(); left > 0; ++place, --left) {
    propagate(by, *place, wanted);
  }
}

void table::state::propagate(scan& by, unit from, std::vector<std::size_t> const& wanted) {
  if (!from.of->shape) {
    return;
  }
  byte_count bytes = 0;
  for (auto const number : wanted) {
    bytes += size_of(place_of(by.runs[number], from));
  }
  auto const has_begun = std::ranges::find(by.open_units, from) != by.open_units.end();
  if (!has_begun && !fetch_unit(by, from, wanted)) {
    return;
  }
  for (auto const& at : units_after(from, by.depth(fetch_time(), bytes))) {
    if (!fetch_unit(by, at, wanted)) {
      return;
    }
  }
}

std::vector<unit> table::state::units_after(unit from, unsigned count) {
  std::vector<unit> out_units;
  auto at = from;
  while (out_units.size() < count) {
    if (at.of->shape && at.row_group + 1 < at.of->shape->where().row_groups) {
      ++at.row_group;
    } else {
      auto* const next = files.after(*at.of);
      if (!next || !next->shape || (plan.follow == siblings::demanded && !next->demanded)) {
        break;
      }
      at = {next, 0};
    }
    out_units.push_back(at);
  }
  return out_units;
}

bool table::state::fetch_unit(scan& by, unit at, std::vector<std::size_t> const& wanted) {
  if (!at.of->shape) {
    return true;
  }
  span_set nearby;
  span_set lacking;
  for (auto const number : wanted) {
    if (by.is_claimed(number, at)) {
      continue;
    }
    auto const place = place_of(by.runs[number], at);
    if (!place.empty() && !by.affords(size_of(lacking) + size_of(place), guess_kind::column)) {
      return false;
    }
    by.claim(number, at);
    lacking.insert(lacking.end(), place.begin(), place.end());
  }
  if (lacking.empty()) {
    return true;
  }
  for (auto const& [of, span] : by.nearby) {
    if (of == at.of) {
      nearby.push_back(span);
    }
  }
  for (auto const& span : joined_over(plan.limits.gap, std::move(lacking))) {
    for (auto const& piece : not_in(span, nearby)) {
      guess_span(by, *at.of, piece, guess_kind::column, at.row_group);
    }
  }
  return true;
}

// While the columns of a table are not known, the first read of a row group brings what lies beside it: an
// engine that reads four columns one after another then pays one trip instead of four. Whole columns: a part
// of one spares no trip.
void table::state::fetch_neighbourhood(scan& by, unit at, byte_span read) {
  auto const is_near = fetch_time() < plan.limits.near;
  if (plan.how != mode::full || is_near || by.neighbourhoods >= plan.limits.neighbourhoods ||
      !by.trusts(guess_kind::neighbourhood)) {
    return;
  }
  ++by.neighbourhoods;
  auto const reach = plan.limits.neighbourhood;
  auto const before = std::min(reach / 4, read.begin);
  for (auto const& beside : {byte_span{read.end, read.end + reach}, {read.begin - before, read.begin}}) {
    auto const inside = at.of->shape->whole_chunks(beside, at.row_group);
    if (!inside.empty() && guess_span(by, *at.of, inside, guess_kind::neighbourhood)) {
      by.nearby.emplace_back(at.of, inside);
    }
  }
}

void table::state::fetch_indexes(scan& by, file& of) {
  if (!by.reads_indexes || !of.shape || !by.trusts(guess_kind::index)) {
    return;
  }
  auto const& where = of.shape->where();
  for (auto const& span : {where.column_indexes, where.offset_indexes, where.bloom_filters}) {
    if (!span.empty()) {
      guess_span(by, of, span, guess_kind::index);
    }
  }
}

// For whatever has no layout: what comes next of a sequential or strided reader, twice as far each time.
void table::state::continue_sequence(scan& by, file& of, byte_span read) {
  if (of.kind == format::parquet && !of.shape && of.state != file::footer::no_layout) {
    return;  // its layout is on its way
  }
  auto& stream = by.stream_of(of);
  auto const found = stream.reads.read(read);
  if (found != sequence::step::began && found != sequence::step::continued) {
    return;
  }
  auto const& limits = plan.limits;
  stream.window = std::clamp(stream.window * 2, limits.first_window, limits.most_window);
  if (!by.trusts(guess_kind::sequence)) {
    return;
  }
  for (auto const& next : stream.reads.next(read, stream.window, of.content.size)) {
    for (auto const& span : not_in(next, stream.asked)) {
      for (auto begin = span.begin; begin < span.end; begin += limits.part) {
        byte_span const part{begin, std::min(begin + limits.part, span.end)};
        if (!guess_span(by, of, part, guess_kind::sequence)) {
          return;
        }
        add(stream.asked, part);
      }
    }
  }
}

}  // namespace s3proxy::read_ahead
