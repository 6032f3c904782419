#include "s3proxy/net/server_connection.hpp"

#include "s3proxy/http/request_head.hpp"

#include "deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sstream>
#include <sys/socket.h>
#include <vector>

namespace s3proxy::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using base::errc;
using base::result;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// remote_endpoint() throws when the client left between accept and here: only the error_code form will do.
std::string name_of_peer(tcp::socket const& socket) {
  error_code ec;
  auto const where = socket.remote_endpoint(ec);
  if (ec) {
    return "-";
  }
  std::ostringstream out;
  out << where;
  return out.str();
}

}  // namespace

struct server_connection::state {
  state(tcp::socket accepted, client_limits const& bounds, std::size_t head_bytes)
      : socket(std::move(accepted)), limits(bounds), timer(socket.get_executor()), buffer(head_bytes) {
    peer = name_of_peer(socket);
  }

  std::string_view held() const { return {buffer.data() + begin, end - begin}; }

  tcp::socket socket;
  client_limits const& limits;
  deadline timer;
  std::string peer;
  std::vector<char> buffer;  // [begin, end) was read and not consumed
  std::size_t begin = 0;
  std::size_t end = 0;
  bool between_requests = true;
  bool finishing = false;
};

server_connection::server_connection(tcp::socket socket, client_limits const& limits, std::size_t head_bytes)
    : state_(std::make_shared<state>(std::move(socket), limits, head_bytes)) {
  error_code ignored;
  auto& s = state_->socket;
  s.non_blocking(true, ignored);
  s.set_option(tcp::no_delay(true), ignored);
  int const unsent = static_cast<int>(limits.unsent);
  ::setsockopt(s.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  std::weak_ptr<state> const weak = state_;
  // Cancelled, not closed: a client that was too slow can still be told so, and a reset still end half an
  // answer.
  state_->timer.on_expiry([weak] {
    if (auto const self = weak.lock()) {
      error_code ec;
      self->socket.cancel(ec);
    }
  });
}

server_connection::~server_connection() {
  state_->timer.stop();
  error_code ec;
  state_->socket.close(ec);
}

awaitable<result<std::string_view>> server_connection::read_head() {
  auto& s = *state_;
  // The bytes behind the last request are the beginning of the next one.
  std::memmove(s.buffer.data(), s.buffer.data() + s.begin, s.end - s.begin);
  s.end -= s.begin;
  s.begin = 0;
  s.between_requests = s.end == 0;
  if (s.finishing && s.between_requests) {
    co_return errc::client_gone;
  }
  s.timer.expires_after(s.between_requests ? s.limits.idle : s.limits.head);
  std::size_t looked = 0;
  for (;;) {
    auto const held = s.held();
    if (auto const size = http::find_head_end(held, looked)) {
      s.begin = *size;
      s.between_requests = false;
      s.timer.stop();
      co_return held.substr(0, *size);
    }
    looked = held.size();
    if (s.end == s.buffer.size()) {
      co_return errc::header_too_large;
    }
    auto [ec, count] =
        co_await s.socket.async_read_some(asio::buffer(&s.buffer[s.end], s.buffer.size() - s.end), as_result);
    if (ec) {
      co_return s.timer.expired() && !s.between_requests ? errc::request_timeout : errc::client_gone;
    }
    if (s.between_requests) {
      s.between_requests = false;
      s.timer.expires_after(s.limits.head);
    }
    s.end += count;
  }
}

awaitable<result<std::size_t>> server_connection::read_body(std::span<char> into) {
  auto& s = *state_;
  if (auto const held = s.held(); !held.empty()) {
    auto const count = std::min(held.size(), into.size());
    std::memcpy(into.data(), held.data(), count);
    s.begin += count;
    co_return count;
  }
  s.timer.expires_after(s.limits.body);
  auto [ec, count] = co_await s.socket.async_read_some(asio::buffer(into.data(), into.size()), as_result);
  s.timer.stop();
  if (ec) {
    co_return s.timer.expired() ? errc::request_timeout : errc::incomplete_body;
  }
  co_return count;
}

awaitable<result<void>> server_connection::write(std::string_view head, std::string_view body) {
  auto& s = *state_;
  for (;;) {
    std::array<asio::const_buffer, 2> const pieces{asio::buffer(head.data(), head.size()),
                                                   asio::buffer(body.data(), body.size())};
    error_code ec;
    // Written at once where the socket takes it: most answers never wait.
    auto const sent = s.socket.write_some(pieces, ec);
    if (ec && ec != asio::error::would_block) {
      co_return errc::client_gone;
    }
    auto const of_head = std::min(sent, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(sent - of_head);
    if (head.empty() && body.empty()) {
      co_return result<void>{};
    }
    if (ec) {
      s.timer.expires_after(s.limits.answer);
      auto [failed] = co_await s.socket.async_wait(tcp::socket::wait_write, as_result);
      s.timer.stop();
      if (failed || !s.socket.is_open()) {
        co_return errc::client_gone;
      }
    }
  }
}

awaitable<void> server_connection::close_lingering() {
  auto& s = *state_;
  error_code ec;
  s.socket.shutdown(tcp::socket::shutdown_send, ec);
  s.timer.expires_after(s.limits.lingering);
  std::array<char, 16 * 1024> discarded;
  for (std::size_t total = 0; !ec && total < s.limits.lingering_bytes;) {
    auto [failed, count] = co_await s.socket.async_read_some(asio::buffer(discarded), as_result);
    ec = failed;
    total += count;
  }
  s.timer.stop();
  s.socket.close(ec);
}

void server_connection::abort() {
  error_code ignored;
  state_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
  state_->socket.close(ignored);
}

void server_connection::watch_hangup(std::function<void()> gone) {
  if (!state_->held().empty()) {
    return;  // the next request is here already
  }
  std::weak_ptr<state> const weak = state_;
  auto const readable = [weak, gone = std::move(gone)](error_code ec) {
    auto const self = weak.lock();
    if (!self) {
      return;
    }
    if (!self->socket.is_open()) {
      gone();  // aborted from our side
      return;
    }
    if (ec == asio::error::operation_aborted) {
      return;
    }
    char byte = 0;
    error_code peeked;
    self->socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, peeked);
    if (peeked && peeked != asio::error::would_block) {
      gone();
    }
  };
  state_->socket.async_wait(tcp::socket::wait_read, readable);
}

void server_connection::finish() {
  state_->finishing = true;
  if (state_->between_requests) {
    error_code ignored;
    state_->socket.close(ignored);
  }
}

bool server_connection::is_finishing() const {
  return state_->finishing;
}

std::string const& server_connection::peer() const {
  return state_->peer;
}

asio::any_io_executor server_connection::executor() {
  return state_->socket.get_executor();
}

}  // namespace s3proxy::net
