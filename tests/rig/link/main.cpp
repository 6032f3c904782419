// s3proxy-link: a TCP link in front of a store, as slow as one across a data centre, for tests and
// measurements.

#include "connection.hpp"
#include "control.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

struct options {
  std::string store;
  std::uint16_t port = 0;
  double first_byte_ms = 30;
  double megabytes_per_second = 80;
  double total_megabytes_per_second = 0;
  double trips_per_connection = 0;
  std::string log;
};

asio::awaitable<void> accept_clients(tcp::acceptor& acceptor, rig::link_state& state) {
  boost::system::error_code error;
  while (acceptor.is_open()) {
    auto client = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      std::make_shared<rig::connection>(std::move(client), state)->start();
    }
  }
}

tcp::endpoint resolve(asio::io_context& io, std::string const& host_and_port) {
  auto const colon = host_and_port.rfind(':');
  if (colon == std::string::npos) {
    throw std::runtime_error{"--store " + host_and_port + ": expected HOST:PORT"};
  }
  tcp::resolver resolver{io};
  return *resolver.resolve(host_and_port.substr(0, colon), host_and_port.substr(colon + 1)).begin();
}

int run(options const& given) {
  rig::link_state state;
  asio::io_context io{1};
  state.settings.store = resolve(io, given.store);
  state.settings.first_byte = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>{given.first_byte_ms});
  state.settings.bytes_per_second = given.megabytes_per_second * 1e6;
  state.settings.set_up = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double, std::milli>{given.first_byte_ms * given.trips_per_connection});
  if (given.total_megabytes_per_second > 0) {
    state.wire.emplace(given.total_megabytes_per_second * 1e6);
  }
  if (!given.log.empty()) {
    state.log = std::make_unique<rig::request_log>(given.log);
    if (!state.log->is_open()) {
      throw std::runtime_error{"--log " + given.log + ": cannot be opened for writing"};
    }
  }
  auto const loopback = asio::ip::address_v4::loopback();
  tcp::acceptor clients{io, tcp::endpoint{loopback, given.port}};
  tcp::acceptor control{io, tcp::endpoint{loopback, 0}};
  asio::co_spawn(io, accept_clients(clients, state), asio::detached);
  asio::co_spawn(io, rig::serve_control(control, state), asio::detached);
  asio::signal_set signals{io, SIGTERM, SIGINT};
  signals.async_wait([&io](boost::system::error_code, int) { io.stop(); });
  std::cout << "listening port=" << clients.local_endpoint().port()
            << " control-port=" << control.local_endpoint().port() << std::endl;
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  options given;
  CLI::App app{
      "A TCP link in front of an S3 store: every response waits, and comes no faster than the pace."};
  app.add_option("--store", given.store, "HOST:PORT of the store")->required();
  app.add_option("--port", given.port, "port on loopback; 0 lets the kernel choose")->capture_default_str();
  app.add_option("--first-byte-ms", given.first_byte_ms, "wait of each response for its first byte")
      ->capture_default_str();
  app.add_option("--megabytes-per-second", given.megabytes_per_second, "pace of each connection's responses")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--total-megabytes-per-second", given.total_megabytes_per_second,
                 "pace of all connections' responses together, shared evenly; 0 for no bound")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option(
         "--trips-per-connection", given.trips_per_connection,
         "what a new connection costs, in waits for a first byte: its first request is that much later")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--log", given.log, "append one line a request to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(given);
  } catch (std::exception const& error) {
    std::cerr << "s3proxy-link: " << error.what() << '\n';
    return 1;
  }
}
