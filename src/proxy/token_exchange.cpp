#include "s3proxy/proxy/token_exchange.hpp"

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/observe/log.hpp"

#include "wake_up.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <variant>
#include <vector>

namespace s3proxy::proxy {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::errc;
using base::result;

/// What the STS's refusal of a token is in S3's words.
errc errc_of_refusal(std::string_view code) {
  if (code.find("Expired") != std::string_view::npos) {
    return errc::token_expired;  // ExpiredToken, ExpiredTokenException
  }
  auto const is_invalid = code.starts_with("InvalidIdentityToken") || code.starts_with("InvalidToken") ||
                          code.starts_with("InvalidClientTokenId");
  return is_invalid ? errc::invalid_token : errc::token_refused;
}

errc errc_of(upstream::sts_failure const& failure) {
  switch (failure.what) {
    case upstream::sts_failure::kind::refused:
      return errc_of_refusal(failure.code);
    case upstream::sts_failure::kind::garbage:
      return errc::sts_bad_answer;
    case upstream::sts_failure::kind::unreachable:
      break;
  }
  auto const too_late = failure.status == 0 && (failure.connection_fault == errc::origin_first_byte_timeout ||
                                                failure.connection_fault == errc::origin_connect_timeout ||
                                                failure.connection_fault == errc::origin_stalled);
  return too_late ? errc::sts_timeout : errc::sts_unavailable;
}

bool is_verdict(errc why) {
  return base::describe(why).whose == base::fault::client;
}

}  // namespace

base::principal_id principal_of(base::secret const& token) {
  return base::principal_id("token:" + base::to_hex(base::sha256(token.reveal())));
}

awaitable<result<pair_ptr>> token_exchange::pair_for(net::server_connection& client,
                                                     base::principal_id bearer, base::secret token) {
  auto const known = look(bearer);
  if (!known.awaited) {
    co_return known.now;
  }
  if (known.begins) {
    asio::co_spawn(client.executor(), run(bearer, std::move(token)), asio::detached);
  }
  auto& flight = known.awaited->flight;
  wake_up wake(client);
  while (!flight.finished()) {
    auto const seen = flight.progress();
    if (!flight.finished()) {
      co_await wake.wait(flight, seen);
    }
    if (wake.client_gone()) {
      co_return errc::client_gone;
    }
  }
  co_return known.awaited->outcome;
}

token_exchange::found token_exchange::look(base::principal_id const& bearer) {
  std::lock_guard const lock(mutex_);
  auto const living = alive(bearer);
  if (living && clock_.wall_now() < held_.at(bearer).renew_at) {
    by_use_.splice(by_use_.end(), by_use_, held_.at(bearer).place);
    return {living, {}, false};
  }
  auto const failed = failed_.find(bearer);
  if (failed != failed_.end() && clock_.now() < failed->second.until) {
    return {living ? result<pair_ptr>(living) : failed->second.why, {}, false};
  }
  if (auto const running = pending_.find(bearer); running != pending_.end()) {
    return {pair_ptr(), running->second, false};
  }
  if (shut_ || pending_.size() >= limits_.in_flight) {
    return {living  ? result<pair_ptr>(living)
            : shut_ ? errc::sts_unavailable
                    : errc::too_many_tokens,
            {},
            false};
  }
  auto const made = std::make_shared<pending>();
  pending_.emplace(bearer, made);
  return {pair_ptr(), made, true};
}

// A task of its own: whoever began it may leave. It touches nothing of this object when its worker ends
// before its call does.
awaitable<void> token_exchange::run(base::principal_id bearer, base::secret token) {
  upstream::sts_outcome outcome = upstream::sts_failure{upstream::sts_failure::kind::garbage, {}, {}, 0, {}};
  try {
    upstream::web_identity_request asked{settings_.role_arn, settings_.session_name, std::move(token),
                                         settings_.duration};
    outcome = co_await upstream::assume_role_with_web_identity(settings_.sts, std::move(asked), limits_.call);
  } catch (std::exception const& defect) {
    observe::error(observe::room::proxy, std::string("the exchange of a token threw: ") + defect.what());
  }
  finish(bearer, outcome);
}

