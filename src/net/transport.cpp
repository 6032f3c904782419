#include "transport.hpp"

#include "s3proxy/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace s3proxy::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using base::errc;
using base::result;
using boost::system::error_code;
using follows = tls_channel::follows;
using received = std::tuple<error_code, std::size_t>;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// In no dialect of XML: at this point nobody has said a word of S3.
constexpr std::string_view plain_http_answer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 53\r\nConnection: close\r\n\r\n"
    "This port speaks HTTPS: write https:// in the address";

void note_handshake(std::string_view why) {
  if (observe::enabled(observe::room::net, observe::level::debug)) {
    observe::debug(observe::room::net, "a TLS handshake with a client failed: " + std::string(why));
  }
}

}  // namespace

transport::transport(tcp::socket socket, client_limits const& limits, std::shared_ptr<tls_context const> tls)
    : socket_(std::move(socket)),
      limits_(limits),
      timer_(socket_.get_executor()),
      tls_settings_(std::move(tls)) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  // Cancelled, not closed: a client that was too slow can still be told so, and a reset still end half an
  // answer. The timer is ours and goes with us.
  timer_.on_expiry([this] {
    error_code ec;
    socket_.cancel(ec);
  });
}

transport::~transport() {
  timer_.stop();
  close();
}

// After an error that no wait explains, nothing may touch the descriptor: its number may be another's by now.
void transport::close() {
  if (channel_) {
    channel_->let_go();
  }
  if (account_) {
    pipes_->shared().close(std::exchange(account_, nullptr));
  }
  error_code ignored;
  socket_.close(ignored);
}

void transport::abort() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

awaitable<result<void>> transport::handshake() {
  channel_ = std::make_unique<tls_channel>(*tls_settings_, socket_.native_handle());
  timer_.expires_after(limits_.handshake);
  for (;;) {
    auto const step = channel_->handshake().step;
    if (step == tls_step::done) {
      timer_.stop();
      co_return result<void>{};
    }
    if (step == tls_step::plain_http) {
      note_handshake("it speaks plain HTTP");
      co_await tell_plain_http();
      co_return errc::client_gone;
    }
    if (step != tls_step::wants_read && step != tls_step::wants_write) {
      note_handshake(channel_->complaint());
      co_return errc::client_gone;
    }
    auto const ec = co_await wait_for(step);
    if (ec) {
      note_handshake(timer_.expired() ? "it took too long" : ec.message());
      co_return errc::client_gone;
    }
  }
}

awaitable<void> transport::tell_plain_http() {
  error_code ignored;
  socket_.write_some(asio::buffer(plain_http_answer), ignored);
  co_await linger();
}

awaitable<error_code> transport::wait_for(tls_step step) {
  auto const what = step == tls_step::wants_write ? tcp::socket::wait_write : tcp::socket::wait_read;
  auto [ec] = co_await socket_.async_wait(what, as_result);
  // The deadline may pass in the moment between the socket's word and this line: then nobody cancels again.
  if (!ec && (timer_.expired() || !socket_.is_open())) {
    co_return asio::error::operation_aborted;
  }
  co_return ec;
}

// No coroutine of its own for plain: a hit pays for none.
awaitable<received> transport::receive(std::span<char> into) {
  written_ = 0;
  if (channel_) {
    return receive_encrypted(into);
  }
  return socket_.async_read_some(asio::buffer(into.data(), into.size()), as_result);
}

// The channel is asked first and the socket waited for second: bytes may lie decrypted where no socket tells.
awaitable<received> transport::receive_encrypted(std::span<char> into) {
  for (;;) {
    auto const got = channel_->read(into);
    switch (got.step) {
      case tls_step::done:
        co_return received{error_code{}, got.count};
      case tls_step::wants_read:
      case tls_step::wants_write:
        break;
      case tls_step::ended:
        co_return received{asio::error::eof, 0};
      case tls_step::plain_http:
      case tls_step::failed:
        co_return received{asio::error::connection_reset, 0};
    }
    auto const ec = co_await wait_for(got.step);
    if (ec) {
      co_return received{ec, 0};
    }
  }
}

awaitable<result<void>> transport::write(std::string_view head, std::string_view body) {
  return channel_ ? write_encrypted(head, body) : write_plain(head, body);
}

awaitable<void> transport::give_way() {
  written_ = 0;
  co_await asio::post(socket_.get_executor(), asio::use_awaitable);
}

