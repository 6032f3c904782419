#include "s3proxy/upstream/credential_provider.hpp"

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/upstream/refresh_schedule.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstring>
#include <exception>
#include <utility>

namespace s3proxy::upstream {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using observe::room;

awaitable<void> pause(std::chrono::milliseconds length) {
  asio::steady_timer timer(co_await asio::this_coro::executor, length);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

std::string until(std::optional<http::wall_time> const& expires) {
  return expires ? "until " + http::format_iso_date(*expires) : std::string("without an end");
}

}  // namespace

credential_provider::credential_provider(credential_recipe recipe, credential_tools tools)
    : recipe_(std::move(recipe)), tools_(std::move(tools)) {
  auto const seed = base::random_bytes();
  std::memcpy(&random_state_, seed.data(), sizeof random_state_);
}

awaitable<credential_provider::opened> credential_provider::make(credential_recipe recipe,
                                                                 credential_tools tools) {
  // Private constructors are out of reach of make_shared.
  std::shared_ptr<credential_provider> const made(
      new credential_provider(std::move(recipe), std::move(tools)));
  auto const attempts =
      made->recipe_.certainty == certainty::asked_for ? made->tools_.limits.start_attempts : 1U;
  for (unsigned count = 1;; ++count) {
    auto got = co_await fetch_credentials(made->recipe_, made->tools_);
    if (auto* issued = std::get_if<s3::issued_credentials>(&got)) {
      made->take(std::move(*issued));
      co_return made;
    }
    auto& why = std::get<credential_failure>(got);
    if (why.what != credential_failure::kind::unreachable || count >= attempts) {
      co_return std::move(why);
    }
    co_await pause(retry_after(count, made->jitter(), made->tools_.limits));
  }
}

credential_provider::opened credential_provider::open(credential_recipe recipe, credential_tools tools) {
  asio::io_context context{1};
  opened out;
  auto const keep = [&out](std::exception_ptr defect, opened made) {
    if (defect) {
      std::rethrow_exception(defect);
    }
    out = std::move(made);
  };
  asio::co_spawn(context, make(std::move(recipe), std::move(tools)), keep);
  context.run();
  return out;
}

awaitable<void> credential_provider::keep_fresh(std::weak_ptr<credential_provider> provider) {
  for (;;) {
    std::chrono::milliseconds look{0};
    if (auto const alive = provider.lock()) {
      if (!alive->due_) {
        co_return;
      }
      if (alive->is_due()) {
        co_await alive->renew();
      }
      look = alive->tools_.limits.look;
    } else {
      co_return;
    }
    co_await pause(look);
  }
}

std::shared_ptr<s3::credentials const> credential_provider::current() const {
  auto const now = tools_.clock->wall_now();
  std::lock_guard const lock(mutex_);
  return expires_ && *expires_ <= now ? nullptr : pair_;
}

bool credential_provider::is_due() const {
  return due_ && *due_ <= tools_.clock->wall_now();
}

void credential_provider::take(s3::issued_credentials issued) {
  auto const now = tools_.clock->wall_now();
  failures_ = 0;
  due_ = issued.expires ? std::optional(refresh_at(now, *issued.expires, jitter(), tools_.limits))
                        : std::nullopt;
  auto pair = std::make_shared<s3::credentials const>(std::move(issued.pair));
  std::lock_guard const lock(mutex_);
  pair_ = std::move(pair);
  expires_ = issued.expires;
}

awaitable<void> credential_provider::renew() {
  auto got = co_await fetch_credentials(recipe_, tools_);
  if (auto const* why = std::get_if<credential_failure>(&got)) {
    note_failure(*why);
    co_return;
  }
  take(std::get<s3::issued_credentials>(std::move(got)));
  observe::info(room::upstream, "new credentials from " + recipe_.where + ", good " + until(expires_));
}

void credential_provider::note_failure(credential_failure const& why) {
  ++failures_;
  auto const now = tools_.clock->wall_now();
  auto const wait = std::chrono::ceil<std::chrono::seconds>(retry_after(failures_, jitter(), tools_.limits));
  due_ = now + wait;
  auto const consequence =
      *expires_ <= now ? "they have expired, and requests are answered with 503 until there are new ones"
                       : "the present ones are good " + until(expires_);
  observe::warn(room::upstream, "cannot renew the credentials from " + recipe_.where + ": " + why.sentence +
                                    "; " + consequence + "; trying again in " + std::to_string(wait.count()) +
                                    " s");
}

double credential_provider::jitter() {
  random_state_ = random_state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<double>(random_state_ >> 11) / static_cast<double>(1ULL << 53);
}

}  // namespace s3proxy::upstream
