#include "s3proxy/net/server_connection.hpp"

#include "s3proxy/http/request_head.hpp"

#include "transport.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace s3proxy::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using base::errc;
using base::result;
using boost::system::error_code;

// A stream would make a locale of its own for each connection.
std::string name_of(tcp::endpoint const& where) {
  auto const address = where.address().to_string();
  auto const host = where.address().is_v6() ? "[" + address + "]" : address;
  return host + ":" + std::to_string(where.port());
}

// Heads of engines have 400 to 1,500 bytes. Ten thousand connections that wait hold no more than this each.
constexpr std::size_t usual_head_bytes = 2048;

enum class activity { waiting, request };

}  // namespace

struct server_connection::state {
  state(tcp::socket accepted, tcp::endpoint const& from, client_limits const& bounds, std::size_t head_bytes,
        std::shared_ptr<tls_context const> tls)
      : peer(name_of(from)),
        link(std::move(accepted), bounds, std::move(tls)),
        limits(bounds),
        most(head_bytes) {
    resize(std::min(usual_head_bytes, most));
  }

  std::string_view held() const { return {buffer.get() + begin, end - begin}; }
  std::span<char> room() const { return {buffer.get() + end, size - end}; }

  /// The bytes behind the last request are the beginning of the next one. A connection that waits keeps only
  /// a small buffer.
  void start_over() {
    if (begin == end && size > usual_head_bytes) {
      begin = end = 0;
      resize(usual_head_bytes);
      return;
    }
    std::memmove(buffer.get(), buffer.get() + begin, end - begin);
    end -= begin;
    begin = 0;
  }
  void resize(std::size_t bytes) {
    auto fresh = std::make_unique_for_overwrite<char[]>(bytes);
    std::copy_n(buffer.get(), end, fresh.get());
    buffer = std::move(fresh);
    size = bytes;
  }
  void count(activity now) {
    if (load && now != doing) {
      now == activity::request ? load->request_began() : load->request_ended();
    }
    doing = now;
  }

  std::string peer;
  transport link;
  client_limits const& limits;
  std::size_t most;                // of a head, in bytes
  std::unique_ptr<char[]> buffer;  // [begin, end) was read and not consumed
  std::size_t size = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool between_requests = true;
  bool finishing = false;
  worker_load* load = nullptr;
  activity doing = activity::waiting;
};

server_connection::server_connection(tcp::socket socket, tcp::endpoint const& peer,
                                     client_limits const& limits, std::size_t head_bytes,
                                     std::shared_ptr<tls_context const> tls)
    : state_(std::make_shared<state>(std::move(socket), peer, limits, head_bytes, std::move(tls))) {}

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
  s.count(activity::waiting);
  s.start_over();
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
      s.count(activity::request);
      co_return held.substr(0, *size);
    }
    looked = held.size();
    if (s.room().empty()) {
      if (s.size == s.most) {
        co_return errc::header_too_large;
      }
      s.resize(s.most);
    }
    auto [ec, count] = co_await s.link.receive(s.room());
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

bool server_connection::may_lend(std::size_t size) {
  return state_->link.may_lend(size);
}

awaitable<result<void>> server_connection::lend(std::string_view head, std::span<std::string_view> pieces) {
  return state_->link.lend(head, pieces);
}

void server_connection::lend_through(pipe_pool* pipes) {
  state_->link.lend_through(pipes);
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

void server_connection::count_in(worker_load* load) {
  auto const now = std::exchange(state_->doing, activity::waiting);
  if (state_->load && now == activity::request) {
    state_->load->request_ended();
  }
  state_->load = load;
}

std::string const& server_connection::peer() const {
  return state_->peer;
}

asio::any_io_executor server_connection::executor() {
  return state_->link.socket().get_executor();
}

}  // namespace s3proxy::net
