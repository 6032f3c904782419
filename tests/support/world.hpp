#pragma once

#include "s3proxy/app/daemon.hpp"

#include "support/client.hpp"
#include "support/manual_clock.hpp"
#include "support/scripted_origin.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::test {

/// A scripted origin, the whole proxy in this process, a clock that the test moves, and clients with the
/// right keys.
class world {
 public:
  struct choices {
    base::byte_count memory = base::byte_count{64} << 20;
    std::chrono::milliseconds metadata_ttl = std::chrono::seconds(60);
    std::chrono::milliseconds rights_ttl = std::chrono::minutes(10);
    std::vector<std::string> immutable{};
    /// Off, so that what a test's origin is asked for follows from what the test asks for.
    proxy::read_ahead_settings read_ahead{.mode = read_ahead::mode::off};
    unsigned threads = 2;
    bool with_credentials = true;
    bool allow_anonymous = false;
    std::string session_token{};
    std::vector<std::string> domains{};
    std::function<void(proxy::limits&)> adjust{};  ///< of the limits, which begin small: see the constructor
    std::vector<std::string> cors_origins{};
    std::optional<proxy::token_exchange_settings> token_exchange{};
    std::shared_ptr<boost::asio::ssl::context> tls{};        ///< of the store
    std::shared_ptr<upstream::tls_context> towards_store{};  ///< default: one that trusts SSL_CERT_FILE
    std::shared_ptr<net::tls_context> towards_clients{};     ///< null: plain
    tls_wish clients{};                                      ///< where they speak TLS
    std::string host = "127.0.0.1";                          ///< of the origin, or a name in `hosts`
    std::vector<std::string>
        hosts{};  ///< names that lead to the origin; with any, all others lead to where nothing listens
    std::optional<app::listen_place> admin{};
    app::sending sending = app::sending::zero_copy;
    store::recycling recycling = store::recycling::replaces_pages;
    std::uint16_t origin_port = 0;  ///< 0: the scripted origin's
  };

  world() : world(choices{}) {}
  explicit world(choices with);
  ~world();

  /// Sends a signed request on a connection of its own and reads the answer.
  answer ask(request const& what);
  answer get(std::string const& target, fields headers = {}) {
    return ask({"GET", target, std::move(headers)});
  }
  answer head(std::string const& target, fields headers = {}) {
    return ask({"HEAD", target, std::move(headers)});
  }
  answer get_range(std::string const& target, std::string const& range) {
    return get(target, {{"Range", range}});
  }
  answer put(std::string const& target, std::string const& body, fields headers = {}) {
    return ask({"PUT", target, std::move(headers), body});
  }
  answer list(std::string const& bucket) { return get("/" + bucket + "?list-type=2"); }

  /// The same, signed by another.
  answer ask_as(s3::credentials const& who, request const& what);
  client connect(std::size_t receive_buffer = 0) {
    return tls_ ? client(proxy->port(), receive_buffer, clients) : client(proxy->port(), receive_buffer);
  }
  std::string signed_request(request const& what) {
    return signed_bytes(what, proxy->port(), keys, clock.wall_now());
  }
  /// The access lines written so far (JSON), after waiting for the `n`th.
  std::vector<std::string> access_lines(std::size_t n);
  /// Waits until the proxy serves no connection and fetches nothing any more. False when that takes too long.
  bool becomes_quiet();
  /// Replaces the proxy's key pair (a new principal from now on).
  void use_keys(s3::credentials with);

  /// The identity of `keys`, limited by these rules, on a principal of the same pair.
  proxy::roster_ptr ruled_by(std::vector<s3::allow_rule> rules) const;
  /// Replaces who may come.
  void use_roster(proxy::roster_ptr everybody);

  scripted_origin origin;
  manual_clock clock;
  s3::credentials keys;
  tls_wish clients;
  std::unique_ptr<app::daemon> proxy;

 private:
  bool tls_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  proxy::unsigned_access others_ = proxy::unsigned_access::refused;
  proxy::roster_ptr roster_;
  std::vector<std::string> lines_;
};

}  // namespace s3proxy::test
