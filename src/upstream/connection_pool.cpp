#include "s3proxy/upstream/connection_pool.hpp"

#include "s3proxy/upstream/resolve.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
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

lease::lease(std::shared_ptr<connection_pool> pool, std::unique_ptr<connection> lent, errand_ptr borrower)
    : pool_(std::move(pool)), lent_(std::move(lent)), borrower_(std::move(borrower)) {
  pool_->in_use_.insert(lent_.get());
}

lease::~lease() {
  if (lent_) {
    pool_->give_back(std::move(lent_), borrower_);
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

asio::awaitable<result<lease>> connection_pool::borrow(connection_choice choice, std::string host,
                                                       errand_ptr who) {
  if (shut_) {
    co_return errc::origin_busy;
  }
  if (has_place(who->how_urgent())) {
    places_.push_back(who);
  } else {
    // Whoever gives one back hands its place on: nobody who comes in between can take it.
    auto turn = co_await wait_for_turn(who);
    if (!turn) {
      co_return turn.error();
    }
  }
  if (choice == connection_choice::any) {
    if (auto held = take_idle(host)) {
      held->used_before = true;
      co_return lease(shared_from_this(), std::move(held), std::move(who));
    }
  }
  // Idle ones of other hosts make room: the limit counts them all.
  while (!idle_.empty() && idle_.size() + places_.size() > most_) {
    idle_.erase(idle_.begin());
  }
  // The lease counts from here on, so that a failed connect gives its place to the next in turn.
  lease made(shared_from_this(), std::make_unique<connection>(executor_, tls_, limits_), std::move(who));
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
  auto const wake = [](std::shared_ptr<waiter> const& one) { one->turn.cancel(); };
  demand_.for_each(wake);
  speculation_.for_each(wake);
}

void connection_pool::give_back(std::unique_ptr<connection> returned, errand_ptr const& borrower) {
  in_use_.erase(returned.get());
  if (!shut_ && returned->reusable()) {
    returned->idle_since = std::chrono::steady_clock::now();
    idle_.push_back(std::move(returned));
    if (idle_.size() > most_) {
      idle_.erase(idle_.begin());  // reads that asked for a fresh connection left idle ones behind
    }
  }
  places_.erase(std::ranges::find(places_, borrower));
  call_waiting();
}

bool connection_pool::has_place(urgency how) const {
  return places_.size() < most_ && (how == urgency::demand || speculating() < speculation_most());
}

std::size_t connection_pool::speculating() const {
  auto const speculates = [](errand_ptr const& one) { return one->how_urgent() == urgency::speculation; };
  return static_cast<std::size_t>(std::ranges::count_if(places_, speculates));
}

std::size_t connection_pool::speculation_most() const {
  return most_ - std::min(most_, std::max<std::size_t>(1, most_ / limits_.demand_part));
}

void connection_pool::call_waiting() {
  for (;;) {
    auto& line = demand_.empty() ? speculation_ : demand_;
    if (line.empty() || !has_place(demand_.empty() ? urgency::speculation : urgency::demand)) {
      return;
    }
    auto const next = line.next();
    if (!next->who->in_line()) {
      next->turn.cancel();
      continue;
    }
    next->called = true;
    places_.push_back(next->who);
    next->turn.cancel();
  }
}

void connection_pool::enqueue(std::shared_ptr<waiter> const& one) {
  auto& line = one->who->how_urgent() == urgency::demand ? demand_ : speculation_;
  line.add(one->who->whose(), one);
}

void connection_pool::dequeue(std::shared_ptr<waiter> const& one) {
  if (!speculation_.remove(one)) {
    demand_.remove(one);
  }
}

void connection_pool::look_again_at(std::shared_ptr<waiter> const& one) {
  if (one->called) {
    return;
  }
  if (one->who->withdrawn() || !one->who->in_line()) {
    one->turn.cancel();
  } else if (speculation_.remove(one)) {
    enqueue(one);
    call_waiting();
  }
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

asio::awaitable<result<void>> connection_pool::wait_for_turn(errand_ptr who) {
  auto const mine = std::make_shared<waiter>(waiter{asio::steady_timer(executor_, limits_.lease), who});
  // Heard before it is queued: a change that comes in between finds it in its queue.
  who->on_change([executor = executor_, pool = weak_from_this(), weak = std::weak_ptr(mine)] {
    asio::post(executor, [pool, weak] {
      auto const here = pool.lock();
      auto const one = weak.lock();
      if (here && one) {
        here->look_again_at(one);
      }
    });
  });
  who->enter_line();
  enqueue(mine);
  if (!who->withdrawn()) {
    co_await mine->turn.async_wait(as_result);
  }
  who->on_change(nullptr);
  auto const left = who->end_line();
  if (mine->called) {
    co_return result<void>{};
  }
  dequeue(mine);
  co_return who->withdrawn() || left ? errc::client_gone : errc::origin_busy;
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
