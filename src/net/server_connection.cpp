#include "s3proxy/net/server_connection.hpp"

#include "s3proxy/http/request_head.hpp"

#include "transport.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <vector>

namespace s3proxy::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using base::errc;
using base::result;
using boost::system::error_code;

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
  state(tcp::socket accepted, client_limits const& bounds, std::size_t head_bytes,
        std::shared_ptr<tls_context const> tls)
      : peer(name_of_peer(accepted)),
        link(std::move(accepted), bounds, std::move(tls)),
        limits(bounds),
        buffer(head_bytes) {}

  std::string_view held() const { return {buffer.data() + begin, end - begin}; }

  std::string peer;
  transport link;
  client_limits const& limits;
  std::vector<char> buffer;  // [begin, end) was read and not consumed
  std::size_t begin = 0;
  std::size_t end = 0;
  bool between_requests = true;
  bool finishing = false;
};

server_connection::server_connection(tcp::socket socket, client_limits const& limits, std::size_t head_bytes,
                                     std::shared_ptr<tls_context const> tls)
    : state_(std::make_shared<state>(std::move(socket), limits, head_bytes, std::move(tls))) {}

server_connection::~server_connection() {
  state_->link.timer().stop();
  state_->link.close();
}

awaitable<result<std::string_view>> server_connection::read_head() {
  auto& s = *state_;
  auto& timer = s.link.timer();
  if (!s.link.ready()) {
    auto begun = co_await s.link.handshake();
    if (!begun) {
      co_return begun.error();
    }
  }
  // The bytes behind the last request are the beginning of the next one.
  std::memmove(s.buffer.data(), s.buffer.data() + s.begin, s.end - s.begin);
  s.end -= s.begin;
  s.begin = 0;
  s.between_requests = s.end == 0;
  if (s.finishing && s.between_requests) {
    s.link.say_goodbye();
    co_return errc::client_gone;
  }
  timer.expires_after(s.between_requests ? s.limits.idle : s.limits.head);
  std::size_t looked = 0;
  for (;;) {
    auto const held = s.held();
    if (auto const size = http::find_head_end(held, looked)) {
      s.begin = *size;
      s.between_requests = false;
      timer.stop();
      co_return held.substr(0, *size);
    }
    looked = held.size();
    if (s.end == s.buffer.size()) {
      co_return errc::header_too_large;
    }
    auto [ec, count] = co_await s.link.receive({&s.buffer[s.end], s.buffer.size() - s.end});
    if (timer.expired() && !s.between_requests) {
      co_return errc::request_timeout;  // although bytes may have come: nobody watches the time any more
    }
    if (ec) {
      s.link.say_goodbye();  // nobody is owed an answer
      co_return errc::client_gone;
    }
    if (s.between_requests) {
      s.between_requests = false;
      timer.expires_after(s.limits.head);
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
  s.link.timer().expires_after(s.limits.body);
  auto [ec, count] = co_await s.link.receive(into);
  s.link.timer().stop();
  if (ec) {
    co_return s.link.timer().expired() ? errc::request_timeout : errc::incomplete_body;
  }
  co_return count;
}

awaitable<result<void>> server_connection::write(std::string_view head, std::string_view body) {
  return state_->link.write(head, body);
}

awaitable<void> server_connection::close_lingering() {
  return state_->link.close_lingering();
}

void server_connection::abort() {
  state_->link.abort();
}

void server_connection::watch_hangup(std::function<void()> gone) {
  if (!state_->held().empty()) {
    return;  // the next request is here already
  }
  transport::watch_hangup({state_, &state_->link}, std::move(gone));
}

void server_connection::finish() {
  state_->finishing = true;
  if (state_->between_requests) {
    state_->link.say_goodbye();
    state_->link.close();
  }
}

bool server_connection::is_finishing() const {
  return state_->finishing;
}

std::string const& server_connection::peer() const {
  return state_->peer;
}

asio::any_io_executor server_connection::executor() {
  return state_->link.socket().get_executor();
}

}  // namespace s3proxy::net