awaitable<result<void>> transport::write_plain(std::string_view head, std::string_view body) {
  for (;;) {
    if (is_turn_over()) {
      co_await give_way();
    }
    std::array<asio::const_buffer, 2> const pieces{asio::buffer(head.data(), head.size()),
                                                   asio::buffer(body.data(), body.size())};
    error_code ec;
    // Written at once where the socket takes it: most answers never wait.
    auto const sent = socket_.write_some(pieces, ec);
    if (ec && ec != asio::error::would_block) {
      co_return errc::client_gone;
    }
    auto const of_head = std::min(sent, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(sent - of_head);
    written_ += sent;
    if (head.empty() && body.empty()) {
      co_return result<void>{};
    }
    if (ec) {
      auto ready = co_await wait_until_writable();
      if (!ready) {
        co_return ready.error();
      }
    }
  }
}

awaitable<result<void>> transport::wait_until_writable() {
  written_ = 0;
  timer_.expires_after(limits_.answer);
  auto [failed] = co_await socket_.async_wait(tcp::socket::wait_write, as_result);
  timer_.stop();
  if (failed || !socket_.is_open()) {
    co_return errc::client_gone;
  }
  co_return result<void>{};
}

awaitable<result<void>> transport::write_encrypted(std::string_view head, std::string_view body) {
  while (!head.empty() || !body.empty()) {
    auto next = body;
    if (!head.empty()) {
      // One record, one system call, for head and small body.
      auto const room = channel_->record();
      auto const of_head = std::min(head.size(), room.size());
      auto const of_body = std::min(body.size(), room.size() - of_head);
      std::copy_n(head.data(), of_head, room.data());
      std::copy_n(body.data(), of_body, room.data() + of_head);
      next = {room.data(), of_head + of_body};
      head.remove_prefix(of_head);
      body.remove_prefix(of_body);
    } else {
      body = {};
    }
    while (!next.empty()) {
      if (is_turn_over() && !record_unfinished_) {
        co_await give_way();
      }
      auto const sent =
          channel_->write(next, body.empty() && head.empty() ? follows::nothing : follows::more);
      next.remove_prefix(sent.count);
      written_ += sent.count;
      if (sent.step == tls_step::done) {
        record_finished();
        continue;
      }
      if (sent.step != tls_step::wants_write && sent.step != tls_step::wants_read) {
        co_return errc::client_gone;
      }
      record_unfinished_ = true;
      timer_.expires_after(limits_.answer);
      auto const failed = co_await wait_for(sent.step);
      timer_.stop();
      if (failed) {
        co_return errc::client_gone;
      }
    }
  }
  co_return result<void>{};
}

void transport::record_finished() {
  record_unfinished_ = false;
  if (auto const watch = std::exchange(watch_later_, {})) {
    watch();
  }
}

void transport::say_goodbye() {
  if (channel_) {
    channel_->say_goodbye();
  }
}

awaitable<void> transport::close_lingering() {
  // Unlike the end of a connection, TLS's goodbye needs room in the socket.
  while (channel_) {
    auto const step = channel_->say_goodbye();
    if (step != tls_step::wants_write) {
      break;
    }
    timer_.expires_after(limits_.answer);
    auto const failed = co_await wait_for(step);
    timer_.stop();
    if (failed) {
      abort();
      co_return;
    }
  }
  co_await linger();
}

// What comes is thrown away as it is, encrypted or not.
awaitable<void> transport::linger() {
  error_code ec;
  socket_.shutdown(tcp::socket::shutdown_send, ec);
  timer_.expires_after(limits_.lingering);
  std::array<char, 16 * 1024> discarded;
  // The deadline may pass between two reads, when there is nothing to cancel.
  for (std::size_t total = 0; !ec && !timer_.expired() && total < limits_.lingering_bytes;) {
    auto [failed, count] = co_await socket_.async_read_some(asio::buffer(discarded), as_result);
    ec = failed;
    total += count;
  }
  timer_.stop();
  close();
}

transport::arrival transport::look() {
  if (channel_) {
    switch (channel_->look()) {
      case tls_step::done:
        return arrival::bytes;
      case tls_step::wants_read:
      case tls_step::wants_write:
        return arrival::talk;  // a ticket, a change of keys, half a record
      case tls_step::ended:
      case tls_step::plain_http:
      case tls_step::failed:
        return arrival::end;
    }
  }
  char byte = 0;
  error_code peeked;
  socket_.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, peeked);
  return peeked && peeked != asio::error::would_block ? arrival::end : arrival::bytes;
}

void transport::watch_hangup(std::shared_ptr<transport> const& self, std::function<void()> gone) {
  auto const& channel = self->channel_;
  if (channel && channel->holds_bytes()) {
    // Taken from the socket already, so that no socket will tell of it: the next request, or the goodbye.
    auto const what = self->look();
    if (what == arrival::end) {
      asio::post(self->socket_.get_executor(), std::move(gone));
    }
    if (what != arrival::talk) {
      return;
    }
  }
  auto readable = [weak = std::weak_ptr(self), gone = std::move(gone)](error_code ec) {
    auto const still = weak.lock();
    if (!still) {
      return;
    }
    if (!still->socket_.is_open()) {
      gone();  // aborted from our side
      return;
    }
    if (ec == asio::error::operation_aborted) {
      return;
    }
    if (still->record_unfinished_) {
      still->watch_later_ = [weak, gone] {
        if (auto const later = weak.lock()) {
          watch_hangup(later, gone);
        }
      };
      return;
    }
    switch (still->look()) {
      case arrival::bytes:
        return;
      case arrival::talk:
        watch_hangup(still, gone);
        return;
      case arrival::end:
        gone();
        return;
    }
  };
  self->socket_.async_wait(tcp::socket::wait_read, std::move(readable));
}

}  // namespace s3proxy::net
