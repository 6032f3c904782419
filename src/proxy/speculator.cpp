#include "s3proxy/proxy/speculator.hpp"
#include "s3proxy/read_ahead/table_name.hpp"

#include "s3proxy/proxy/exchange.hpp"
#include "s3proxy/s3/storage_class.hpp"

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

constexpr std::chrono::milliseconds tick_interval{250};
constexpr std::chrono::milliseconds absence{250};  // engines open a connection a file, and close the last first

std::string address_of(std::string_view peer) {
  return std::string(peer.substr(0, peer.rfind(':')));
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
  out.follow = with.read_ahead.fleet == fleet::alone ? read_ahead::siblings::all
                                                     : read_ahead::siblings::demanded;
  out.limits = with.limits.read_ahead;
  out.limits.small_object = with.read_ahead.small_object;
  return out;
}

read_ahead::file_content content_of(exchange const& ex, cache::object_facts const& facts) {
  return {ex.where.key, facts.generation, facts.id.size};
}

}  // namespace

speculator::speculator(services& shared)
    : shared_(shared),
      planner_(planner_of(shared.config)),
      rate_(shared.config.limits.speculation, shared.config.read_ahead.budget),
      table_budget_(static_cast<std::size_t>(shared.config.memory /
                                             shared.config.limits.speculation.memory_part / shard_count)) {}

speculator::~speculator() = default;

speculator::shard& speculator::shard_of(std::string const& table) {
  return shards_[std::hash<std::string>{}(table) % shard_count];
}

// Tables age: the one that was used least recently makes room for a new one.
speculator::record& speculator::record_of(shard& home, speculation_reader_ptr const& by) {
  auto& place = home.tables[by->table];
  if (!place) {
    place = std::make_unique<record>(planner_);
    std::size_t taken = 0;
    auto oldest = home.tables.end();
    for (auto at = home.tables.begin(); at != home.tables.end(); ++at) {
      taken += at->second->table.footprint();
      auto const may_go = at->second != place && at->second->under_way.empty();
      if (may_go && (oldest == home.tables.end() ||
                     at->second->table.last_used() < oldest->second->table.last_used())) {
        oldest = at;
      }
    }
    if (taken > table_budget_ && oldest != home.tables.end()) {
      home.tables.erase(oldest);
    }
  }
  auto& found = *home.tables[by->table];
  found.newest = by;
  return found;
}

void speculator::step(speculation_reader_ptr const& by, read_ahead::event const& what, exchange* because) {
  read_ahead::advice advised;
  {
    auto& home = shard_of(by->table);
    std::lock_guard const lock(home.mutex);
    auto& at = record_of(home, by);
    advised = step_of(at, what);
  }
  carry_out(by, advised, because);
}

read_ahead::advice speculator::step_of(record& at, read_ahead::event const& what) {
  auto advised = at.table.step(what, shared_.clock.now());
  for (auto const& one : advised.fetch) {
    at.under_way.try_emplace(one.number);
  }
  auto const sums = at.table.sums();
  auto& counts = shared_.read_ahead_counts;
  counts.speculated += sums.issued - at.told.issued;
  counts.used += sums.used - at.told.used;
  counts.wasted += sums.lost - at.told.lost;
  at.told = sums;
  return advised;
}

worker_services& speculator::worker_for(read_ahead::guess const& wanted) {
  auto const spread = wanted.span.begin / shared_.config.limits.fetch.part;
  return *workers_[(std::hash<base::object_key>{}(wanted.file.key) + spread) % workers_.size()];
}

