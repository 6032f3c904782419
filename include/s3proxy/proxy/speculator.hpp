#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/object.hpp"
#include "s3proxy/proxy/fill.hpp"
#include "s3proxy/proxy/speculation_rate.hpp"
#include "s3proxy/read_ahead/table.hpp"
#include "s3proxy/read_ahead/table_name.hpp"
#include "s3proxy/s3/document_scanner.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace s3proxy::proxy {

struct exchange;

/// On whose behalf something is fetched before it is asked for: with that reader's own rights, and for nobody
/// else's. Immutable; shared by all that one request gave rise to.
struct speculation_reader {
  std::string identity;  ///< access key id, principal of a token, or empty: the public
  base::principal_id principal;
  std::shared_ptr<s3::credentials const> signer;
  roster_ptr everybody;  ///< keeps `known` alive
  s3::identity const* known = nullptr;
  upstream::client_number number{};
  base::bucket_name bucket;
  std::string table;  ///< names the table's record: identity, bucket and prefix
};
using speculation_reader_ptr = std::shared_ptr<speculation_reader const>;

/// Tells read_ahead::table what happens and does what it advises. Shared by all workers, thread-safe: a short
/// lock on the table's shard for each event. Lives as long as the services; its tasks run on the workers.
class speculator {
 public:
  explicit speculator(services& shared);
  ~speculator();

  /// A place where tasks may run. Before the workers start.
  void add(worker_services& worker) { workers_.push_back(&worker); }

  // What clients do. Any worker.

  void listed(exchange& ex, std::vector<s3::listed_object> const& objects);
  /// How much of the object's end to ask for instead of its HEAD; 0: ask plainly.
  base::byte_count tail_for_head(exchange const& ex);
  void opened(exchange& ex, cache::object_facts const& facts, base::byte_span tail);
  /// A GET that is not a hit on bytes that somebody has read before. `asked`: of the object.
  void reads(exchange& ex, cache::object_facts const& facts, base::byte_span asked, read_ahead::held bytes);
  /// A connection began or ended. When the last of an address is gone, its scans are over soon.
  void client_came(std::string_view peer);
  void client_left(std::string_view peer);

  /// Ends what is over.
  void tick();
  /// Ticks a few times a second, until the context that it runs on stops.
  boost::asio::awaitable<void> run();

  /// What is known of each table, for people.
  std::string explain() const;

 private:
  struct record;
  struct shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::unique_ptr<record>> tables;
  };
  static constexpr std::size_t shard_count = 16;

  shard& shard_of(std::string const& table);
  record& record_of(shard& home, speculation_reader_ptr const& by);
  read_ahead::advice step_of(record& at, read_ahead::event const& what);
  void step(speculation_reader_ptr const& by, read_ahead::event const& what, exchange* because);
  void carry_out(speculation_reader_ptr const& by, read_ahead::advice const& advised, exchange* because);
  void cancel(speculation_reader_ptr const& by, read_ahead::ticket which);
  worker_services& worker_for(read_ahead::guess const& wanted);

  // On a worker.
  void fetch(worker_services& worker, speculation_reader_ptr const& by, read_ahead::guess const& wanted);
  void ended(speculation_reader_ptr const& by, read_ahead::ticket which, fill_end const& how);
  boost::asio::awaitable<void> read_layout(worker_services& worker, speculation_reader_ptr by,
                                           read_ahead::file_content file);
  void complete_footer(worker_services& worker, speculation_reader_ptr const& by,
                       read_ahead::file_content const& file, cache::facts_ptr const& facts,
                       base::byte_span rest);
  void end_scans_of(std::string const& peer);

  services& shared_;
  read_ahead::planner planner_;
  speculation_rate rate_;
  std::vector<worker_services*> workers_;
  std::array<shard, shard_count> shards_;
  std::size_t table_budget_;  // bytes a shard

  struct presence {
    std::size_t connections = 0;
    cache::time_point gone_since{};
  };
  std::mutex peers_mutex_;
  std::unordered_map<std::string, presence> peers_;
};

}  // namespace s3proxy::proxy
