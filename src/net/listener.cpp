#include "s3proxy/net/listener.hpp"

#include "s3proxy/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace s3proxy::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> run(worker& home, std::shared_ptr<server_connection> connection, serve handle,
                          std::size_t index) {
  worker::tracked const tracking(home, connection);
  co_await handle(connection, index);
}

// Accepted sockets inherit these: set once, they cost no connection a system call.
void set_inherited(tcp::acceptor& acceptor, client_limits const& limits) {
  error_code ignored;
  acceptor.set_option(tcp::no_delay(true), ignored);
  int const unsent = static_cast<int>(limits.unsent);
  ::setsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

/// Whether the host's congestion control paces what is sent. Accepted sockets inherit it.
bool is_paced(tcp::acceptor& acceptor) {
  std::array<char, 16> name{};
  socklen_t size = name.size();
  return ::getsockopt(acceptor.native_handle(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) == 0 &&
         std::string_view(name.data(), ::strnlen(name.data(), size)).starts_with("bbr");
}

bool is_this_machine(asio::ip::address const& peer) {
  if (peer.is_v6() && peer.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, peer.to_v6()).is_loopback();
  }
  return peer.is_loopback();
}

// Pacing spreads packets over a network. Within the machine it arms a timer for each 64 KiB and nothing else:
// three quarters of what a mebibyte lent to the kernel costs. Every kernel has reno and lets everybody use
// it.
void send_unpaced(tcp::socket& socket) {
  constexpr std::string_view plain = "reno";
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_CONGESTION, plain.data(), plain.size());
}

// Between two looks at what else its worker has to do.
constexpr int most_at_once = 32;

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
  if (!ec) {
    acceptor.non_blocking(true, ec);
  }
  if (ec) {
    return "cannot listen on " + place + ": " + ec.message();
  }
  set_inherited(acceptor, limits);
  return std::unique_ptr<listener>(new listener(std::move(acceptor), limits, head_bytes, std::move(tls)));
}

listener::listener(tcp::acceptor acceptor, client_limits const& limits, std::size_t head_bytes,
                   std::shared_ptr<tls_context const> tls)
    : acceptor_(std::move(acceptor)),
      port_(acceptor_.local_endpoint().port()),
      paced_(is_paced(acceptor_)),
      limits_(limits),
      head_bytes_(head_bytes),
      tls_(std::move(tls)) {}

void listener::start(std::vector<worker*> workers, serve handle) {
  asio::co_spawn(acceptor_.get_executor(), accept_loop(std::move(workers), std::move(handle)),
                 asio::detached);
}

void listener::stop() {
  auto const close = [this] {
    error_code ec;
    acceptor_.close(ec);
  };
  asio::post(acceptor_.get_executor(), close);
}

asio::awaitable<void> listener::stopped() {
  stop();
  // Behind it in the same queue.
  auto const nothing = []() -> asio::awaitable<void> { co_return; };
  co_await asio::co_spawn(acceptor_.get_executor(), nothing, asio::use_awaitable);
}

asio::awaitable<void> listener::accept_loop(std::vector<worker*> workers, serve handle) {
  while (acceptor_.is_open()) {
    auto [gone] = co_await acceptor_.async_wait(tcp::acceptor::wait_read, as_result);
    if (gone || !acceptor_.is_open()) {
      co_return;
    }
    if (auto const ec = accept_waiting(workers, handle)) {
      // Out of descriptors or memory: the backlog waits; asking again at once would spin.
      observe::warn(observe::room::net, "cannot accept a connection: " + ec.message());
      asio::steady_timer pause(acceptor_.get_executor(), limits_.accept_pause);
      co_await pause.async_wait(as_result);
    }
  }
}

error_code listener::accept_waiting(std::vector<worker*> const& workers, serve const& handle) {
  for (int taken = 0; taken < most_at_once; ++taken) {
    auto const chosen = std::ranges::min_element(workers, {}, [](worker const* w) { return w->weight(); });
    auto& home = **chosen;
    tcp::socket socket(home.context());
    tcp::endpoint from;
    error_code ec;
    acceptor_.accept(socket, from, ec);
    if (ec == asio::error::would_block || ec == asio::error::connection_aborted) {
      return {};  // whoever is left is told of by the next wait
    }
    if (ec) {
      return ec;
    }
    if (paced_ && is_this_machine(from.address())) {
      send_unpaced(socket);
    }
    home.expect();
    auto const index = static_cast<std::size_t>(chosen - workers.begin());
    auto connection =
        std::make_shared<server_connection>(std::move(socket), from, limits_, head_bytes_, tls_);
    asio::co_spawn(home.context(), run(home, std::move(connection), handle, index), asio::detached);
  }
  return {};
}

}  // namespace s3proxy::net