void speculator::carry_out(speculation_reader_ptr const& by, read_ahead::advice const& advised,
                           exchange* because) {
  for (auto const which : advised.cancel) {
    cancel(by, which);
  }
  for (auto const& wanted : advised.fetch) {
    if (because) {
      because->ahead_bytes += wanted.span.size();
    }
    auto& worker = worker_for(wanted);
    boost::asio::post(worker.executor, [this, &worker, by, wanted] { fetch(worker, by, wanted); });
  }
  // Behind the fetches: a footer is looked for where it is coming.
  for (auto const& file : advised.read_layout) {
    auto const guessed = std::ranges::find(advised.fetch, file.key,
                                           [](read_ahead::guess const& one) { return one.file.key; });
    auto& worker = guessed == advised.fetch.end() ? *workers_.front() : worker_for(*guessed);
    auto const begin = [this, &worker, by, file] {
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
    auto& at = record_of(home, by);
    auto const found = at.under_way.find(which);
    if (found == at.under_way.end()) {
      return;
    }
    found->second.cancelled = true;
    left = std::exchange(found->second.flights, {});
  }
  for (auto const& flight : left) {
    flight->leave();
  }
}

void speculator::listed(exchange& ex, std::vector<s3::listed_object> const& objects) {
  for (auto at = objects.begin(); at != objects.end();) {
    auto const table = read_ahead::table_of(at->key.str());
    read_ahead::listed what{address_of(ex.client.peer()), {}, shared_.clock.now() - ex.began.at};
    auto const first = at;
    for (; at != objects.end() && read_ahead::table_of(at->key.str()) == table; ++at) {
      auto const kept = s3::is_quick_to_read(at->storage_class) ? read_ahead::listed_file::storage::quick
                                                          : read_ahead::listed_file::storage::slow_or_billed;
      what.files.push_back({at->key, at->size, kept});
    }
    step(reader_of(ex, first->key.str()), what, &ex);
  }
}

byte_count speculator::tail_for_head(exchange const& ex) {
  auto const by = reader_of(ex, ex.where.key.str());
  auto& home = shard_of(by->table);
  std::lock_guard const lock(home.mutex);
  return record_of(home, by).table.tail_for_head(ex.where.key, shared_.clock.now());
}

void speculator::opened(exchange& ex, cache::object_facts const& facts, byte_span tail) {
  step(reader_of(ex, ex.where.key.str()),
       read_ahead::opened{address_of(ex.client.peer()), content_of(ex, facts), tail,
                          shared_.clock.now() - ex.began.at},
       &ex);
}

void speculator::reads(exchange& ex, cache::object_facts const& facts, byte_span asked,
                       read_ahead::held bytes) {
  rate_.demanded(asked.size(), shared_.clock.now());
  step(reader_of(ex, ex.where.key.str()),
       read_ahead::was_read{address_of(ex.client.peer()), content_of(ex, facts), asked, bytes}, &ex);
}

void speculator::client_came(std::string_view peer) {
  std::lock_guard const lock(peers_mutex_);
  ++peers_[address_of(peer)].connections;
}

void speculator::client_left(std::string_view peer) {
  std::lock_guard const lock(peers_mutex_);
  auto& one = peers_[address_of(peer)];
  if (--one.connections == 0) {
    one.gone_since = shared_.clock.now();
  }
}

void speculator::tick() {
  std::vector<std::string> gone;
  {
    std::lock_guard const lock(peers_mutex_);
    auto const now = shared_.clock.now();
    std::erase_if(peers_, [&](auto const& one) {
      auto const is_gone = one.second.connections == 0 && now - one.second.gone_since >= absence;
      if (is_gone) {
        gone.push_back(one.first);
      }
      return is_gone;
    });
  }
  for (auto const& peer : gone) {
    end_scans_of(peer);
  }
  for (auto& home : shards_) {
    std::vector<std::pair<speculation_reader_ptr, read_ahead::advice>> advised;
    {
      std::lock_guard const lock(home.mutex);
      for (auto& [name, at] : home.tables) {
        if (!at->table.is_idle()) {
          advised.emplace_back(at->newest, step_of(*at, read_ahead::tick{}));
        }
      }
    }
    for (auto const& [by, what] : advised) {
      carry_out(by, what, nullptr);
    }
  }
}

boost::asio::awaitable<void> speculator::run() {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  for (;;) {
    timer.expires_after(tick_interval);
    auto [stopped] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (stopped) {
      co_return;
    }
    tick();
  }
}

void speculator::end_scans_of(std::string const& peer) {
  for (auto& home : shards_) {
    std::vector<std::pair<speculation_reader_ptr, read_ahead::advice>> advised;
    {
      std::lock_guard const lock(home.mutex);
      for (auto& [name, at] : home.tables) {
        if (!at->table.is_idle()) {
          advised.emplace_back(at->newest, step_of(*at, read_ahead::peer_left{peer}));
        }
      }
    }
    for (auto const& [by, what] : advised) {
      carry_out(by, what, nullptr);
    }
  }
}

std::string speculator::explain() const {
  std::string text = "read-ahead " + std::string(read_ahead::to_text(planner_.how)) + "\n";
  for (auto const& home : shards_) {
    std::lock_guard const lock(home.mutex);
    for (auto const& [name, at] : home.tables) {
      auto const split = name.find('\n');
      text += "\n" + name.substr(split + 1) + " as " + (split == 0 ? "anonymous" : name.substr(0, split)) +
              "\n  " + at->table.explain(shared_.clock.now());
    }
  }
  return text;
}

}  // namespace s3proxy::proxy
