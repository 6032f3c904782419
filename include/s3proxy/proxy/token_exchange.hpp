#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/named.hpp"
#include "s3proxy/net/server_connection.hpp"
#include "s3proxy/observe/clock.hpp"
#include "s3proxy/proxy/token_limits.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/store/flight.hpp"
#include "s3proxy/upstream/http_call.hpp"
#include "s3proxy/upstream/sts_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace s3proxy::proxy {

/// How clients' tokens become credentials of the store.
struct token_exchange_settings {
  upstream::callee sts;
  std::string role_arn;                          ///< empty: for stores whose STS needs none
  std::string session_name = "s3proxy";          ///< as upstream::web_identity_request wants it
  std::optional<std::chrono::seconds> duration;  ///< of the credentials; nothing: the STS decides
};

using pair_ptr = std::shared_ptr<s3::credentials const>;

/// Who a bearer of this token is: a principal of its own, named by a hash of the whole token, so that no two
/// tokens share a right.
base::principal_id principal_of(base::secret const& token);

/// Exchanges bearer tokens for credentials (AssumeRoleWithWebIdentity), one call for all who ask at a time,
/// and keeps what came of it. Shared by all workers; thread-safe. Holds no token: only hashes, and the one
/// under way in its call.
class token_exchange {
 public:
  /// All three outlive it.
  token_exchange(token_exchange_settings const& with, token_limits const& limits, observe::clock const& clock)
      : settings_(with), limits_(limits), clock_(clock) {}
  token_exchange(token_exchange const&) = delete;
  token_exchange& operator=(token_exchange const&) = delete;

  /// The pair that signs for the bearer: a held one, or one that is exchanged now, on the client's worker; a
  /// client that leaves meanwhile leaves the exchange running for the others.
  /// Errors: token_refused, token_expired, invalid_token (what the STS said of it); sts_unavailable,
  /// sts_timeout, sts_bad_answer; too_many_tokens; client_gone.
  boost::asio::awaitable<base::result<pair_ptr>> pair_for(net::server_connection& client,
                                                          base::principal_id bearer, base::secret token);

  /// The store refused the pair: the next request of the bearer exchanges anew. Nothing when it holds another
  /// by now.
  void drop(base::principal_id const& bearer, pair_ptr const& refused);

  /// Begins no exchange any more and wakes all who wait for one. For the end of the process, while the
  /// workers' contexts live.
  void shut();

 private:
  struct held {
    pair_ptr pair;
    http::wall_time renew_at;  ///< exchanged again from then on
    http::wall_time expires;
    std::list<base::principal_id>::iterator place;  ///< in by_use_
  };
  struct failure {
    base::errc why;
    cache::time_point until;
    std::list<base::principal_id>::iterator place;  ///< in by_failure_
  };
  /// One exchange under way. `outcome` is set before the flight ends and not changed afterwards.
  struct pending {
    store::flight flight;
    base::result<pair_ptr> outcome = base::errc::sts_unavailable;
  };
  /// What is known of a bearer: a pair or a failure now, or whom to wait for.
  struct found {
    base::result<pair_ptr> now = pair_ptr();
    std::shared_ptr<pending> awaited;
    bool begins = false;  ///< the asker has to start the exchange
  };

  found look(base::principal_id const& bearer);
  boost::asio::awaitable<void> run(base::principal_id bearer, base::secret token);
  base::result<pair_ptr> judge(upstream::sts_outcome const& outcome) const;
  void finish(base::principal_id const& bearer, upstream::sts_outcome const& outcome);
  // Under the lock.
  pair_ptr alive(base::principal_id const& bearer) const;
  void keep(base::principal_id const& bearer, s3::issued_credentials const& issued);
  void forget(base::principal_id const& bearer);
  void remember(base::principal_id const& bearer, base::errc why);

  token_exchange_settings const& settings_;
  token_limits const& limits_;
  observe::clock const& clock_;
  std::mutex mutex_;
  bool shut_ = false;
  std::map<base::principal_id, held> held_;
  std::list<base::principal_id> by_use_;  // the last used at the back
  // Failures have a place of their own: however many tokens are refused, no good one goes for them.
  std::map<base::principal_id, failure> failed_;
  std::list<base::principal_id> by_failure_;
  std::map<base::principal_id, std::shared_ptr<pending>> pending_;
};

}  // namespace s3proxy::proxy
