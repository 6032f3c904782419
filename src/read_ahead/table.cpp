#include "s3proxy/read_ahead/table.hpp"

#include "table_state.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace s3proxy::read_ahead {
namespace {

constexpr std::chrono::seconds stays_forbidden{60};

}  // namespace

table::table(planner const& with) : state_(std::make_unique<state>(with)) {}
table::~table() = default;
table::table(table&&) noexcept = default;

advice table::step(event const& what, time_point now) {
  auto& self = *state_;
  self.now = now;
  self.last_event = now;
  self.out = {};
  self.finish_silent();
  std::visit([&](auto const& one) { self.on(one); }, what);
  return std::move(self.out);
}

base::byte_count table::tail_for_head(base::object_key const& key, time_point now) const {
  auto const& self = *state_;
  auto const& limits = self.plan.limits;
  auto const known = self.files.find(key);
  auto const wanted = format_of(key.str()) != format::other && self.unread_tails < limits.unread_tails &&
                      now >= self.forbidden_until && (!known || self.may_guess(*known));
  return wanted ? std::clamp(self.tail_length, limits.head_tail, limits.most_tail) : 0;
}

table::totals table::sums() const {
  auto sum = state_->past;
  for (auto const& [peer, one] : state_->scans) {
    sum.issued += one->issued;
    sum.used += one->used;
    sum.lost += one->lost;
  }
  return sum;
}

bool table::is_idle() const {
  return state_->scans.empty();
}

time_point table::last_used() const {
  return state_->last_event;
}

std::size_t table::footprint() const {
  auto total = sizeof(state) + state_->files.footprint();
  for (auto const& [peer, one] : state_->scans) {
    total += sizeof(scan) + one->footprint();
  }
  return total;
}

void table::state::on(listed const& what) {
  for (auto const& one : what.files) {
    files.list(one);
  }
  scan_of(what.peer).listed_at = now;
  see_time(what.took);
}

void table::state::see_time(duration took) {
  if (took <= duration::zero()) {
    return;
  }
  fetch = fetch == duration::zero() ? took : (fetch * 3 + took) / 4;
  trip = trip == duration::zero() ? took : std::min(trip, took);
}

// In lean mode the link's own time counts: on a thin line fetches take long because others are under way, and
// reading further ahead would only add to them.
duration table::state::fetch_time() const {
  if (fetch == duration::zero()) {
    return plan.limits.fetch;
  }
  return plan.how == mode::lean ? trip : fetch;
}

void table::state::on(opened const& what) {
  auto* const one = files.meet(what.file);
  if (!one) {
    return;
  }
  auto& by = scan_of(what.peer);
  by.last_demand = now;
  see_time(what.took);
  touch(by, *one);
  if (!what.tail.empty()) {
    ++unread_tails;
    one->end_asked = true;
    by.bet_on(next_ticket++, {.of = one, .kind = guess_kind::tail, .unread = {what.tail}, .is_there = true});
  }
  if (!what.tail.empty() || one->end_asked) {
    ask_for_layout(*one);
  }
  follow_order(by, *one);
}

void table::state::on(was_read const& what) {
  auto* const one = files.meet(what.file);
  if (!one || what.span.empty()) {
    return;
  }
  auto& by = scan_of(what.peer);
  by.last_demand = now;
  by.settle(*one, what.span);
  one->taken = std::min(one->taken + what.span.size(), one->content.size);
  touch(by, *one);
  auto const is_tail =
      what.span.end == one->content.size && (!one->shape || what.span.end > one->shape->where().footer.begin);
  if (is_tail && one->kind != format::other) {
    unread_tails = 0;
    one->end_asked = true;
    tail_length = std::max(tail_length, std::min(what.span.size(), plan.limits.most_tail));
    ask_for_layout(*one);
  }
  follow_order(by, *one);
  if (plan.how == mode::metadata || is_tail) {
    propagate(by);
    return;
  }
  one->shape ? read_columns(by, *one, what) : continue_sequence(by, *one, what.span);
}

void table::state::on(layout_read const& what) {
  auto* const one = files.find(what.file.key);
  if (!one || one->content.size != what.file.size ||
      (one->content.version != 0 && one->content.version != what.file.version)) {
    return;  // it was written anew meanwhile
  }
  if (!what.shape) {
    one->state = file::footer::no_layout;
    return;
  }
  if (!one->shape) {
    files.give_shape(*one, what.shape);
    footer_length = std::max(footer_length, what.shape->where().footer.size());
  }
  for (auto const& [peer, by] : scans) {
    fetch_indexes(*by, *one);
    propagate(*by);
  }
}

