#include "support/world.hpp"

#include "support/secret_watch.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <thread>
#include <utility>

namespace s3proxy::test {
namespace {

// Deadlines that real life gives seconds: short enough that the tests which wait for them are quick, long
// enough that a busy machine does not reach them by accident in the others.
proxy::limits quick_limits() {
  proxy::limits limits;
  limits.origin.backoff = std::chrono::milliseconds(1);
  limits.origin.backoff_most = std::chrono::milliseconds(2);
  limits.client.lingering = std::chrono::milliseconds(200);
  return limits;
}

}  // namespace

world::world(choices with) : origin(with.tls), clients(with.clients), tls_(with.towards_clients != nullptr) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  keys = {base::access_key_id("FLOWTESTKEY000000001"), base::secret("a secret of the flow tests"),
          base::secret(with.session_token)};
  keep_secret(keys);
  app::daemon_settings settings;
  auto& proxy_settings = settings.proxy;
  proxy_settings.limits = quick_limits();
  if (with.adjust) {
    with.adjust(proxy_settings.limits);
  }
  proxy_settings.policy.metadata_ttl = with.metadata_ttl;
  proxy_settings.policy.rights_ttl = with.rights_ttl;
  for (auto const& pattern : with.immutable) {
    proxy_settings.policy.immutable.emplace_back(pattern);
  }
  proxy_settings.memory = with.memory;
  proxy_settings.recycling = with.recycling;
  proxy_settings.read_ahead = with.read_ahead;
  proxy_settings.cors_origins = with.cors_origins;
  proxy_settings.token_exchange = with.token_exchange;
  proxy_settings.domains = with.domains;
  others_ = with.allow_anonymous ? proxy::unsigned_access::signed_for : proxy::unsigned_access::refused;
  roster_ = proxy::roster_of_one(
      with.with_credentials ? std::make_shared<s3::credentials const>(keys) : nullptr, others_);
  auto const scheme = with.tls ? upstream::scheme::https : upstream::scheme::http;
  auto const port = with.origin_port == 0 ? origin.port() : with.origin_port;
  proxy_settings.origin.endpoint = {scheme, with.host, port};
  if (!with.hosts.empty()) {
    proxy_settings.origin.known_addresses = [known = with.hosts](std::string const& host) {
      auto const found = std::ranges::find(known, host) != known.end();
      return boost::asio::ip::address(boost::asio::ip::make_address_v4(found ? "127.0.0.1" : "127.0.0.2"));
    };
  }
  proxy_settings.origin.region = "us-east-1";
  proxy_settings.origin.limits = proxy_settings.limits.origin;
  proxy_settings.roster = [this] {
    std::lock_guard const lock(mutex_);
    return roster_;
  };
  if (with.tls) {
    proxy_settings.origin.tls =
        with.towards_store ? with.towards_store : std::make_shared<upstream::tls_context>(with.host);
  }
  settings.tls = with.towards_clients;
  settings.address = "127.0.0.1";
  settings.threads = with.threads;
  settings.sending = with.sending;
  settings.admin = with.admin;
  settings.access = observe::access_format::json;
  settings.access_sink = [this](std::string const& text) {
    std::lock_guard const lock(mutex_);
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      watch_line(line);
      lines_.push_back(line);
    }
    changed_.notify_all();
  };
  auto started = app::daemon::start(std::move(settings), clock);
  if (auto const* why = std::get_if<std::string>(&started)) {
    ADD_FAILURE() << *why;
    std::abort();
  }
  proxy = std::move(std::get<std::unique_ptr<app::daemon>>(started));
}

// The proxy goes first: its connections to the origin are then closed, and the origin's threads end.
world::~world() {
  origin.clear_rules();
  proxy.reset();
}

answer world::ask(request const& what) {
  auto link = connect();
  link.send(signed_request(what));
  return link.read(what.method);
}

answer world::ask_as(s3::credentials const& who, request const& what) {
  auto link = connect();
  link.send(signed_bytes(what, proxy->port(), who, clock.wall_now()));
  return link.read(what.method);
}

proxy::roster_ptr world::ruled_by(std::vector<s3::allow_rule> rules) const {
  auto made = std::make_shared<proxy::roster>(
      *proxy::roster_of_one(std::make_shared<s3::credentials const>(keys), others_));
  auto& who = made->identities.at(keys.key_id.str());
  who.may = s3::identity::limit::by_rules;
  who.rules = std::move(rules);
  return made;
}

std::vector<std::string> world::access_lines(std::size_t n) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return lines_.size() >= n; });
  return lines_;
}

bool world::becomes_quiet() {
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (proxy->open_connections() > 0 || proxy->services().open_fills > 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

void world::use_roster(proxy::roster_ptr everybody) {
  std::lock_guard const lock(mutex_);
  roster_ = std::move(everybody);
}

void world::use_keys(s3::credentials with) {
  keep_secret(with);
  std::lock_guard const lock(mutex_);
  keys = with;
  roster_ = proxy::roster_of_one(std::make_shared<s3::credentials const>(std::move(with)), others_);
}

}  // namespace s3proxy::test
