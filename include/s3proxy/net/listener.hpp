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

/// Accepts connections and hands each to the worker that has the fewest. One acceptor, because analytics
/// clients open few, heavy connections, which hashing (SO_REUSEPORT) spreads unevenly.
class listener {
 public:
  /// Binds; port 0 lets the kernel choose; `tls` is null for plain HTTP. Gives the listener or a sentence
  /// that says why it cannot listen.
  static std::variant<std::unique_ptr<listener>, std::string> bind(
      boost::asio::io_context& context, std::string const& address, std::uint16_t port,
      client_limits const& limits, std::size_t head_bytes, std::shared_ptr<tls_context const> tls);

  std::uint16_t port() const;
  /// Accepts until stop(). Workers outlive it.
  void start(std::vector<worker*> workers, serve handle);
  void stop();

 private:
  listener(boost::asio::ip::tcp::acceptor acceptor, client_limits const& limits, std::size_t head_bytes,
           std::shared_ptr<tls_context const> tls);
  boost::asio::awaitable<void> accept_loop(std::vector<worker*> workers, serve handle);

  boost::asio::ip::tcp::acceptor acceptor_;
  client_limits const& limits_;
  std::size_t head_bytes_;
  std::shared_ptr<tls_context const> tls_;
};

}  // namespace s3proxy::net
