#include "s3proxy/proxy/speculator.hpp"

#include "s3proxy/proxy/exchange.hpp"
#include "s3proxy/read_ahead/table_name.hpp"
#include "s3proxy/s3/storage_class.hpp"

#include "counted_task.hpp"
#include "speculator_record.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace s3proxy::proxy {
namespace {

using base::byte_count;
using base::byte_span;

std::string address_of(std::string_view peer) {
  return std::string(peer.substr(0, peer.rfind(':')));
}

/// A key may hold anything: it does not forge lines of a page.
std::string on_one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

speculation_reader_ptr reader_of(exchange const& ex, std::string_view key) {
  auto made = std::make_shared<speculation_reader>();
  made->identity = ex.known ? ex.known->keys.key_id.str() : ex.bearer ? ex.principal.str() : std::string();
  made->principal = ex.principal;
  made->signer = ex.signer;
  made->everybody = ex.everybody;
  made->known = ex.known;
  made->number = ex.client_number();
  made->bucket = ex.where.bucket;
  made->table.append(made->identity).append(1, '\n').append(made->bucket.str()).append(1, '/');
  made->table.append(read_ahead::table_of(key));
  return made;
}

read_ahead::planner planner_of(settings const& with) {
  read_ahead::planner out;
  out.how = with.read_ahead.mode;
  out.follow =
      with.read_ahead.fleet == fleet::alone ? read_ahead::siblings::all : read_ahead::siblings::demanded;
  out.limits = with.limits.read_ahead;
  out.limits.small_object = with.read_ahead.small_object;
  auto const& limits = with.limits.speculation;
  auto const most = static_cast<std::size_t>(with.memory / limits.memory_part / 2) / limits.file_bytes;
  out.limits.files = std::min(out.limits.files, std::max(limits.least_files, most));
  return out;
}

read_ahead::file_content content_of(exchange const& ex, cache::object_facts const& facts) {
  return {ex.where.key, facts.generation, facts.id.size};
}

/// What is read of an old version says nothing of what will be read next.
bool names_a_version(exchange const& ex) {
  return ex.query.contains("versionId");
}

}  // namespace

speculator::speculator(services& shared)
    : shared_(shared),
      planner_(planner_of(shared.config)),
      rate_(shared.config.limits.speculation, shared.config.read_ahead.budget),
      table_budget_(
          static_cast<std::size_t>(shared.config.memory / shared.config.limits.speculation.memory_part)) {}

speculator::~speculator() = default;

speculator::shard& speculator::shard_of(std::string const& table) {
  return shards_[std::hash<std::string>{}(table) % shard_count];
}

speculator::record* speculator::find(shard& home, speculation_reader const& by) {
  auto const found = home.tables.find(by.table);
  return found == home.tables.end() ? nullptr : found->second.get();
}

speculator::ongoing* speculator::find_ongoing(shard& home, speculation_reader const& by,
                                              read_ahead::ticket which) {
  auto* const at = find(home, by);
  if (!at) {
    return nullptr;
  }
  auto const found = at->under_way.find(which);
  return found == at->under_way.end() ? nullptr : &found->second;
}

speculator::record& speculator::record_of(shard& home, speculation_reader_ptr const& by) {
  auto& held = home.tables[by->table];
  if (!held) {
    held = std::make_unique<record>(planner_, by);
    held->place = home.by_use.insert(home.by_use.end(), held.get());
  }
  home.by_use.splice(home.by_use.end(), home.by_use, held->place);
  held->newest = by;
  return *held;
}

void speculator::step_of(shard& home, record& at, read_ahead::event const& what, afterwards& out) {
  out.advised = at.table.step(what, shared_.clock.now());
  for (auto const& one : out.advised.fetch) {
    at.under_way.try_emplace(one.number);
  }
  auto const sums = at.table.sums();
  auto& counts = shared_.read_ahead_counts;
  counts.used += sums.used - at.told.used;
  counts.wasted += sums.lost - at.told.lost;
  at.told = sums;

  if (at.has_scans == at.table.is_idle()) {
    at.has_scans = !at.has_scans;
    at.has_scans ? void(home.with_scans.insert(at.newest->table))
                 : void(home.with_scans.erase(at.newest->table));
  }
  if (!at.has_scans) {
    for (auto const& [number, one] : at.under_way) {
      if (!one.cancelled) {
        out.advised.cancel.push_back(number);  // a footer that is being completed, too
      }
    }
  }
  auto const footprint = at.table.footprint();
  footprint_ += footprint - at.footprint;  // modulo: it may have shrunk
  at.footprint = footprint;
  make_room(home, &at, out.evicted);
}

