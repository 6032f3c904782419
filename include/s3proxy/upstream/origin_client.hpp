#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/http/header_list.hpp"
#include "s3proxy/observe/clock.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/s3/sigv4.hpp"
#include "s3proxy/upstream/connection_pool.hpp"
#include "s3proxy/upstream/endpoint.hpp"
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
};

/// The keys of the moment: they may change under a running process.
using current_credentials = std::function<std::shared_ptr<s3::credentials const>()>;

/// What a client of the store needs, shared by all workers.
struct origin_settings {
  upstream::endpoint endpoint;
  std::string region;
  std::shared_ptr<tls_context> tls;  ///< null for plain HTTP
  origin_limits limits;
};

/// One request under way: its body may still be written, its answer be read. Owns the connection until the
/// answer is read to its end (then others may use it) or the exchange dies (then it is closed).
class origin_exchange {
 public:
  explicit origin_exchange(lease lent) : lease_(std::move(lent)) {}

  /// An upload follows: see connection::stop_writing_when_answered.
  void begin_upload() { lease_->stop_writing_when_answered(); }
  /// Errors: origin_reset, origin_stalled. Bytes of a request went out: nothing may repeat it.
  boost::asio::awaitable<base::result<void>> write_body(std::string_view framing, std::string_view bytes);
  boost::asio::awaitable<base::result<response_head>> read_head(body_expected body);
  /// Gives 0 at the end.
  boost::asio::awaitable<base::result<std::size_t>> read_body(std::span<char> into);
  /// Makes pending and later operations fail. On the worker's executor.
  void cancel() { lease_->close(); }

 private:
  lease lease_;
};

/// An answer whose head has been read.
struct origin_answer {
  response_head head;
  std::unique_ptr<origin_exchange> body;
};

/// How many requests went out for one client request; the access line tells it.
struct call_count {
  unsigned calls = 0;
};

/// Signs and sends requests to the store over pooled connections. One a worker; not thread-safe.
class origin_client {
 public:
  origin_client(boost::asio::any_io_executor executor, origin_settings const& settings,
                observe::clock const& clock, std::size_t connections);

  /// Sends a GET or HEAD and reads the head of its answer. Asks again (limits.attempts, jittered backoff,
  /// paid from the budget) after connection faults, 500, 502, 503 and 504; the last answer is given whatever
  /// it says. Errors: every origin_*.
  boost::asio::awaitable<base::result<origin_answer>> read(origin_request request, call_count& count);

  /// Sends the head of any other request. Asks again only while no byte was written. The caller writes the
  /// body (content_length bytes) and reads the answer.
  boost::asio::awaitable<base::result<std::unique_ptr<origin_exchange>>> open(origin_request request,
                                                                              call_count& count);

  connection_pool& pool() { return *pool_; }

 private:
  std::string signed_head(origin_request const& request);
  /// Signs into `headers`, or into the query. Gives the query to send.
  std::string sign(origin_request const& request, http::header_list& headers);
  boost::asio::awaitable<base::result<origin_answer>> read_once(origin_request const& request,
                                                                connection_choice choice,
                                                                connection_age& age);
  boost::asio::awaitable<void> pause(std::chrono::milliseconds length);
  double jitter();

  boost::asio::any_io_executor executor_;
  origin_settings const& settings_;
  observe::clock const& clock_;
  std::shared_ptr<connection_pool> pool_;
  retry_budget budget_;
  s3::signing_key_cache keys_;
  std::uint64_t random_state_;
};

}  // namespace s3proxy::upstream
