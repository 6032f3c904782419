#pragma once

#include "s3proxy/http/date.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/upstream/credential_fetch.hpp"
#include "s3proxy/upstream/credential_recipe.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

namespace s3proxy::upstream {

/// The key pair that a recipe leads to, kept fresh ahead of its expiry: one fetch for all who use it, the old
/// pair served while it lives whatever becomes of the fetch. Only current() and where() are for any thread.
class credential_provider {
 public:
  using opened = std::variant<std::shared_ptr<credential_provider>, credential_failure>;

  /// Fetches for the first time, on the coroutine's executor. While nobody answers, and keys were asked for,
  /// it is tried limits.start_attempts times. A failure is for the caller to tell.
  static boost::asio::awaitable<opened> make(credential_recipe recipe, credential_tools tools);
  /// The same on an event loop of its own: blocks, for start-up. Bounded by tools.limits.
  static opened open(credential_recipe recipe, credential_tools tools);

  /// Fetches anew in time, for ever: spawn it once, on one event loop; it ends when nobody else holds the
  /// provider (after limits.look at most). Keys without an expiry are never fetched again.
  static boost::asio::awaitable<void> keep_fresh(std::weak_ptr<credential_provider> provider);

  /// The pair of the moment; null when the last one has expired. Thread-safe and cheap.
  std::shared_ptr<s3::credentials const> current() const;
  /// For people: where the keys come from.
  std::string const& where() const { return recipe_.where; }

 private:
  credential_provider(credential_recipe recipe, credential_tools tools);

  void take(s3::issued_credentials issued);
  /// True when it is time to fetch.
  bool is_due() const;
  boost::asio::awaitable<void> renew();
  void note_failure(credential_failure const& why);
  double jitter();

  credential_recipe recipe_;
  credential_tools tools_;
  std::uint64_t random_state_;
  // Of the one who renews.
  std::optional<http::wall_time> due_;  // nothing: never again
  unsigned failures_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<s3::credentials const> pair_;
  std::optional<http::wall_time> expires_;
};

}  // namespace s3proxy::upstream
