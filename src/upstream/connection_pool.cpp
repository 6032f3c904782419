#include "s3proxy/upstream/connection_pool.hpp"

#include "s3proxy/upstream/resolve.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string>

namespace s3proxy::upstream {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::errc;
using base::result;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

lease::lease(std::shared_ptr<connection_pool> pool, std::unique_ptr<connection> lent)
    : pool_(std::move(pool)), lent_(std::move(lent)) {
  pool_->in_use_.insert(lent_.get());
}

lease::~lease() {
  if (lent_) {
    pool_->give_back(std::move(lent_));
  }
}

connection_pool::connection_pool(asio::any_io_executor executor, endpoint where, tls_context* tls,
                                 std::size_t most, origin_limits const& limits, address_book known)
    : executor_(std::move(executor)),
      where_(std::move(where)),
      tls_(tls),
      most_(most),
      limits_(limits),
      known_(std::move(known)) {}

asio::awaitable<result<lease>> connection_pool::borrow(connection_choice choice, std::string host) {
  if (shut_) {
    co_return errc::origin_busy;
  }
  if (lent_ < most_) {
    ++lent_;
  } else {
    // Whoever gives one back hands its place on: nobody who comes in between can take it.
    auto turn = co_await wait_for_turn();
    if (!turn) {
      co_return turn.error();
    }
  }
  if (choice == connection_choice::any) {
    if (auto held = take_idle(host)) {
      held->used_before = true;
      co_return lease(shared_from_this(), std::move(held));
    }
  }
  // Idle ones of other hosts make room: the limit counts them all.
  while (!idle_.empty() && idle_.size() + lent_ > most_) {
    idle_.erase(idle_.begin());
  }
  // The lease counts from here on, so that a failed connect gives its place to the next in turn.
  lease made(shared_from_this(), std::make_unique<connection>(executor_, tls_, limits_));
  made->host = host;
  auto found = co_await resolve(host);
  if (!found) {
    co_return found.error();
  }
  if (shut_) {
    co_return errc::origin_busy;
  }
  auto connected = co_await made->connect(*found, host);
  if (!connected) {
    resolved_.erase(host);  // the address may be the old one
    co_return connected.error();
  }
  co_return made;
}

void connection_pool::shut() {
  shut_ = true;
  idle_.clear();
  for (auto* used : in_use_) {
    used->close();
  }
  for (auto const& one : waiting_) {
    one->turn.cancel();
  }
}

void connection_pool::give_back(std::unique_ptr<connection> returned) {
  in_use_.erase(returned.get());
  if (!shut_ && returned->reusable()) {
    returned->idle_since = std::chrono::steady_clock::now();
    idle_.push_back(std::move(returned));
    if (idle_.size() > most_) {
      idle_.erase(idle_.begin());  // reads that asked for a fresh connection left idle ones behind
    }
  }
  pass_place_on();
}

void connection_pool::pass_place_on() {
  while (!waiting_.empty()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (!next->called) {
      next->called = true;
      next->turn.cancel();
      return;
    }
  }
  --lent_;
}

std::unique_ptr<connection> connection_pool::take_idle(std::string_view host) {
  auto const oldest_kept = std::chrono::steady_clock::now() - limits_.keep;
  std::erase_if(idle_, [&](auto const& held) { return held->idle_since < oldest_kept; });
  for (auto at = idle_.size(); at > 0; --at) {
    if (idle_[at - 1]->host != host) {
      continue;
    }
    auto held = std::move(idle_[at - 1]);
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(at - 1));
    if (held->still_quiet()) {
      return held;
    }
  }
  return nullptr;
}

asio::awaitable<result<void>> connection_pool::wait_for_turn() {
  auto mine = std::make_shared<waiter>(waiter{asio::steady_timer(executor_, limits_.lease)});
  waiting_.push_back(mine);
  co_await mine->turn.async_wait(as_result);
  if (!mine->called) {
    mine->called = true;
    co_return errc::origin_busy;
  }
  co_return result<void>{};
}

asio::awaitable<result<connection_pool::addresses>> connection_pool::resolve(std::string const& host) {
  if (known_) {
    if (auto const address = known_(host)) {
      co_return addresses::create(tcp::endpoint(*address, where_.port), host, std::to_string(where_.port));
    }
  }
  auto const held = resolved_.find(host);
  if (held != resolved_.end() && std::chrono::steady_clock::now() < held->second.until) {
    co_return held->second.found;
  }
  auto found = co_await upstream::resolve(host, where_.port, limits_.resolve);
  if (found) {
    remember(host, *found);
  }
  co_return found;
}

void connection_pool::remember(std::string const& host, addresses const& found) {
  auto const now = std::chrono::steady_clock::now();
  std::erase_if(resolved_, [&](auto const& one) { return one.second.until <= now; });
  if (resolved_.size() < limits_.hosts) {
    resolved_.insert_or_assign(host, resolved{found, now + limits_.resolved_for});
  }
}

}  // namespace s3proxy::upstream
