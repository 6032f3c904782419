#pragma once

#include "s3proxy/cache/policy.hpp"
#include "s3proxy/observe/access_line.hpp"
#include "s3proxy/observe/clock.hpp"
#include "s3proxy/observe/metrics.hpp"
#include "s3proxy/proxy/limits.hpp"
#include "s3proxy/proxy/queued_fills.hpp"
#include "s3proxy/proxy/read_ahead_settings.hpp"
#include "s3proxy/proxy/roster.hpp"
#include "s3proxy/proxy/token_exchange.hpp"
#include "s3proxy/s3/sigv4.hpp"
#include "s3proxy/store/block_store.hpp"
#include "s3proxy/store/flight_table.hpp"
#include "s3proxy/store/object_index.hpp"
#include "s3proxy/store/write_epochs.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::proxy {

struct settings {
  proxy::limits limits;
  cache::policy policy;
  upstream::origin_settings origin;
  read_ahead_settings read_ahead;
  base::byte_count memory = base::byte_count{1} << 30;
  store::recycling recycling = store::recycling::replaces_pages;
  /// A Host `bucket.NAME` of one of these names a bucket; lower-case. `localhost` is always one.
  std::vector<std::string> domains;
  /// Who may come now. Called once a request, on any worker; never null.
  std::function<roster_ptr()> roster;
  /// Whose pages may use us from a browser (http::is_origin); empty: CORS is off.
  std::vector<std::string> cors_origins;
  /// Set: bearers' tokens are exchanged for credentials.
  std::optional<token_exchange_settings> token_exchange;
};

class speculator;

/// What all workers share. Every member is thread-safe or never changes. Outlives the workers.
struct services {
  services(settings const& with, observe::clock const& clocks, observe::access_log& log);
  ~services();

  settings const& config;
  observe::clock const& clock;
  observe::access_log& access;
  store::write_epochs epochs;
  store::object_index index;
  store::block_store blocks;
  store::flight_table questions;
  std::unique_ptr<proxy::token_exchange> tokens;  ///< null: tokens are not exchanged here
  std::unique_ptr<speculator> ahead;              ///< null: nothing is read ahead
  std::atomic<std::uint64_t> request_numbers{0};
  std::atomic<std::size_t> open_fills{0};  ///< tasks that no connection owns
  /// Bytes that were asked for before it was known what they are of, so that nothing could claim them yet.
  std::atomic<base::byte_count> asked_early{0};
  observe::request_counters requests;
  observe::read_ahead_counters read_ahead_counts;
  /// The text of /-/read-ahead, as of now; set before the daemon serves, called on the control thread. Empty:
  /// the page says the mode alone.
  std::function<std::string()> read_ahead_page;

  /// The beginning of something, now.
  cache::moment begin() { return {clock.now(), epochs.next()}; }
};

/// What is kept of a store's own CORS fields: nothing while we answer with ours.
inline cache::cors_fields kept_cors_fields(services const& shared) {
  return shared.config.cors_origins.empty() ? cache::cors_fields::keep : cache::cors_fields::drop;
}

/// How much more may be fetched ahead: what all reads have in flight stays within a part of the budget, but
/// for the one block that each needs next. Speculation has a part of its own, takes nothing of theirs, and
/// needs nothing next. In bytes.
inline base::byte_count room_in_flight(services const& shared, store::purpose why = store::purpose::demand) {
  auto const share = shared.blocks.budget() / shared.config.limits.in_flight_part;
  auto const early = why == store::purpose::demand ? shared.asked_early.load() : 0;
  auto const taken = shared.blocks.in_flight(why) + early;
  auto const least = why == store::purpose::demand ? cache::block_size : 0;
  return std::max<base::byte_count>(least, share > taken ? share - taken : 0);
}

/// What one worker has for itself. Lives on its thread.
struct worker_services {
  worker_services(services& with, boost::asio::any_io_executor on, std::size_t connections)
      : shared(with), executor(on), origin(on, with.config.origin, with.clock, connections) {}

  services& shared;
  boost::asio::any_io_executor executor;
  upstream::origin_client origin;
  queued_fills queued;
  s3::signing_key_cache keys;  ///< of clients; the origin client has its own
};

}  // namespace s3proxy::proxy