// Tables age: those that were used least recently make room. They die outside the lock.
void speculator::make_room(shard& home, record const* keep, std::vector<record_ptr>& evicted) {
  for (auto at = home.by_use.begin(); at != home.by_use.end() && footprint_ > table_budget_;) {
    auto& one = **at++;
    if (&one == keep || !one.under_way.empty()) {
      continue;
    }
    footprint_ -= one.footprint;
    shared_.read_ahead_counts.wasted +=
        one.told.issued - std::min(one.told.issued, one.told.used + one.told.lost);
    home.with_scans.erase(one.newest->table);
    home.by_use.erase(one.place);
    auto const found = home.tables.find(one.newest->table);
    evicted.push_back(std::move(found->second));
    home.tables.erase(found);
  }
}

void speculator::step(speculation_reader_ptr const& by, read_ahead::event const& what, exchange& because) {
  afterwards todo{by, {}, {}};
  {
    auto& home = shard_of(by->table);
    std::lock_guard const lock(home.mutex);
    step_of(home, record_of(home, by), what, todo);
  }
  carry_out(todo, &because);
}

void speculator::step(speculation_reader_ptr const& by, read_ahead::event const& what) {
  afterwards todo{by, {}, {}};
  {
    auto& home = shard_of(by->table);
    std::lock_guard const lock(home.mutex);
    auto* const at = find(home, *by);
    if (!at) {
      return;
    }
    step_of(home, *at, what, todo);
  }
  carry_out(todo, nullptr);
}

// One table at a time, so that no lock is held for long.
void speculator::step_all(read_ahead::event const& what) {
  for (auto& home : shards_) {
    std::string name;
    for (;;) {
      afterwards todo;
      {
        std::lock_guard const lock(home.mutex);
        auto const next = home.with_scans.upper_bound(name);
        if (next == home.with_scans.end()) {
          break;
        }
        name = *next;
        auto& at = *home.tables.at(name);
        todo.by = at.newest;
        step_of(home, at, what, todo);
      }
      carry_out(todo, nullptr);
    }
  }
}

worker_services& speculator::worker_for(read_ahead::guess const& wanted) {
  auto const spread = wanted.span.begin / shared_.config.limits.fetch.part;
  return *workers_[(std::hash<base::object_key>{}(wanted.file.key) + spread) % workers_.size()];
}

void speculator::carry_out(afterwards const& todo, exchange* because) {
  auto const& by = todo.by;
  for (auto const which : todo.advised.cancel) {
    cancel(by, which);
  }
  if (todo.advised.fetch.empty() && todo.advised.read_layout.empty()) {
    return;
  }
  auto const counted = std::make_shared<counted_task const>(shared_);
  for (auto const& wanted : todo.advised.fetch) {
    if (because) {
      because->ahead_bytes += wanted.span.size();
    }
    auto& worker = worker_for(wanted);
    auto const begin = [this, &worker, by, wanted, counted] { fetch(worker, by, wanted); };
    boost::asio::post(worker.executor, begin);
  }
  // Behind the fetches: a footer is looked for where it is coming.
  for (auto const& file : todo.advised.read_layout) {
    auto const guessed = std::ranges::find(todo.advised.fetch, file.key,
                                           [](read_ahead::guess const& one) { return one.file.key; });
    auto& worker = guessed == todo.advised.fetch.end() ? *workers_.front() : worker_for(*guessed);
    auto const begin = [this, &worker, by, file, counted] {
      boost::asio::co_spawn(worker.executor, read_layout(worker, by, file), boost::asio::detached);
    };
    boost::asio::post(worker.executor, begin);
  }
}

void speculator::cancel(speculation_reader_ptr const& by, read_ahead::ticket which) {
  std::vector<std::shared_ptr<store::flight>> left;
  {
    auto& home = shard_of(by->table);
    std::lock_guard const lock(home.mutex);
    if (auto* const one = find_ongoing(home, *by, which)) {
      one->cancelled = true;
      left = std::exchange(one->flights, {});
    }
  }
  for (auto const& flight : left) {
    flight->leave();
  }
}

