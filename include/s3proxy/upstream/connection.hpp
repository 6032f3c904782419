#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/http/header_list.hpp"
#include "s3proxy/upstream/limits.hpp"
#include "s3proxy/upstream/tls_context.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace s3proxy::upstream {

struct response_head {
  unsigned status = 0;
  http::header_list headers;  ///< as received, hop-by-hop fields included
  std::optional<base::byte_count> content_length;
};

enum class body_expected { yes, no };  ///< no: the request is a HEAD

/// One connection to the store, plain or TLS, over Beast. One request at a time. Every operation has a
/// deadline and ends with an errc; after any error the connection is of no more use. Lives on one worker.
class connection {
 public:
  /// `tls`: null for plain HTTP. Outlives the connection.
  connection(boost::asio::any_io_executor executor, tls_context* tls, origin_limits const& limits);
  ~connection();

  /// `name`: whom TLS has to meet there; empty: the context's own. Lifetime: of the call.
  /// Errors: origin_refused, origin_connect_timeout, origin_tls_failed.
  boost::asio::awaitable<base::result<void>> connect(
      boost::asio::ip::tcp::resolver::results_type const& addresses, std::string_view name = {});

  /// Errors: origin_reset, origin_stalled. `written()` tells whether any byte of the request went out.
  boost::asio::awaitable<base::result<void>> write(std::string_view head, std::string_view body);
  bool written() const;
  /// From now until read_head(), a write that waits while the store has already answered fails with
  /// origin_reset, and read_head() then gives that answer. Plain connections only: over TLS, readable bytes
  /// may be a session ticket.
  void stop_writing_when_answered();

  /// Reads the head of a final answer; interim answers (1xx) are passed over.
  /// Errors: origin_first_byte_timeout, origin_reset, origin_bad_response.
  boost::asio::awaitable<base::result<response_head>> read_head(body_expected body);
  /// Reads the next bytes of the body, transfer coding removed; `into` is not empty. Gives 0 at its end. Of a
  /// body whose length was told it touches no byte of `into` behind those that it gives.
  /// Errors: origin_short_body, origin_stalled, origin_bad_response.
  boost::asio::awaitable<base::result<std::size_t>> read_body(std::span<char> into);

  /// True when the answer was read to its end and the store keeps the connection open: it may be used again.
  bool reusable() const;
  /// True while an unused connection has neither been closed nor sent anything.
  bool still_quiet();
  /// Makes every pending operation fail. On the connection's executor.
  void close();

  std::string host;  ///< whom it leads to, for the pool
  bool used_before = false;
  std::chrono::steady_clock::time_point idle_since;

 private:
  boost::asio::awaitable<base::result<std::size_t>> read_counted(std::span<char> into);

  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace s3proxy::upstream
