#include "s3proxy/proxy/queued_fills.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace s3proxy::proxy {

namespace asio = boost::asio;
using base::byte_count;

namespace {

bool are_of_one_version(fill_subject const& a, fill_subject const& b) {
  return a.principal == b.principal && a.id == b.id && a.facts->id.tag == b.facts->id.tag &&
         a.facts->id.size == b.facts->id.size;
}

}  // namespace

fill_chain& fill_chain::operator=(fill_chain&& other) noexcept {
  if (this != &other) {
    break_off();
    behind_ = std::exchange(other.behind_, {});
  }
  return *this;
}

byte_count fill_chain::end() const {
  return behind_.back()->subject().span.end;
}

void fill_chain::hand_on(coming_answer rest) {
  auto all = std::exchange(behind_, {});
  auto const first = std::move(all.front());
  all.erase(all.begin());
  first->end(handed_on{std::move(rest), fill_chain(std::move(all))});
}

void fill_chain::break_off() {
  for (auto const& one : std::exchange(behind_, {})) {
    one->end(std::nullopt);
  }
}

void queued_fill::end(std::optional<handed_on> what) {
  handed_ = std::move(what);
  ended_ = true;
  wake_.cancel();
}

asio::awaitable<std::optional<handed_on>> queued_fill::receive() {
  while (!ended_) {
    wake_.expires_at(asio::steady_timer::time_point::max());
    co_await wake_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return std::exchange(handed_, std::nullopt);
}

std::shared_ptr<queued_fill> queued_fills::enter(asio::any_io_executor const& on, fill_subject what,
                                                 upstream::errand_ptr who) {
  auto made = std::make_shared<queued_fill>(on, std::move(what), std::move(who));
  waiting_.push_back(made);
  return made;
}

fill_chain queued_fills::go_out(queued_fill const& first, cache::fetch_limits const& limits) {
  std::vector<std::shared_ptr<queued_fill>> fit;
  std::erase_if(waiting_, [&](std::weak_ptr<queued_fill> const& weak) {
    auto const one = weak.lock();
    if (!one || one.get() == &first) {
      return true;
    }
    auto const is_demand = one->who_->how_urgent() == upstream::urgency::demand;
    if (is_demand && one->who_->in_line() && are_of_one_version(first.subject(), one->subject()) &&
        one->subject().span.begin >= first.subject().span.end) {
      fit.push_back(one);
    }
    return false;
  });
  if (first.who_->how_urgent() != upstream::urgency::demand) {
    return {};  // what is a guess is given up at the first fault
  }
  std::ranges::sort(fit, {}, [](auto const& one) { return one->subject().span.begin; });
  auto const begin = first.subject().span.begin;
  auto end = first.subject().span.end;
  auto const follows = [&](std::shared_ptr<queued_fill> const& one) {
    auto const& span = one->subject().span;
    auto const is_near =
        span.begin >= end && span.begin - end <= limits.gap && span.end - begin <= limits.part;
    end = is_near ? span.end : end;
    return is_near;
  };
  fit.erase(std::ranges::find_if_not(fit, follows), fit.end());
  for (auto const& one : fit) {
    one->taken_ = true;
    one->who_->leave_line();
  }
  return fill_chain(std::move(fit));
}

}  // namespace s3proxy::proxy