void table::state::on(layout_missed const& what) {
  auto* const one = files.find(what.file.key);
  if (one && one->state == file::footer::asked_for) {
    one->state = file::footer::unread;
  }
}

void table::state::on(landed const& what) {
  see_time(what.took);
  for (auto const& [peer, by] : scans) {
    by->landed_guess(what.guess);
  }
}

void table::state::on(refused const& what) {
  for (auto const& [peer, by] : scans) {
    by->forget(what.guess);
  }
  if (what.reason == refused::why::forbidden) {
    forbidden_until = now + stays_forbidden;
  }
}

void table::state::on(peer_left const& what) {
  if (auto const found = scans.find(what.peer); found != scans.end()) {
    finish(*found->second);
    scans.erase(found);
  }
}

void table::state::on(tick const&) {}

scan& table::state::scan_of(std::string const& peer) {
  auto& place = scans[peer];
  if (!place) {
    place = std::make_unique<scan>(peer, plan.how, plan.limits);
    place->last_demand = now;
  }
  return *place;
}

void table::state::finish_silent() {
  std::erase_if(scans, [&](auto const& one) {
    auto const is_over = now - one.second->last_demand > plan.limits.silence;
    if (is_over) {
      finish(*one.second);
    }
    return is_over;
  });
  while (scans.size() > plan.limits.scans) {
    auto const oldest =
        std::ranges::min_element(scans, {}, [](auto const& one) { return one.second->last_demand; });
    finish(*oldest->second);
    scans.erase(oldest);
  }
}

void table::state::finish(scan& one) {
  remember_columns(one);
  std::vector<ticket> open;
  for (auto const& [number, made] : one.bets) {
    open.push_back(number);
    if (!made.is_there) {
      out.cancel.push_back(number);
    }
  }
  for (auto const number : open) {
    one.drop(number);
  }
  if (one.tails_asked > 0 && one.tails_used == 0) {
    tails_come.came_to_nothing();
  }
  past.issued += one.issued;
  past.used += one.used;
  past.lost += one.lost;
}

void table::state::touch(scan& by, file& one) {
  one.demanded = true;
  auto const place = std::ranges::find(by.recent, &one, &unit::of);
  if (place != by.recent.end()) {
    std::rotate(place, place + 1, by.recent.end());
    return;
  }
  if (by.files_touched == 0) {
    by.began_at_first = files.first() == &one;
  }
  by.recent.push_back({&one, 0});
  if (by.recent.size() > plan.limits.most_tails) {
    by.recent.erase(by.recent.begin());
  }
  ++by.files_touched;
  if (by.files_touched > 1) {
    by.tails = std::min(by.tails * 4, plan.limits.most_tails);
  }
  // Where nothing is guessed, the order itself tells: was the file before this one read, too? Files read out
  // of order say nothing: engines look at a few here and there before they read all.
  auto const follows = std::ranges::any_of(by.recent, [&](unit const& other) {
    return other.of->rank != file::nowhere && files.after(*other.of) == &one;
  });
  if (!one.end_asked && follows) {
    tails_come.came_true();
  }
}

void table::state::ask_for_layout(file& of) {
  if (of.kind == format::parquet && of.state == file::footer::unread && !of.shape &&
      plan.how != mode::metadata) {
    of.state = file::footer::asked_for;
    out.read_layout.push_back(of.content);
  }
}

void table::state::remember_columns(scan const& from) {
  std::vector<run> set;
  for (std::size_t number = 0; number < from.runs.size(); ++number) {
    if (from.is_wanted(number) && from.units_begun > 0) {
      set.push_back(from.runs[number].columns);
    }
  }
  if (set.empty()) {
    return;
  }
  auto const known = std::ranges::find(column_sets, set);
  if (known != column_sets.end()) {
    column_sets.erase(known);
  }
  column_sets.push_front(std::move(set));
  if (column_sets.size() > plan.limits.column_sets) {
    column_sets.pop_back();
  }
}

std::string table::explain(time_point now) const {
  auto const& self = *state_;
  auto const sum = sums();
  std::string text = "files " + std::to_string(self.files.count()) + "  fetched ahead " +
                     std::to_string(sum.issued) + "  used " + std::to_string(sum.used) + "  lost " +
                     std::to_string(sum.lost) + "\n";
  if (now < self.forbidden_until) {
    text += "  stopped: the store forbids this reader to read here\n";
  }
  if (self.unread_tails >= self.plan.limits.unread_tails) {
    text += "  HEADs are plain: nobody read the tails that came with the last ones\n";
  }
  for (auto const& [peer, by] : self.scans) {
    text += by->explain(self.fetch_time());
  }
  return text;
}

}  // namespace s3proxy::read_ahead