void speculator::listed(exchange& ex, std::vector<s3::listed_object> const& objects) {
  auto const most = shared_.config.limits.speculation.listed_at_once;
  for (auto at = objects.begin(); at != objects.end();) {
    auto const table = read_ahead::table_of(at->key.str());
    read_ahead::listed what{address_of(ex.client.peer()), {}, shared_.clock.now() - ex.began.at};
    auto const first = at;
    for (; at != objects.end() && what.files.size() < most && read_ahead::table_of(at->key.str()) == table;
         ++at) {
      auto const kept = s3::is_quick_to_read(at->storage_class)
                            ? read_ahead::listed_file::storage::quick
                            : read_ahead::listed_file::storage::slow_or_billed;
      what.files.push_back({at->key, at->size, kept});
    }
    step(reader_of(ex, first->key.str()), what, ex);
  }
}

byte_count speculator::tail_for_head(exchange const& ex) {
  if (names_a_version(ex) || read_ahead::format_of(ex.where.key.str()) == read_ahead::format::other) {
    return 0;
  }
  auto const by = reader_of(ex, ex.where.key.str());
  auto& home = shard_of(by->table);
  std::lock_guard const lock(home.mutex);
  return record_of(home, by).table.tail_for_head(ex.where.key, shared_.clock.now());
}

void speculator::opened(exchange& ex, cache::object_facts const& facts, byte_span tail) {
  if (!names_a_version(ex)) {
    step(reader_of(ex, ex.where.key.str()),
         read_ahead::opened{address_of(ex.client.peer()), content_of(ex, facts), tail,
                            shared_.clock.now() - ex.began.at},
         ex);
  }
}

void speculator::reads(exchange& ex, cache::object_facts const& facts, byte_span asked,
                       read_ahead::held bytes) {
  rate_.demanded(asked.size(), shared_.clock.now());
  if (!names_a_version(ex)) {
    step(reader_of(ex, ex.where.key.str()),
         read_ahead::was_read{address_of(ex.client.peer()), content_of(ex, facts), asked, bytes}, ex);
  }
}

void speculator::client_came(std::string_view peer) {
  std::lock_guard const lock(peers_mutex_);
  ++peers_[address_of(peer)].connections;
}

void speculator::client_left(std::string_view peer, departure how) {
  auto const address = address_of(peer);
  {
    std::lock_guard const lock(peers_mutex_);
    auto& one = peers_[address];
    one.broke_off = one.broke_off || how == departure::amid_an_answer;
    if (--one.connections > 0) {
      return;
    }
    if (!one.broke_off || how == departure::with_us) {  // the workers may be gone
      one.gone_since = shared_.clock.now();
      return;
    }
    peers_.erase(address);
  }
  step_all(read_ahead::peer_left{address});
}

void speculator::tick() {
  std::vector<std::string> gone;
  {
    std::lock_guard const lock(peers_mutex_);
    auto const now = shared_.clock.now();
    std::erase_if(peers_, [&](auto const& one) {
      auto const is_gone = one.second.connections == 0 &&
                           now - one.second.gone_since >= shared_.config.limits.speculation.absence;
      if (is_gone) {
        gone.push_back(one.first);
      }
      return is_gone;
    });
  }
  for (auto const& peer : gone) {
    step_all(read_ahead::peer_left{peer});
  }
  step_all(read_ahead::tick{});
  for (auto& home : shards_) {  // a large table in another one
    std::vector<record_ptr> evicted;
    std::lock_guard const lock(home.mutex);
    make_room(home, nullptr, evicted);
  }
}

boost::asio::awaitable<void> speculator::run() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (;;) {
    timer.expires_after(shared_.config.limits.speculation.tick);
    auto [stopped] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (stopped) {
      co_return;
    }
    tick();
  }
}

std::string speculator::explain() const {
  std::string text;
  for (auto const& home : shards_) {
    std::string name;
    for (;;) {  // one table at a time, so that no lock is held for long
      std::lock_guard const lock(home.mutex);
      auto const next = home.tables.upper_bound(name);
      if (next == home.tables.end()) {
        break;
      }
      name = next->first;
      auto const split = name.find('\n');
      text += "\n" + on_one_line(name.substr(split + 1)) + " as " +
              (split == 0 ? "anonymous" : name.substr(0, split)) + "\n  " +
              next->second->table.explain(shared_.clock.now());
    }
  }
  return text;
}

}  // namespace s3proxy::proxy
