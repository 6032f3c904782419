#include "modelled_link.hpp"

#include <algorithm>

namespace s3proxy::read_ahead {

using base::byte_count;
using base::byte_span;

void agenda::at(microseconds when, std::function<void()> what) {
  planned_.emplace(std::pair{std::max(when, now_), count_++}, std::move(what));
}

void agenda::run() {
  while (!planned_.empty()) {
    auto next = planned_.extract(planned_.begin());
    now_ = next.key().first;
    next.mapped()();
  }
}

modelled_link::modelled_link(link const& over, agenda& when, std::vector<byte_count> const& sizes)
    : link_(over), agenda_(when), objects_(sizes.size()) {
  for (std::size_t at = 0; at < sizes.size(); ++at) {
    objects_[at].size = sizes[at];
    objects_[at].cells.resize((sizes[at] + over.cell - 1) / over.cell);
  }
}

std::vector<std::pair<std::size_t, std::size_t>> modelled_link::absent_runs(content const& of,
                                                                            byte_span what) const {
  std::vector<std::pair<std::size_t, std::size_t>> runs;
  for (auto at = what.begin / link_.cell; at * link_.cell < std::min(what.end, of.size); ++at) {
    if (of.cells[at].way != cell::how::absent) {
      continue;
    }
    if (!runs.empty() && runs.back().second == at) {
      ++runs.back().second;
    } else {
      runs.emplace_back(at, at + 1);
    }
  }
  return runs;
}

byte_span modelled_link::bytes_of(content const& of, std::size_t first, std::size_t last) const {
  return {first * link_.cell, std::min(last * link_.cell, of.size)};
}

// One request, which begins now.
void modelled_link::bring(content& of, std::size_t first, std::size_t last, purpose why) {
  auto const begin = first * link_.cell;
  for (auto at = first; at < last; ++at) {
    of.cells[at] = {cell::how::by_time, agenda_.now() + link_.request(bytes_of(of, at, at + 1).end - begin), 0,
                    why == purpose::guess};
  }
  auto const size = bytes_of(of, first, last).size();
  sums_.fetched += size;
  (why == purpose::guess ? sums_.guessed : sums_.demand_requests) += why == purpose::guess ? size : 1;
  sums_.guess_requests += why == purpose::guess ? 1 : 0;
  of.answer = std::min(of.answer.value_or(microseconds::max()), agenda_.now() + link_.first_byte);
}

microseconds modelled_link::arrival(cell const& of, std::size_t number) {
  if (of.way == cell::how::by_time) {
    return of.at;
  }
  auto& from = parts_[of.part];
  if (!from.begun) {
    begin(of.part);  // waited for: it goes first
  }
  auto const& whole = objects_[from.object];
  return *from.begun + link_.request(bytes_of(whole, from.first, number + 1).size());
}

modelled_link::read modelled_link::demand(std::size_t object, byte_span what) {
  auto& of = objects_[object];
  read out;
  auto const missing = absent_runs(of, what);
  out.lacked = !missing.empty();
  for (auto const& [first, last] : missing) {
    bring(of, first, last, purpose::demand);
  }
  out.first = out.last = agenda_.now();
  byte_span const in_cells{base::round_down(what.begin, link_.cell), base::round_up(what.end, link_.cell)};
  auto const own = agenda_.now() + link_.request(in_cells.size());
  auto is_slow = false;
  for (auto at = what.begin / link_.cell; at * link_.cell < what.end; ++at) {
    auto const when = arrival(of.cells[at], at);
    out.waits = out.waits || when > agenda_.now();
    is_slow = is_slow || when > own;
    out.last = std::max(out.last, std::min(when, own));
    if (at == what.begin / link_.cell) {
      out.first = std::max(agenda_.now(), std::min(when, own));
    }
  }
  if (is_slow) {  // a request of its own gets there sooner
    ++sums_.demand_requests;
    sums_.fetched += what.size();
  }
  count(of, what, out);
  return out;
}

void modelled_link::count(content& of, byte_span what, read& into) {
  for (auto const& fresh : not_in(what, of.asked)) {
    sums_.asked += fresh.size();
    for (auto at = fresh.begin / link_.cell; at * link_.cell < fresh.end; ++at) {
      if (of.cells[at].is_guessed) {
        into.guessed += base::intersect(bytes_of(of, at, at + 1), fresh).size();
      }
    }
  }
  sums_.used += into.guessed;
  add(of.asked, what);
}

void modelled_link::fetch(std::size_t object, byte_span what, ticket which,
                          std::function<void(microseconds)> done) {
  auto& of = objects_[object];
  auto const missing = absent_runs(of, what);
  if (missing.empty()) {
    agenda_.at(agenda_.now(), [done = std::move(done)] { done(microseconds{0}); });
    return;
  }
  auto& made = orders_[which];
  made.done = std::move(done);
  auto const cells = link_.part / link_.cell;
  for (auto const& [first, last] : missing) {
    for (auto at = first; at < last; at += cells) {
      auto const number = parts_.size();
      parts_.push_back({object, at, std::min(at + cells, last), which, {}});
      of.parts.push_back(number);
      for (auto one = at; one < parts_.back().last; ++one) {
        of.cells[one] = {cell::how::by_part, {}, number, true};
      }
      ++made.left;
      queue_.push_back(number);
    }
  }
  begin_next();
}

void modelled_link::fetch_tail(std::size_t object, byte_span what) {
  for (auto const& [first, last] : absent_runs(objects_[object], what)) {
    bring(objects_[object], first, last, purpose::guess);
  }
}

void modelled_link::begin_next() {
  while (busy_ < link_.guess_connections && !queue_.empty()) {
    begin(queue_.front());
  }
}

void modelled_link::begin(std::size_t part_number) {
  std::erase(queue_, part_number);
  auto& one = parts_[part_number];
  auto& of = objects_[one.object];
  one.begun = agenda_.now();
  ++busy_;
  ++sums_.guess_requests;
  auto const size = bytes_of(of, one.first, one.last).size();
  sums_.fetched += size;
  sums_.guessed += size;
  of.answer = std::min(of.answer.value_or(microseconds::max()), agenda_.now() + link_.first_byte);
  agenda_.at(agenda_.now() + link_.request(size), [this, part_number] { end(part_number); });
}

void modelled_link::end(std::size_t part_number) {
  auto const& one = parts_[part_number];
  --busy_;
  begin_next();
  auto const found = orders_.find(one.which);
  if (found == orders_.end()) {
    return;  // cancelled
  }
  auto& whole = found->second;
  whole.took = std::max(whole.took, agenda_.now() - *one.begun);
  if (--whole.left == 0) {
    auto const finished = orders_.extract(found);
    finished.mapped().done(finished.mapped().took);
  }
}

// What has begun comes to its end, as what is on its way in a socket does; the rest is never asked for.
void modelled_link::cancel(ticket which) {
  orders_.erase(which);
  std::erase_if(queue_, [&](std::size_t number) {
    auto const& one = parts_[number];
    if (one.which != which) {
      return false;
    }
    for (auto at = one.first; at < one.last; ++at) {
      objects_[one.object].cells[at] = {};
    }
    return true;
  });
}

std::optional<microseconds> modelled_link::answer(std::size_t object) {
  auto& of = objects_[object];
  auto const waiting = std::ranges::find_if(
      of.parts, [&](std::size_t number) { return std::ranges::find(queue_, number) != queue_.end(); });
  if (!of.answer && waiting != of.parts.end()) {
    begin(*waiting);
  }
  return of.answer;
}

void modelled_link::answered(std::size_t object, microseconds when) {
  auto& known = objects_[object].answer;
  known = std::min(known.value_or(microseconds::max()), when);
}

modelled_link::state modelled_link::state_of(std::size_t object, byte_span what) const {
  auto const& of = objects_[object];
  auto out = state::held;
  for (auto at = what.begin / link_.cell; at * link_.cell < what.end; ++at) {
    auto const& one = of.cells[at];
    if (one.way == cell::how::absent) {
      return state::absent;
    }
    auto const* from = one.way == cell::how::by_part ? &parts_[one.part] : nullptr;
    auto const is_there =
        from ? from->begun &&
                   *from->begun + link_.request(bytes_of(of, from->first, at + 1).size()) <= agenda_.now()
             : one.at <= agenda_.now();
    out = is_there ? out : state::coming;
  }
  return out;
}

}  // namespace s3proxy::read_ahead
