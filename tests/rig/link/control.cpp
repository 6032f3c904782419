#include "control.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace rig {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

std::int64_t quiet_milliseconds(link_state const& state) {
  auto const quiet = pace::clock::now() - state.last_byte;
  return std::chrono::duration_cast<std::chrono::milliseconds>(quiet).count();
}

std::string answer(std::string_view request, link_state& state) {
  auto status = std::string_view{"200 OK"};
  std::string body;
  if (request.starts_with("GET /counters ")) {
    body = state.counted.json();
  } else if (request.starts_with("POST /reset ")) {
    body = std::exchange(state.counted, {}).json();
  } else if (request.starts_with("GET /quiet ")) {
    body = "{\"quiet_ms\": " + std::to_string(quiet_milliseconds(state)) + "}\n";
  } else {
    status = "404 Not Found";
    body = "GET /counters, GET /quiet or POST /reset\n";
  }
  return "HTTP/1.1 " + std::string{status} + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

asio::awaitable<void> serve_one(asio::ip::tcp::socket socket, link_state& state) {
  constexpr std::size_t largest_request = 4096;
  error_code error;
  std::string request;
  co_await asio::async_read_until(socket, asio::dynamic_buffer(request, largest_request), "\r\n\r\n",
                                  redirect_error(use_awaitable, error));
  if (error) {
    co_return;
  }
  auto const text = answer(request, state);
  co_await asio::async_write(socket, asio::buffer(text), redirect_error(use_awaitable, error));
  socket.shutdown(asio::ip::tcp::socket::shutdown_send, error);
}

}  // namespace

asio::awaitable<void> serve_control(asio::ip::tcp::acceptor& acceptor, link_state& state) {
  error_code error;
  while (acceptor.is_open()) {
    auto socket = co_await acceptor.async_accept(redirect_error(use_awaitable, error));
    if (!error) {
      asio::co_spawn(acceptor.get_executor(), serve_one(std::move(socket), state), asio::detached);
    }
  }
}

}  // namespace rig
