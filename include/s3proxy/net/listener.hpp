#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/net/limits.hpp"
#include "s3proxy/net/worker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace s3proxy::net {

/// What is done with an accepted connection; runs on its worker until the connection ends.
using serve =
    std::function<boost::asio::awaitable<void>(std::shared_ptr<server_connection>, std::size_t worker)>;

/// Accepts connections and hands each to the worker with the least work. One acceptor, because analytics
/// clients open few, heavy connections, which hashing (SO_REUSEPORT) spreads unevenly. It runs on a worker,
/// so that a connection which stays there wakes nobody else.
class listener {
 public:
  /// Binds; port 0 lets the kernel choose; `tls` is null for plain HTTP. Gives the listener or a sentence
  /// that says why it cannot listen.
  static std::variant<std::unique_ptr<listener>, std::string> bind(
      boost::asio::io_context& context, std::string const& address, std::uint16_t port,
      client_limits const& limits, std::size_t head_bytes, std::shared_ptr<tls_context const> tls);

  std::uint16_t port() const { return port_; }
  /// Accepts until stop(). Workers outlive it. Before `context` runs.
  void start(std::vector<worker*> workers, serve handle);
  /// Soon nobody is accepted any more. Any thread; `context` ends before the listener does.
  void stop();
  /// Stops, and ends when nobody is accepted any more. While `context` runs.
  boost::asio::awaitable<void> stopped();

 private:
  listener(boost::asio::ip::tcp::acceptor acceptor, client_limits const& limits, std::size_t head_bytes,
           std::shared_ptr<tls_context const> tls);
  boost::asio::awaitable<void> accept_loop(std::vector<worker*> workers, serve handle);
  boost::system::error_code accept_waiting(std::vector<worker*> const& workers, serve const& handle);

  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  bool paced_;
  client_limits const& limits_;
  std::size_t head_bytes_;
  std::shared_ptr<tls_context const> tls_;
};

}  // namespace s3proxy::net
