#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/net/limits.hpp"
#include "s3proxy/net/tls_context.hpp"
#include "s3proxy/net/worker_load.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace s3proxy::net {

class pipe_pool;

/// One client connection. It finds the end of a raw head, hands out body bytes by count and writes bytes;
/// what they mean is decided elsewhere (http::parse_request_head). Plain or under TLS: the first read_head()
/// begins with the handshake. Every wait has a deadline. Lives on one worker.
class server_connection : public std::enable_shared_from_this<server_connection> {
 public:
  /// `limits` outlives the connection; `head_bytes` bounds a head; `tls` is null for plain HTTP.
  server_connection(boost::asio::ip::tcp::socket socket, boost::asio::ip::tcp::endpoint const& peer,
                    client_limits const& limits, std::size_t head_bytes,
                    std::shared_ptr<tls_context const> tls = nullptr);
  ~server_connection();

  /// The next raw head, its empty line included. Lifetime: until the next call.
  /// Errors: client_gone (closed or idle between requests, no handshake, or draining), request_timeout,
  /// header_too_large.
  boost::asio::awaitable<base::result<std::string_view>> read_head();

  /// Up to `into.size()` bytes of what follows the head. The caller knows how many are its body.
  /// Errors: incomplete_body (closed), request_timeout.
  boost::asio::awaitable<base::result<std::size_t>> read_body(std::span<char> into);

  /// Writes head and body with as few system calls as the socket allows; small ones are one TLS record.
  /// Errors: client_gone (closed, or too slow to take it).
  boost::asio::awaitable<base::result<void>> write(std::string_view head, std::string_view body);

  /// Whether memory may be lent for an answer of `size` bytes: in the clear, large enough, and not to a
  /// client that lags while too much is pinned. Else write it.
  bool may_lend(std::size_t size);
  /// The same as write(), but the kernel may get the pages of `pieces` and no copy. Their owner changes no
  /// byte of them until it has replaced the pages: what a page holds then is what is sent, long after this
  /// has ended. Uses `pieces` up. Errors: client_gone.
  boost::asio::awaitable<base::result<void>> lend(std::string_view head, std::span<std::string_view> pieces);
  /// Where its pipes come from; null: nothing is lent. Outlives the connection.
  void lend_through(pipe_pool* pipes);

  /// Sends what was written, then reads and throws away a bounded amount, so that a client that is still
  /// sending sees our answer and not a reset; then closes.
  boost::asio::awaitable<void> close_lingering();
  /// Closes with a reset and without TLS's goodbye: the client must not take what it has for a whole answer.
  void abort();

  /// Calls `gone` once if the client closes while nothing is read from it. For long waits on the store. What
  /// TLS says to itself (tickets, new keys) is no hang-up.
  void watch_hangup(std::function<void()> gone);

  /// Draining: closes now if no request is being read or answered, else `is_finishing()` says so to the
  /// session.
  void finish();
  bool is_finishing() const;

  /// Where its requests are counted from now on; null: nowhere. Outlives the connection, or its being counted
  /// there.
  void count_in(worker_load* load);

  /// `address:port` of the client.
  std::string const& peer() const;
  boost::asio::any_io_executor executor();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace s3proxy::net
