#include "replay.hpp"

#include "s3proxy/read_ahead/table_name.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace s3proxy::read_ahead {
namespace {

using base::byte_count;
using base::byte_span;

constexpr microseconds held_answer{200};  // of the proxy alone
constexpr microseconds tick_interval{250'000};
constexpr microseconds absence{250'000};  // as long as the last connection of a peer may be gone
constexpr microseconds footer_poll{1'000};
constexpr microseconds between_runs{5'000'000};  // scans are over by then

/// A request waits for the end of another, and for how long the engine then thinks.
struct cause {
  std::size_t of = nothing;
  microseconds thinking{};
  static constexpr std::size_t nothing = ~std::size_t{0};
};

microseconds direct_time(recording const& log, recorded_request const& one, link const& over) {
  auto const* get = std::get_if<recorded_get>(&one.what);
  auto const bytes = get ? log.bytes_of(*get) : std::nullopt;
  return over.request(bytes ? bytes->size() : 0);
}

/// Of each request, what it waited for: the request before it on its connection; but where the connection is
/// new, or nothing at all was under way, the last that had ended.
std::vector<cause> causes_of(recording const& log) {
  link const recorded_over;
  std::vector<cause> out;
  std::vector<microseconds> ends;
  std::map<std::uint64_t, std::size_t> newest;  // of a connection
  for (auto const& one : log.requests) {
    auto ended = cause::nothing;
    auto all_ended = true;
    for (std::size_t at = 0; at < ends.size(); ++at) {
      all_ended = all_ended && ends[at] <= one.at;
      auto const later = ended == cause::nothing || ends[at] > ends[ended];
      ended = ends[at] <= one.at && later ? at : ended;
    }
    auto const before = newest.find(one.connection);
    auto const of = before == newest.end() || all_ended ? ended : before->second;
    auto const thinking = of == cause::nothing ? one.at : std::max(microseconds{0}, one.at - ends[of]);
    out.push_back({of, thinking});
    newest[one.connection] = ends.size();
    ends.push_back(one.at + direct_time(log, one, recorded_over));
  }
  return out;
}

/// A file that the engine did not read has columns, too: like its sibling of the nearest size, and as much
/// larger or smaller.
layout scaled(layout const& of, byte_count from, byte_count to) {
  auto out = of;
  auto const place = [&](byte_count at) { return at * to / from; };
  for (auto& chunk : out.chunks) {
    chunk = {place(chunk.begin), place(chunk.end)};
  }
  out.column_indexes = out.offset_indexes = out.bloom_filters = {};
  out.footer = {to - std::min(to, of.footer.size()), to};
  return out;
}

std::vector<std::shared_ptr<file_shape const>> layouts_of(recording const& log) {
  std::vector<std::shared_ptr<file_shape const>> out(log.objects.size());
  for (std::size_t at = 0; at < log.objects.size(); ++at) {
    auto const& one = log.objects[at];
    recorded_object const* like = nullptr;
    auto const distance = [&](recorded_object const& other) {
      return std::max(*other.size, *one.size) - std::min(*other.size, *one.size);
    };
    for (auto const& other : log.objects) {
      auto const fit = one.size && other.columns && table_of(other.key) == table_of(one.key) &&
                       format_of(one.key) == format::parquet;
      like = fit && (!like || distance(other) < distance(*like)) ? &other : like;
    }
    if (like) {
      out[at] = std::make_shared<file_shape const>(
          like == &one ? *one.columns : scaled(*like->columns, *like->size, *one.size));
    }
  }
  return out;
}

struct shared_tables {
  explicit shared_tables(planner const& how) : with(how) {}
  planner const& with;
  std::map<std::string, table, std::less<>> by_name;
  table& of(std::string_view key) {
    auto const name = table_of(key);
    auto const found = by_name.find(name);
    return found != by_name.end() ? found->second
                                  : by_name.emplace(std::string{name}, table(with)).first->second;
  }
};

/// One run of the engine.
class run_of_engine {
 public:
  run_of_engine(recording const& log, shared_tables& tables, unsigned number, link const& over)
      : log_(log),
        tables_(tables),
        over_(over),
        start_(number * between_runs),
        layouts_(layouts_of(log)),
        store_(over, agenda_, sizes_of(log)),
        known_(log.objects.size()) {
    // Another run is one over other files of the same tables.
    for (auto const& one : log.objects) {
      auto const name = one.key.rfind('/') + 1;
      auto const other = number == 0 ? std::string{} : std::to_string(number) + "-";
      keys_.emplace_back(one.key.substr(0, name) + other + one.key.substr(name));
      places_.emplace(keys_.back(), places_.size());
    }
  }

  outcome run() {
    auto const causes = causes_of(log_);
    for (std::size_t at = 0; at < causes.size(); ++at) {
      if (causes[at].of == cause::nothing) {
        agenda_.at(start_ + causes[at].thinking, [this, at] { ask(at); });
      } else {
        waiting_[causes[at].of].emplace_back(at, causes[at].thinking);
      }
    }
    left_ = causes.size();
    agenda_.at(start_ + tick_interval, [this] { tick(); });
    agenda_.run();
    auto const& sums = store_.totals();
    out_.requests = plain_requests_ + sums.demand_requests + sums.guess_requests;
    out_.asked = sums.asked;
    out_.fetched = sums.fetched;
    out_.guessed = sums.guessed;
    out_.used = sums.used;
    return out_;
  }

 private:
  static std::vector<byte_count> sizes_of(recording const& log) {
    std::vector<byte_count> out;
    std::ranges::transform(log.objects, std::back_inserter(out),
                           [](recorded_object const& one) { return one.size.value_or(0); });
    return out;
  }
  time_point now() const { return time_point{} + std::chrono::hours(1) + agenda_.now(); }
  file_content content_of(std::size_t object) const {
    return {keys_[object], object + 1, log_.objects[object].size.value_or(0)};
  }

  void tick() {
    for (auto& [name, one] : tables_.by_name) {
      carry_out(one, one.step(tick_event{}, now()));
    }
    if (left_ > 0) {
      agenda_.at(agenda_.now() + tick_interval, [this] { tick(); });
    }
  }

  void ask(std::size_t request) {
    auto const ends = std::visit([this](auto const& what) { return ask(what); }, log_.requests[request].what);
    agenda_.at(ends, [this, request] { answered(request); });
  }

  void answered(std::size_t request) {
    for (auto const& [next, thinking] : waiting_[request]) {
      agenda_.at(agenda_.now() + thinking, [this, next] { ask(next); });
    }
    if (--left_ == 0) {
      out_.ahead = agenda_.now() - start_;
      agenda_.at(agenda_.now() + absence, [this] {
        for (auto& [name, one] : tables_.by_name) {
          carry_out(one, one.step(peer_left{peer}, now()));
        }
      });
    }
  }

  microseconds ask(recorded_list const& what) {
    ++plain_requests_;
    auto const ends = agenda_.now() + over_.first_byte;
    agenda_.at(ends, [this, &what] { tell_listing(what); });
    return ends;
  }

  void tell_listing(recorded_list const& what) {
    for (auto at = what.objects.begin(); at != what.objects.end();) {
      auto const name = table_of(log_.objects[*at].key);
      listed told{peer, {}, over_.first_byte};
      for (; at != what.objects.end() && table_of(log_.objects[*at].key) == name; ++at) {
        told.files.push_back({keys_[*at], log_.objects[*at].size.value_or(0)});
        known_[*at] = true;
      }
      auto& home = tables_.of(name);
      carry_out(home, home.step(told, now()));
    }
  }

  microseconds ask(recorded_head const& what) {
    auto const object = what.object;
    if (auto const answer = store_.answer(object)) {
      return std::max(agenda_.now() + held_answer, *answer);
    }
    ++plain_requests_;
    auto const ends = agenda_.now() + over_.first_byte;
    auto const size = log_.objects[object].size;
    if (!size) {
      return ends;
    }
    auto& home = tables_.of(keys_[object].str());
    auto const length = std::min(home.tail_for_head(keys_[object], now()), *size);
    byte_span const tail{length == 0 ? *size : base::round_up(*size - length, over_.cell), *size};
    if (!tail.empty()) {
      --plain_requests_;  // it is one of these
      store_.fetch_tail(object, tail);
    }
    store_.answered(object, ends);
    agenda_.at(ends, [this, &home, object, tail] {
      known_[object] = true;
      opened const told{peer, content_of(object), tail.empty() ? byte_span{} : tail, over_.first_byte};
      carry_out(home, home.step(told, now()));
    });
    return ends;
  }

  microseconds ask(recorded_get const& what) {
    auto const span = log_.bytes_of(what);
    if (!span) {
      ++plain_requests_;
      return agenda_.now() + over_.first_byte;
    }
    auto const was_known = known_[what.object];
    auto const got = store_.demand(what.object, *span);
    known_[what.object] = true;
    ++out_.reads;
    out_.reads_held += got.lacked ? 0 : 1;
    auto const held_now = !got.lacked && !got.waits ? held::yes : held::no;
    was_read const told{peer, content_of(what.object), *span, held_now};
    auto& home = tables_.of(keys_[what.object].str());
    auto const tell = [this, &home, told] { carry_out(home, home.step(told, now())); };
    if (got.lacked && was_known) {
      tell();
    } else if (got.lacked || got.guessed > 0) {  // it tells when the first byte is there
      agenda_.at(got.lacked ? agenda_.now() + over_.first_byte : got.first, tell);
    }
    return std::max(agenda_.now() + held_answer, got.last);
  }

  void carry_out(table& home, advice const& advised) {
    for (auto const which : advised.cancel) {
      store_.cancel(which_of(home, which));
    }
    for (auto const& one : advised.fetch) {
      out_.guesses.push_back(one);
      auto const done = [this, &home, which = one.number](microseconds took) {
        carry_out(home, home.step(landed{which, took}, now()));
      };
      store_.fetch(places_.at(one.file.key), one.span, which_of(home, one.number), done);
      known_[places_.at(one.file.key)] = true;
    }
    for (auto const& one : advised.read_layout) {
      auto const object = places_.at(one.key);
      agenda_.at(agenda_.now() + footer_poll, [this, &home, object] { read_layout(home, object); });
    }
  }

  // Tickets are of one table only.
  ticket which_of(table const& home, ticket which) {
    auto const [place, is_new] = tickets_.try_emplace({&home, which}, tickets_.size() + 1);
    return place->second;
  }

  void read_layout(table& home, std::size_t object) {
    auto const size = log_.objects[object].size.value_or(0);
    auto const shape = layouts_[object];
    auto const state = store_.state_of(
        object, shape ? shape->where().footer : byte_span{size - std::min<byte_count>(size, 8), size});
    if (state == modelled_link::state::held) {
      carry_out(home, home.step(layout_read{content_of(object), shape}, now()));
      return;
    }
    if (state == modelled_link::state::absent && shape) {
      store_.fetch_tail(object, shape->where().footer);
    }
    agenda_.at(agenda_.now() + footer_poll, [this, &home, object] { read_layout(home, object); });
  }

  using tick_event = read_ahead::tick;
  std::string const peer{"10.0.0.1"};
  recording const& log_;
  shared_tables& tables_;
  link const& over_;
  microseconds start_;
  agenda agenda_;
  std::vector<std::shared_ptr<file_shape const>> layouts_;
  modelled_link store_;
  std::vector<bool> known_;  // its size is
  std::vector<base::object_key> keys_;
  std::map<base::object_key, std::size_t> places_;
  std::map<std::size_t, std::vector<std::pair<std::size_t, microseconds>>> waiting_;
  std::map<std::pair<table const*, ticket>, ticket> tickets_;
  std::size_t left_ = 0;
  std::size_t plain_requests_ = 0;
  outcome out_;
};

/// As recorded, request by request: every byte comes over the link.
microseconds direct(recording const& log, link const& over) {
  auto const causes = causes_of(log);
  std::vector<microseconds> ends;
  microseconds last{};
  for (std::size_t at = 0; at < causes.size(); ++at) {
    auto const after = causes[at].of == cause::nothing ? microseconds{0} : ends[causes[at].of];
    ends.push_back(after + causes[at].thinking + direct_time(log, log.requests[at], over));
    last = std::max(last, ends.back());
  }
  return last;
}

}  // namespace

outcome replay(recording const& log, planner const& with, unsigned again, link const& over) {
  shared_tables tables(with);
  outcome out;
  table::totals before;
  for (unsigned number = 0; number <= again; ++number) {
    before = {};
    for (auto const& [name, one] : tables.by_name) {
      before.issued += one.sums().issued;
      before.used += one.sums().used;
      before.lost += one.sums().lost;
    }
    out = run_of_engine(log, tables, number, over).run();
  }
  out.direct = direct(log, over);
  out.direct_requests = log.requests.size();
  for (auto const& [name, one] : tables.by_name) {
    out.told.issued += one.sums().issued;
    out.told.used += one.sums().used;
    out.told.lost += one.sums().lost;
  }
  out.told.issued -= before.issued;
  out.told.used -= before.used;
  out.told.lost -= before.lost;
  return out;
}

}  // namespace s3proxy::read_ahead
