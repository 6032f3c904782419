#include "connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace rig {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

connection::connection(asio::ip::tcp::socket client, link_state& state)
    : state_{state},
      number_{++state.connections_ever},
      client_{std::move(client)},
      store_{client_.get_executor()},
      timer_{client_.get_executor()},
      pace_{state.settings.bytes_per_second},
      set_up_at_{pace::clock::now() + state.settings.set_up} {}

void connection::start() {
  asio::co_spawn(client_.get_executor(), [self = shared_from_this()] { return self->run(); }, asio::detached);
}

asio::awaitable<void> connection::run() {
  auto const self = shared_from_this();
  error_code error;
  client_.set_option(asio::ip::tcp::no_delay{true}, error);
  co_await store_.async_connect(state_.settings.store, redirect_error(use_awaitable, error));
  if (error) {
    reset();  // as near to "connection refused" as an accepted connection can get
    co_return;
  }
  store_.set_option(asio::ip::tcp::no_delay{true}, error);
  ++state_.counted.connections;
  auto requests = [self] { return self->carry_requests(); };
  asio::co_spawn(client_.get_executor(), requests, asio::detached);
  co_await carry_responses();
  // A client that is still sending would lose the answer to a reset: let it read that first.
  client_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  lingering_ = !client_done_;
  if (lingering_) {
    co_await wait_until(pace::clock::now() + longest_linger);
  }
  close();
}

asio::awaitable<void> connection::carry_requests() {
  auto const self = shared_from_this();
  error_code error;
  while (true) {
    auto const size =
        co_await client_.async_read_some(asio::buffer(upward_), redirect_error(use_awaitable, error));
    if (error) {
      break;
    }
    if (lingering_) {
      continue;
    }
    if (!observe_requests({upward_.data(), size})) {
      reset();
      break;
    }
    // A store may answer and close before it has read everything: its answer ends the connection, not this.
    co_await asio::async_write(store_, asio::buffer(upward_.data(), size),
                               redirect_error(use_awaitable, error));
  }
  if (error == asio::error::connection_reset) {
    reset();  // a wire carries a reset as a reset
    co_return;
  }
  // A client may finish sending before it has read its answer; if it is gone, writing to it will tell.
  store_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  client_done_ = true;
  if (lingering_) {
    timer_.cancel();
  }
}

bool connection::observe_requests(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const found = request_framing_.next(bytes);
    if (!found) {
      return false;
    }
    bytes.remove_prefix(found->size);
    state_.counted.request_body_bytes += found->body_bytes;
    if (found->ends_head) {
      begin_exchange(request_framing_.head());
      request_framing_.begin_body(body_rule::as_the_head_says);
    } else if (found->body_bytes > 0 && !exchanges_.empty()) {
      exchanges_.back().newest_request_byte = request_byte_came();
    }
  }
  return true;
}

// Connecting to the link is instant; a byte that came before a connection across the wire would stand waits
// for it.
pace::clock::time_point connection::request_byte_came() {
  state_.last_byte = pace::clock::now();
  return std::max(state_.last_byte, set_up_at_);
}

void connection::begin_exchange(message_head const& head) {
  auto const came = request_byte_came();
  auto const line = std::string_view{head.start_line};
  auto const method = line.substr(0, line.find(' '));
  auto target = line.substr(std::min(line.size(), method.size() + 1));
  target = target.substr(0, target.find(' '));
  exchanges_.push_back({came, method == "HEAD", is_list(method, target), is_speculative(head.user_agent)});
  auto const& begun = exchanges_.back();
  ++state_.counted.requests;
  state_.counted.get_requests += method == "GET" ? 1 : 0;
  state_.counted.head_requests += begun.is_head ? 1 : 0;
  state_.counted.list_requests += begun.is_list ? 1 : 0;
  state_.counted.speculative_requests += begun.is_speculative ? 1 : 0;
  if (state_.log) {
    auto const seconds = std::chrono::duration<double>{state_.last_byte - state_.started}.count();
    state_.log->write(seconds, number_, method, target, head.range);
  }
}

asio::awaitable<void> connection::carry_responses() {
  error_code error;
  while (true) {
    auto const size =
        co_await store_.async_read_some(asio::buffer(downward_), redirect_error(use_awaitable, error));
    if (error == asio::error::eof) {
      co_return;
    }
    if (error) {
      reset();
      co_return;
    }
    auto const forwarded = co_await forward_responses({downward_.data(), size});
    if (!forwarded) {
      reset();
      co_return;
    }
  }
}

asio::awaitable<bool> connection::forward_responses(std::string_view bytes) {
  while (!bytes.empty()) {
    // One write carries what belongs to one message: usually the head and the body that came with it.
    std::size_t size = 0;
    auto due = pace_.free_at();
    auto begins = false;
    do {
      auto const found = response_framing_.next(bytes.substr(size));
      if (!found || exchanges_.empty()) {
        co_return false;
      }
      size += found->size;
      auto const& current = exchanges_.front();
      if (found->begins_message) {
        due = std::max(due, current.newest_request_byte + state_.settings.first_byte);
        begins = true;
      }
      state_.counted.response_body_bytes += found->body_bytes;
      state_.counted.list_response_body_bytes += current.is_list ? found->body_bytes : 0;
      state_.counted.speculative_response_body_bytes += current.is_speculative ? found->body_bytes : 0;
      if (found->ends_head) {
        begin_response_body();
      }
      if (response_framing_.between_messages()) {
        finish_response();
      }
    } while (size < bytes.size() && !response_framing_.between_messages());
    co_await wait_until(due);
    if (begins) {
      pace_.begin_response(pace::clock::now());
    }
    auto const sent = co_await send_in_turns(bytes.substr(0, size));
    if (!sent) {
      co_return false;
    }
    pace_.sent(size, pace::clock::now());
    bytes.remove_prefix(size);
  }
  co_return true;
}

asio::awaitable<bool> connection::send_in_turns(std::string_view bytes) {
  error_code error;
  while (!bytes.empty() && !error) {
    auto const turn = bytes.substr(0, state_.wire ? state_.wire->quantum() : bytes.size());
    if (state_.wire) {
      co_await wait_until(state_.wire->take_turn(turn.size(), pace::clock::now()));
    }
    co_await asio::async_write(client_, asio::buffer(turn.data(), turn.size()),
                               redirect_error(use_awaitable, error));
    bytes.remove_prefix(turn.size());
    state_.last_byte = pace::clock::now();
  }
  co_return !error;
}

void connection::begin_response_body() {
  auto const line = std::string_view{response_framing_.head().start_line};
  auto const status = line.substr(std::min(line.size(), line.find(' ') + 1), 3);
  interim_ = status.starts_with('1');
  auto const bodyless = interim_ || status == "204" || status == "304" || exchanges_.front().is_head;
  response_framing_.begin_body(bodyless ? body_rule::none : body_rule::until_close);
}

void connection::finish_response() {
  if (!std::exchange(interim_, false)) {
    exchanges_.pop_front();
  }
}

asio::awaitable<void> connection::wait_until(pace::clock::time_point when) {
  if (when <= pace::clock::now()) {
    co_return;
  }
  error_code error;
  timer_.expires_at(when);
  co_await timer_.async_wait(redirect_error(use_awaitable, error));
}

void connection::reset() {
  error_code ignored;
  client_.set_option(asio::socket_base::linger{true, 0}, ignored);
  store_.set_option(asio::socket_base::linger{true, 0}, ignored);
  close();
}

void connection::close() {
  error_code ignored;
  client_.close(ignored);
  store_.close(ignored);
}

}  // namespace rig
