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
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
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

/// How a client's connection ends. Whoever breaks off waited for something, and does not any more.
enum class departure : std::uint8_t { between_requests, amid_an_answer, with_us };

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
  /// A connection began or ended. When the last of an address is gone, its scans are over soon; at once, if
  /// one of them went while it was being answered.
  void client_came(std::string_view peer);
  void client_left(std::string_view peer, departure how);

  /// Ends what is over.
  void tick();
  /// Ticks a few times a second, until the context that it runs on stops.
  boost::asio::awaitable<void> run();

  /// What is known of each table, for people.
  std::string explain() const;
  /// Memory taken by what is known of tables, in bytes, estimated.
  std::size_t footprint() const { return footprint_; }

 private:
  struct footer_search;
  struct ongoing;
  struct record;
  using record_ptr = std::unique_ptr<record>;
  struct shard {
    mutable std::mutex mutex;
    std::map<std::string, record_ptr> tables;
    std::set<std::string> with_scans;  ///< names of those that are read now
    std::list<record*> by_use;         ///< the least recently used first
  };
  static constexpr std::size_t shard_count = 16;

  /// What a step under the lock leaves to be done without it.
  struct afterwards {
    speculation_reader_ptr by;
    read_ahead::advice advised;
    std::vector<record_ptr> evicted;
  };

  shard& shard_of(std::string const& table);
  record* find(shard& home, speculation_reader const& by);
  ongoing* find_ongoing(shard& home, speculation_reader const& by, read_ahead::ticket which);
  record& record_of(shard& home, speculation_reader_ptr const& by);
  void step_of(shard& home, record& at, read_ahead::event const& what, afterwards& out);
  void make_room(shard& home, record const* keep, std::vector<record_ptr>& evicted);
  /// Something that a client did.
  void step(speculation_reader_ptr const& by, read_ahead::event const& what, exchange& because);
  /// Something that came of it. Nothing where the table is forgotten.
  void step(speculation_reader_ptr const& by, read_ahead::event const& what);
  void step_all(read_ahead::event const& what);
  void carry_out(afterwards const& todo, exchange* because);
  void cancel(speculation_reader_ptr const& by, read_ahead::ticket which);
  worker_services& worker_for(read_ahead::guess const& wanted);

  // On a worker.
  void fetch(worker_services& worker, speculation_reader_ptr const& by, read_ahead::guess const& wanted);
  std::optional<fill_order> order(speculation_reader_ptr const& by, base::object_key const& key,
                                  cache::facts_ptr const& facts, base::byte_span span,
                                  std::function<void(fill_end const&)> on_end);
  bool is_cancelled(speculation_reader const& by, read_ahead::ticket which);
  void start_all(worker_services& worker, speculation_reader_ptr const& by, read_ahead::ticket which,
                 std::vector<fill_order> orders);
  void ended(speculation_reader_ptr const& by, read_ahead::ticket which, fill_end const& how);
  boost::asio::awaitable<void> read_layout(worker_services& worker, speculation_reader_ptr by,
                                           read_ahead::file_content file);
  boost::asio::awaitable<std::string> next_piece(worker_services& worker, footer_search& at);
  void complete_footer(worker_services& worker, footer_search const& at);
  std::optional<read_ahead::ticket> begin_footer(speculation_reader const& by);
  void no_layout_of(footer_search const& at, read_ahead::no_layout why);

  services& shared_;
  read_ahead::planner planner_;
  speculation_rate rate_;
  std::vector<worker_services*> workers_;
  std::array<shard, shard_count> shards_;
  std::size_t table_budget_;               // bytes
  std::atomic<std::size_t> footprint_{0};  // of all tables

  struct presence {
    std::size_t connections = 0;
    cache::time_point gone_since{};
    bool broke_off = false;
  };
  std::mutex peers_mutex_;
  std::unordered_map<std::string, presence> peers_;
};

}  // namespace s3proxy::proxy
