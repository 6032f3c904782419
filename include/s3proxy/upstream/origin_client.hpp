#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/http/header_list.hpp"
#include "s3proxy/observe/clock.hpp"
#include "s3proxy/s3/aws_endpoint.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/s3/sigv4.hpp"
#include "s3proxy/upstream/bucket_regions.hpp"
#include "s3proxy/upstream/connection_pool.hpp"
#include "s3proxy/upstream/endpoint.hpp"
#include "s3proxy/upstream/errand.hpp"
#include "s3proxy/upstream/limits.hpp"
#include "s3proxy/upstream/retry.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace s3proxy::upstream {

/// Where our own signature stands. In the query only where the client's did and further `x-amz-*` parameters
/// are beside it: a store takes those for headers there, and there only.
enum class signature_form { header, query };

/// A request to the store before it is signed. Path and query are the bytes that are sent.
struct origin_request {
  std::string method;
  std::string path;
  std::string query;
  http::header_list headers;  ///< without Host, Content-Length and anything of the signature
  std::string payload_hash{s3::empty_payload_hash};
  std::optional<base::byte_count> content_length;  ///< sent when set
  /// Who signs: the pair of the principal that the answer is for, whatever has become of the configuration
  /// meanwhile. Null: unsigned.
  std::shared_ptr<s3::credentials const> signer;
  signature_form form = signature_form::header;
  /// Called when the request has a connection and goes out: it may ask for more than it did when it began to
  /// wait. Called once; read() only. May be null.
  std::function<void(origin_request&)> going_out{};
};

/// The keys of the moment: they may change under a running process.
using current_credentials = std::function<std::shared_ptr<s3::credentials const>()>;

/// What a client of the store needs, shared by all workers.
struct origin_settings {
  upstream::endpoint endpoint;
  std::string region;
  std::shared_ptr<tls_context> tls;  ///< null for plain HTTP
  origin_limits limits;
  address_book known_addresses{};  ///< for tests: hosts that no name server knows
  /// What was learnt of buckets in other regions of Amazon S3.
  std::shared_ptr<bucket_regions> regions = std::make_shared<bucket_regions>();
};

/// Whom a request is for: a host of the store, and the region that it signs for.
struct destination {
  std::string host;
  std::string region;
  friend bool operator==(destination const&, destination const&) = default;
};

/// One request under way: its body may still be written, its answer be read. Owns the connection until the
/// answer is read to its end (then others may use it) or the exchange dies (then it is closed).
class origin_exchange {
 public:
  origin_exchange(lease lent, destination to) : lease_(std::move(lent)), to_(std::move(to)) {}

  /// An upload follows: see connection::stop_writing_when_answered.
  void begin_upload() { lease_->stop_writing_when_answered(); }
  /// Errors: origin_reset, origin_stalled. Bytes of a request went out: nothing may repeat it.
  boost::asio::awaitable<base::result<void>> write_body(std::string_view framing, std::string_view bytes);
  boost::asio::awaitable<base::result<response_head>> read_head(body_expected body);
  /// Gives 0 at the end.
  boost::asio::awaitable<base::result<std::size_t>> read_body(std::span<char> into);
  /// The first bytes of the body, `most` or all of it; read_body() gives them once more. Called once, before
  /// it. Lifetime: until read_body(). Errors: those of read_body.
  boost::asio::awaitable<base::result<std::string_view>> peek_body(std::size_t most);
  destination const& asked() const { return to_; }
  /// Makes pending and later operations fail. On the worker's executor.
  void cancel() { lease_->close(); }

 private:
  lease lease_;
  destination to_;
  std::string peeked_;
  std::size_t given_ = 0;  // of peeked_
};

/// An answer whose head has been read.
struct origin_answer {
  response_head head;
  std::unique_ptr<origin_exchange> body;
  cache::time_point asked{};  ///< when its request went out: a connection was found, the store's time begins
};

/// How many requests went out for one client request; the access line tells it.
struct call_count {
  unsigned calls = 0;
};

/// Signs and sends requests to the store over pooled connections. One a worker; not thread-safe.
/// An endpoint of Amazon S3 (s3::aws_endpoint) stands for its partition: a bucket in another region is asked
/// for there, at a host that is built from the region's name and never taken from an answer.
class origin_client {
 public:
  origin_client(boost::asio::any_io_executor executor, origin_settings const& settings,
                observe::clock const& clock, std::size_t connections);

  /// Sends a GET or HEAD and reads the head of its answer. Asks again (limits.attempts, jittered backoff,
  /// paid from the budget) after connection faults, 500, 502, 503 and 504; the last answer is given whatever
  /// it says. An answer that tells another region of the same partition is followed once, at once and at no
  /// price. Speculation is asked once and never again, while it is that. Errors: every origin_*; client_gone
  /// when the errand was withdrawn before its request went out.
  boost::asio::awaitable<base::result<origin_answer>> read(origin_request request, errand_ptr who,
                                                           call_count& count);

  /// Sends the head of any other request. Asks again only while no byte was written. The caller writes the
  /// body (content_length bytes) and reads the answer. A body cannot be sent twice: where a bucket may be in
  /// another region than the endpoint, a HEAD of the bucket learns it before its first write.
  boost::asio::awaitable<base::result<std::unique_ptr<origin_exchange>>> open(origin_request request,
                                                                              errand_ptr who,
                                                                              call_count& count);

  /// Remembers that the bucket of a path lives in a region, where that is one that requests can be sent to.
  /// False where it is not, and nothing is remembered.
  bool learn_region(std::string_view path, std::string_view region);

  connection_pool& pool() { return *pool_; }

 private:
  std::string signed_head(origin_request const& request, destination const& to, urgency how);
  /// Signs into `headers`, or into the query. Gives the query to send.
  std::string sign(origin_request const& request, destination const& to, http::header_list& headers);
  destination home() const { return {settings_.endpoint.host, settings_.region}; }
  destination where_is(std::string_view path) const;
  void learn_from(base::result<origin_answer> const& answer, std::string_view path, destination const& from);
  boost::asio::awaitable<std::optional<destination>> told_elsewhere(
      origin_request const& request, base::result<origin_answer> const& answer);
  boost::asio::awaitable<base::result<void>> look_for_bucket(origin_request const& request,
                                                             errand_ptr const& who, call_count& count);
  boost::asio::awaitable<base::result<origin_answer>> read_at(origin_request& request, destination const& to,
                                                              errand_ptr const& who, call_count& count);
  boost::asio::awaitable<base::result<origin_answer>> read_once(origin_request& request,
                                                                destination const& to,
                                                                connection_choice choice,
                                                                errand_ptr const& who, connection_age& age);
  boost::asio::awaitable<void> pause(std::chrono::milliseconds length);
  double jitter();

  boost::asio::any_io_executor executor_;
  origin_settings const& settings_;
  observe::clock const& clock_;
  std::optional<s3::aws_endpoint> aws_;  // the store is Amazon S3: it has hosts in other regions
  std::shared_ptr<connection_pool> pool_;
  retry_budget budget_;
  s3::signing_key_cache keys_;
  std::uint64_t random_state_;
};

}  // namespace s3proxy::upstream
