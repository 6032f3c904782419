#include "transport.hpp"

#include <algorithm>
#include <sys/socket.h>
#include <utility>

namespace s3proxy::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::errc;
using base::result;
using boost::system::error_code;

/// Whoever ends with bytes in the pipe loses it: they are the answer of one connection.
class borrowed_pipe {
 public:
  explicit borrowed_pipe(pipe_pool& pool) : pool_(pool), held_(pool.take()) {}
  ~borrowed_pipe() {
    if (held_) {
      pool_.give_back(std::move(held_));
    }
  }
  borrowed_pipe(borrowed_pipe const&) = delete;
  borrowed_pipe& operator=(borrowed_pipe const&) = delete;
  pipe* get() const { return held_.get(); }

 private:
  pipe_pool& pool_;
  std::unique_ptr<pipe> held_;
};

std::size_t size_of(std::span<std::string_view const> pieces) {
  std::size_t total = 0;
  for (auto const& piece : pieces) {
    total += piece.size();
  }
  return total;
}

void pass(std::span<std::string_view>& pieces, std::size_t count) {
  while (!pieces.empty() && count >= pieces.front().size()) {
    count -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
  if (count > 0) {
    pieces.front().remove_prefix(count);
  }
}

}  // namespace

bool transport::may_lend(std::size_t size) {
  return pipes_ && !tls_settings_ && size >= limits_.zero_copy.least &&
         pipes_->shared().may_lend(account_.get());
}

awaitable<result<void>> transport::write_copies(std::string_view head, std::span<std::string_view> pieces) {
  for (auto const& piece : pieces) {
    auto written = co_await write(std::exchange(head, {}), piece);
    if (!written) {
      co_return written.error();
    }
  }
  co_return result<void>{};
}

// Held back by the kernel until the first bytes of the body are there: one segment, not two.
awaitable<result<void>> transport::write_start(std::string_view head) {
  for (;;) {
    error_code ec;
    head.remove_prefix(socket_.send(asio::buffer(head.data(), head.size()), MSG_MORE, ec));
    if (ec && ec != asio::error::would_block) {
      co_return errc::client_gone;
    }
    if (head.empty()) {
      co_return result<void>{};
    }
    auto ready = co_await wait_until_writable();
    if (!ready) {
      co_return ready.error();
    }
  }
}

awaitable<result<void>> transport::lend(std::string_view head, std::span<std::string_view> pieces) {
  borrowed_pipe const borrowed(*pipes_);
  auto* const way = borrowed.get();
  if (!way) {
    co_return co_await write_copies(head, pieces);
  }
  if (!account_) {
    account_ = pipes_->shared().open(socket_.native_handle());
  }
  auto const account = account_;  // close() lets go of the other
  if (!head.empty()) {
    auto started = co_await write_start(head);
    if (!started) {
      co_return started.error();
    }
  }
  for (;;) {
    if (is_turn_over()) {
      co_await give_way();
    }
    if (way->empty() && pieces.empty()) {
      co_return result<void>{};
    }
    if (way->empty()) {
      // Pages that are not whole take a place in the pipe too: what did not fit is often hardly anything.
      auto const filled = size_of(pieces) >= limits_.zero_copy.least ? way->fill(pieces) : 0;
      if (filled == 0) {
        co_return co_await write_copies({}, pieces);
      }
      pass(pieces, filled);
    }
    std::size_t moved = 0;
    auto const outcome = way->drain_into(socket_.native_handle(), moved);
    account->lend(moved);
    // Four times as many as copied bytes take no longer.
    written_ += moved * limits_.turn / limits_.zero_copy.at_once;
    if (outcome == pipe::outcome::gone) {
      co_return errc::client_gone;
    }
    if (outcome == pipe::outcome::full) {
      auto ready = co_await wait_until_writable();
      if (!ready) {
        co_return ready.error();
      }
    }
  }
}

}  // namespace s3proxy::net
