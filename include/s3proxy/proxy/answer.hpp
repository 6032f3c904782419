#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/proxy/exchange.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::proxy {

/// How the client finds the end of a body.
enum class answer_framing {
  none,     ///< no body and no length: 304, 204
  length,   ///< Content-Length
  chunked,  ///< length unknown, HTTP/1.1
  close,    ///< length unknown, HTTP/1.0
};

struct answer_head {
  unsigned status = 200;
  std::string_view fields;  ///< rendered header lines, without those added here
  answer_framing framing = answer_framing::none;
  base::byte_count length = 0;
  std::string_view request_id;  ///< the store's own when it is relayed; else ours
};

/// Renders the head of an answer: status line, the given fields, and those of every answer: Date (unless
/// given), x-amz-request-id, Cache-Status (RFC 9211), those of CORS, Connection, and the framing. Notes
/// status and time in the exchange.
std::string render_head(exchange& ex, answer_head const& answer);

/// Sends bytes and counts them. After the first, there is no error answer any more.
/// Errors: client_gone.
boost::asio::awaitable<base::result<void>> send(exchange& ex, std::string_view head, std::string_view body);

/// The same for memory that is lent to the kernel (server_connection::lend), `size` bytes of it.
boost::asio::awaitable<base::result<void>> send_lent(exchange& ex, std::string_view head,
                                                     std::span<std::string_view> pieces, std::size_t size);

using error_details = std::vector<std::pair<std::string, std::string>>;

/// Answers with the S3 error document of `code` (no body for a HEAD), and `fields` as more header lines.
boost::asio::awaitable<base::result<void>> send_error(exchange& ex, base::errc code,
                                                      error_details details = {}, std::string fields = {});

/// The value of Cache-Status for what the exchange says of itself.
std::string cache_status(exchange const& ex);

/// The standard phrase of a status. The store's own is never forwarded: it is text that we did not check.
std::string_view reason_phrase(unsigned status);

}  // namespace s3proxy::proxy
