#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/net/limits.hpp"
#include "s3proxy/net/tls_context.hpp"
#include "s3proxy/net/zero_copy.hpp"

#include "deadline.hpp"
#include "tls_channel.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>

namespace s3proxy::net {

/// The socket of one client, plain or under TLS, and its one deadline. Whoever waits sets the deadline; when
/// it passes, the wait ends with an error. Lives on one worker.
class transport {
 public:
  /// `tls`: null for plain. `limits` outlives it.
  transport(boost::asio::ip::tcp::socket socket, client_limits const& limits,
            std::shared_ptr<tls_context const> tls);
  ~transport();
  transport(transport const&) = delete;
  transport& operator=(transport const&) = delete;

  /// False where a handshake() has to come before anything else.
  bool ready() const { return !tls_settings_ || channel_; }
  /// Under its own deadline. Errors: client_gone, and the log (debug) says why; a client that speaks plain
  /// HTTP is told so.
  boost::asio::awaitable<base::result<void>> handshake();

  /// Some bytes, or the error of the socket; asio::error::eof where the client said goodbye or closed.
  boost::asio::awaitable<std::tuple<boost::system::error_code, std::size_t>> receive(std::span<char> into);
  /// All of head and body. Errors: client_gone.
  boost::asio::awaitable<base::result<void>> write(std::string_view head, std::string_view body);

  /// Whether memory may be lent for an answer of `size` bytes to come; else lend() would copy.
  bool may_lend(std::size_t size);
  /// The same as write(), but the kernel gets the pages of `pieces` and no copy: what they are now it sends
  /// at any time later. Uses `pieces` up. Errors: client_gone.
  boost::asio::awaitable<base::result<void>> lend(std::string_view head, std::span<std::string_view> pieces);
  /// Null: nothing is lent.
  void lend_through(pipe_pool* pipes) { pipes_ = pipes; }

  /// Says goodbye where TLS has one, as far as the socket takes it at once.
  void say_goodbye();
  boost::asio::awaitable<void> close_lingering();
  void close();
  void abort();
  /// See server_connection::watch_hangup.
  static void watch_hangup(std::shared_ptr<transport> const& self, std::function<void()> gone);

  deadline& timer() { return timer_; }
  boost::asio::ip::tcp::socket& socket() { return socket_; }

 private:
  enum class arrival { bytes, talk, end };

  boost::asio::awaitable<base::result<void>> write_plain(std::string_view head, std::string_view body);
  boost::asio::awaitable<base::result<void>> write_encrypted(std::string_view head, std::string_view body);
  boost::asio::awaitable<std::tuple<boost::system::error_code, std::size_t>> receive_encrypted(
      std::span<char> into);
  boost::asio::awaitable<base::result<void>> write_copies(std::string_view head,
                                                          std::span<std::string_view> pieces);
  boost::asio::awaitable<base::result<void>> write_start(std::string_view head);
  /// Errors: client_gone (closed, or too slow).
  boost::asio::awaitable<base::result<void>> wait_until_writable();
  boost::asio::awaitable<boost::system::error_code> wait_for(tls_step step);
  /// Before more is written: lets the others of the worker have their turn, when this one's is over.
  bool is_turn_over() const { return written_ >= limits_.turn; }
  boost::asio::awaitable<void> give_way();
  void record_finished();
  boost::asio::awaitable<void> tell_plain_http();
  boost::asio::awaitable<void> linger();
  arrival look();

  boost::asio::ip::tcp::socket socket_;
  client_limits const& limits_;
  deadline timer_;
  std::shared_ptr<tls_context const> tls_settings_;
  std::unique_ptr<tls_channel> channel_;
  // While the socket has not taken all of a record, OpenSSL must not read: the answer to a request for new
  // keys would be written into its midst, which it refuses, and the connection is lost.
  bool record_unfinished_ = false;
  std::function<void()> watch_later_;
  std::size_t written_ = 0;  // since it last waited for anything
  pipe_pool* pipes_ = nullptr;
  std::shared_ptr<lent_account> account_;  // from its first lent byte on
};

}  // namespace s3proxy::net
