#include "s3proxy/net/listener.hpp"

#include "s3proxy/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace s3proxy::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

asio::awaitable<void> run(worker& home, std::shared_ptr<server_connection> connection, serve handle,
                          std::size_t index) {
  worker::tracked const tracking(home, connection);
  co_await handle(connection, index);
}

}  // namespace

std::variant<std::unique_ptr<listener>, std::string> listener::bind(
    asio::io_context& context, std::string const& address, std::uint16_t port, client_limits const& limits,
    std::size_t head_bytes, std::shared_ptr<tls_context const> tls) {
  auto const place = address + " port " + std::to_string(port);
  error_code ec;
  auto const where = asio::ip::make_address(address, ec);
  if (ec) {
    return "cannot listen on " + place + ": not an IP address";
  }
  tcp::acceptor acceptor(context);
  tcp::endpoint const at(where, port);
  acceptor.open(at.protocol(), ec);
  if (!ec) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  }
  if (!ec && where.is_v6() && where.is_unspecified()) {
    acceptor.set_option(asio::ip::v6_only(false), ec);  // `::` means every address, IPv4's included
  }
  if (!ec) {
    acceptor.bind(at, ec);
  }
  if (!ec) {
    acceptor.listen(asio::socket_base::max_listen_connections, ec);
  }
  if (ec) {
    return "cannot listen on " + place + ": " + ec.message();
  }
  return std::unique_ptr<listener>(new listener(std::move(acceptor), limits, head_bytes, std::move(tls)));
}

listener::listener(tcp::acceptor acceptor, client_limits const& limits, std::size_t head_bytes,
                   std::shared_ptr<tls_context const> tls)
    : acceptor_(std::move(acceptor)), limits_(limits), head_bytes_(head_bytes), tls_(std::move(tls)) {}

std::uint16_t listener::port() const {
  error_code ec;
  return acceptor_.local_endpoint(ec).port();
}

void listener::start(std::vector<worker*> workers, serve handle) {
  asio::co_spawn(acceptor_.get_executor(), accept_loop(std::move(workers), std::move(handle)),
                 asio::detached);
}

void listener::stop() {
  error_code ec;
  acceptor_.close(ec);
}

asio::awaitable<void> listener::accept_loop(std::vector<worker*> workers, serve handle) {
  constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
  while (acceptor_.is_open()) {
    auto const chosen = std::ranges::min_element(workers, {}, [](worker const* w) { return w->load(); });
    auto& home = **chosen;
    auto const index = static_cast<std::size_t>(chosen - workers.begin());
    auto [ec, socket] = co_await acceptor_.async_accept(home.context(), as_result);
    if (!acceptor_.is_open()) {
      co_return;
    }
    if (ec) {
      // Out of descriptors or memory: the backlog waits; asking again at once would spin.
      observe::warn(observe::room::net, "cannot accept a connection: " + ec.message());
      asio::steady_timer pause(acceptor_.get_executor(), limits_.accept_pause);
      co_await pause.async_wait(as_result);
      continue;
    }
    home.expect();
    auto connection = std::make_shared<server_connection>(std::move(socket), limits_, head_bytes_, tls_);
    asio::co_spawn(home.context(), run(home, std::move(connection), handle, index), asio::detached);
  }
}

}  // namespace s3proxy::net