void token_exchange::finish(base::principal_id const& bearer, upstream::sts_outcome const& outcome) {
  std::shared_ptr<pending> ended;
  {
    std::lock_guard const lock(mutex_);
    auto const running = pending_.find(bearer);
    if (running == pending_.end()) {
      return;  // shut
    }
    ended = std::move(running->second);
    pending_.erase(running);
    if (auto const* issued = std::get_if<s3::issued_credentials>(&outcome)) {
      keep(bearer, *issued);
      ended->outcome = held_.at(bearer).pair;
    } else {
      auto const& why = std::get<upstream::sts_failure>(outcome);
      auto const code = errc_of(why);
      observe::warn(observe::room::proxy, "the STS exchanged no token: " + why.sentence());
      if (is_verdict(code)) {
        forget(bearer);
      }
      remember(bearer, code);
      auto const living = alive(bearer);
      ended->outcome = living ? result<pair_ptr>(living) : code;
    }
  }
  ended->flight.finish(std::nullopt);  // wakes without the lock
}

void token_exchange::drop(base::principal_id const& bearer, pair_ptr const& refused) {
  std::lock_guard const lock(mutex_);
  auto const found = held_.find(bearer);
  if (found != held_.end() && found->second.pair == refused) {
    forget(bearer);
  }
}

void token_exchange::shut() {
  std::vector<std::shared_ptr<pending>> ended;
  {
    std::lock_guard const lock(mutex_);
    shut_ = true;
    for (auto& [bearer, one] : pending_) {
      ended.push_back(std::move(one));
    }
    pending_.clear();
  }
  for (auto const& one : ended) {
    one->flight.finish(std::nullopt);
  }
}

/// The bearer's pair while the store takes it, also where it should be renewed by now.
pair_ptr token_exchange::alive(base::principal_id const& bearer) const {
  auto const found = held_.find(bearer);
  return found != held_.end() && clock_.wall_now() < found->second.expires ? found->second.pair : nullptr;
}

void token_exchange::keep(base::principal_id const& bearer, s3::issued_credentials const& issued) {
  forget(bearer);
  if (auto const failed = failed_.find(bearer); failed != failed_.end()) {
    by_failure_.erase(failed->second.place);
    failed_.erase(failed);
  }
  while (held_.size() >= limits_.held) {
    forget(by_use_.front());
  }
  auto const now = clock_.wall_now();
  auto const expires = issued.expires.value_or(now + limits_.unsaid);
  // One that lives too short a time to be renewed ahead of it is used for half of it.
  auto const renew_at = std::max(expires - limits_.ahead, now + (expires - now) / 2);
  auto const place = by_use_.insert(by_use_.end(), bearer);
  held_.emplace(bearer, held{std::make_shared<s3::credentials const>(issued.pair), renew_at, expires, place});
}

void token_exchange::forget(base::principal_id const& bearer) {
  if (auto const found = held_.find(bearer); found != held_.end()) {
    auto const place = found->second.place;
    held_.erase(found);
    by_use_.erase(place);
  }
}

void token_exchange::remember(base::principal_id const& bearer, errc why) {
  if (auto const old = failed_.find(bearer); old != failed_.end()) {
    by_failure_.erase(old->second.place);
    failed_.erase(old);
  }
  while (!failed_.empty() && failed_.size() >= limits_.failures) {
    failed_.erase(by_failure_.front());
    by_failure_.pop_front();
  }
  auto const place = by_failure_.insert(by_failure_.end(), bearer);
  failed_.emplace(bearer, failure{why, clock_.now() + limits_.failure, place});
}

}  // namespace s3proxy::proxy
