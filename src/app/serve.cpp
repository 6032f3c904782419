#include "s3proxy/app/serve.hpp"

#include "s3proxy/app/banner.hpp"
#include "s3proxy/app/daemon.hpp"
#include "s3proxy/app/probe.hpp"
#include "s3proxy/app/reload.hpp"
#include "s3proxy/app/roster_keeper.hpp"
#include "s3proxy/app/store_check.hpp"
#include "s3proxy/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <utility>

namespace s3proxy::app {
namespace {

namespace asio = boost::asio;
using observe::room;

constexpr int exit_cannot_run = 1;
constexpr std::chrono::seconds look_at_files{2};
constexpr std::chrono::seconds look_at_refused_credentials{10};
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

upstream::endpoint endpoint_of(endpoint_url const& url) {
  auto const scheme = url.scheme == url_scheme::https ? upstream::scheme::https : upstream::scheme::http;
  return {scheme, url.host, url.port};
}

observe::access_format format_of(access_log_mode mode) {
  switch (mode) {
    case access_log_mode::off:
      return observe::access_format::off;
    case access_log_mode::text:
      return observe::access_format::text;
    case access_log_mode::json:
      return observe::access_format::json;
  }
  return observe::access_format::off;
}

void write_to_stdout(std::string const& lines) {
  std::fwrite(lines.data(), 1, lines.size(), stdout);
  std::fflush(stdout);
}

proxy::unsigned_access others_of(options const& chosen) {
  return chosen.allow_anonymous == anonymous_access::no ? proxy::unsigned_access::refused
                                                        : proxy::unsigned_access::signed_for;
}

proxy::roster_ptr roster_of(resolved const& with) {
  return make_roster(with.request.declared, signer_in(with.signing), others_of(with.request.chosen));
}

daemon_settings settings_of(resolved const& with, roster_keeper const& keeper) {
  auto const& chosen = with.request.chosen;
  daemon_settings out;
  auto& proxy = out.proxy;
  proxy.policy.metadata_ttl = chosen.metadata_ttl;
  proxy.policy.rights_ttl = chosen.rights_ttl;
  for (auto const& pattern : chosen.immutable) {
    proxy.policy.immutable.emplace_back(pattern);
  }
  proxy.memory = with.memory.bytes;
  proxy.read_ahead = chosen.read_ahead;
  proxy.domains = chosen.domains;
  proxy.cors_origins = chosen.cors_origins;
  if (chosen.token_exchange != token_exchange::no) {
    auto const duration = std::chrono::duration_cast<std::chrono::seconds>(chosen.sts_duration);
    proxy.token_exchange = {{endpoint_of(sts_of(chosen)), with.sts_tls, upstream::peers::any},
                            chosen.sts_role_arn,
                            chosen.sts_session_name,
                            duration};
  }
  proxy.origin.endpoint = endpoint_of(chosen.endpoint);
  proxy.origin.region = with.region.name;
  proxy.roster = [&keeper] { return keeper.current(); };
  proxy.origin.tls = with.store_tls;
  proxy.limits.origin.connections = chosen.origin_connections;
  proxy.origin.limits = proxy.limits.origin;
  out.address = chosen.address;
  out.port = chosen.port;
  out.threads = with.threads;
  out.admin = chosen.admin_address;
  out.tls = with.tls;
  out.access = format_of(chosen.access_log);
  out.access_sink = write_to_stdout;
  return out;
}

/// Who asks the store the one question of the start: the first principal, which is the only one in most
/// houses.
principal_signer const& first_signer(resolved const& with) {
  auto const& principals = with.request.declared.principals;
  return with.signing.at(principals.empty() ? implied_principal : principals.front().name);
}

/// Why held bytes are copied although they might be lent; nothing where they are lent, or nobody wished it.
std::optional<std::string> refuse_zero_copy(options const& chosen, daemon_settings& settings) {
  if (chosen.zero_copy == zero_copy::off || settings.tls) {
    return std::nullopt;
  }
  auto why = net::test_zero_copy(
      [](char* memory, std::size_t size) { return store::replace_pages({memory, size}); });
  settings.sending = why ? sending::by_copy : sending::zero_copy;
  return why;
}

banner_facts banner_of(resolved const& with, daemon const& running) {
  auto const& chosen = with.request.chosen;
  auto const& signer = first_signer(with);
  auto const pair = signer.credentials ? signer.credentials() : nullptr;
  banner_facts facts;
  facts.version = S3PROXY_VERSION;
  facts.scheme = chosen.tls_cert.empty() ? url_scheme::http : url_scheme::https;
  facts.address = running.address();
  facts.port = running.port();
  facts.admin = running.admin();
  facts.endpoint = chosen.endpoint;
  facts.region = with.region;
  facts.credentials_where = signer.where;
  if (pair) {
    facts.key_id = pair->key_id;
    facts.token = pair->session_token.empty() ? session_token::absent : session_token::present;
  }
  facts.principals = with.request.declared.principals.size();
  facts.identities = with.request.declared.identities.size();
  facts.file = with.request.declared.file;
  facts.memory = with.memory;
  facts.read_ahead = chosen.read_ahead;
  facts.allow_anonymous = chosen.allow_anonymous;
  return facts;
}

/// The daemon with what can change while it runs. Lives on one thread.
class serving {
 public:
  serving(resolved with, std::vector<std::string> arguments)
      : with_(std::move(with)),
        keeper_(roster_of(with_)),
        settings_(settings_of(with_, keeper_)),
        copies_because_(refuse_zero_copy(with_.request.chosen, settings_)),
        reload_(std::move(arguments), process_environment, read_file, with_.request,
                {.take_over = [this](run_request const& fresh) { return take_over(fresh); },
                 .certificates = [this] { return reload_certificates(); }}) {}

  int run();

 private:
  std::optional<std::string> take_over(run_request const& fresh);
  /// Looks the signers of `declared` up again and lets them in; a sentence, and no change, where that fails.
  std::optional<std::string> replace_roster(declarations const& declared);
  /// From now on, those who hand out keys are asked for new ones in time; those of `before` are already.
  void keep_keys_fresh(signers const& before);
  /// True when a principal's credentials come through the AWS files in a way that nobody else watches.
  bool depends_on_profiles() const;
  using stamps = std::array<std::optional<file_stamp>, 2>;
  stamps profile_stamps() const;
  void look_at_credentials();
  /// Gives what is wrong with them; says in the log what is new.
  std::vector<std::string> reload_certificates();

  asio::awaitable<void> report_store();
  asio::awaitable<void> watch_files();
  asio::awaitable<void> wait_for_reload();
  asio::awaitable<void> wait_for_end();

  resolved with_;
  roster_keeper keeper_;
  daemon_settings settings_;
  std::optional<std::string> copies_because_;
  reload reload_;
  stamps seen_profiles_ = profile_stamps();
  bool new_credentials_ = false;  // they changed, and are not in force yet
  std::chrono::steady_clock::time_point look_again_at_{};
  observe::clock clock_;
  asio::io_context context_{1};  // before the daemon, which calls it when it has drained
  std::unique_ptr<daemon> running_;
};

asio::awaitable<void> serving::report_store() {
  auto const signer = first_signer(with_);
  auto const pair = signer.credentials ? signer.credentials() : nullptr;
  auto const how =
      pair ? probe_question::signing::with_credentials : probe_question::signing::unsigned_request;
  auto const origin = settings_.proxy.origin;
  auto outcome = co_await check_store(origin, pair, clock_);
  auto const report =
      explain_probe(outcome, {with_.request.chosen.endpoint, with_.region, signer.where, how});
  if (report.what == probe_report::verdict::fine) {
    observe::info(room::app, report.sentence);
  } else {
    observe::warn(room::app, report.sentence);
  }
}

std::optional<std::string> serving::replace_roster(declarations const& declared) {
  int exit_code = 0;  // which a reload has no use for
  auto found =
      obtain_signers(declared, with_.usual, process_environment, read_file, &with_.signing, exit_code);
  if (!found) {
    return found.error().sentence;
  }
  if (auto wrong = refuse_clients(with_.request.chosen, declared, signer_in(*found))) {
    return wrong;
  }
  auto const before = std::exchange(with_.signing, *std::move(found));
  with_.request.declared = declared;
  keeper_.replace(roster_of(with_));
  keep_keys_fresh(before);
  return std::nullopt;
}

std::optional<std::string> serving::take_over(run_request const& fresh) {
  auto usual = open_usual_places(fresh.declared, process_environment, read_file, stamp_file);
  if (!usual) {
    return usual.error().sentence;
  }
  std::swap(with_.usual, *usual);
  if (auto wrong = replace_roster(fresh.declared)) {
    std::swap(with_.usual, *usual);
    return wrong;
  }
  observe::configure(fresh.chosen.log);
  return std::nullopt;
}

void serving::keep_keys_fresh(signers const& before) {
  auto const has = [&](auto const& provider) {
    return std::ranges::any_of(before, [&](auto const& one) { return one.second.provider == provider; });
  };
  for (auto const& [name, signer] : with_.signing) {
    if (signer.provider && !has(signer.provider)) {
      asio::co_spawn(context_, upstream::credential_provider::keep_fresh(signer.provider), asio::detached);
    }
  }
}

bool serving::depends_on_profiles() const {
  auto const& principals = with_.request.declared.principals;
  auto const reads_profiles = [](declared_principal const& one) {
    return std::holds_alternative<profile_source>(one.source) ||
           std::holds_alternative<role_source>(one.source);
  };
  return with_.usual.handed_out.has_value() || std::ranges::any_of(principals, reads_profiles);
}

serving::stamps serving::profile_stamps() const {
  auto const paths = find_profile_paths(process_environment);
  return {stamp_file(paths.credentials), stamp_file(paths.config)};
}

void serving::look_at_credentials() {
  auto const report = with_.usual.written.poll();
  if (report.what == credential_source::outcome::kept) {
    observe::warn(room::app, report.sentence);
  }
  if (report.what == credential_source::outcome::replaced) {
    observe::info(room::app, report.sentence);
    new_credentials_ = true;
  }
  if (auto now = profile_stamps(); now != seen_profiles_) {
    seen_profiles_ = now;
    new_credentials_ = new_credentials_ || depends_on_profiles();
  }
  auto const now = std::chrono::steady_clock::now();
  if (!new_credentials_ || now < look_again_at_) {
    return;
  }
  // A key that is new here may be new to those who hand out others, too: it is tried until it works.
  if (auto const wrong = take_over(with_.request)) {
    observe::warn(room::app, "new credentials cannot be used yet: " + *wrong);
    look_again_at_ = now + look_at_refused_credentials;
    return;
  }
  new_credentials_ = false;
}

std::vector<std::string> serving::reload_certificates() {
  std::vector<std::string> wrong;
  auto const look = [&wrong](auto const& held) {
    auto const report = held ? held->reload() : base::reload_report();
    if (report.what == base::reload_report::outcome::kept) {
      wrong.push_back(report.sentence);
    } else if (report.what == base::reload_report::outcome::replaced) {
      observe::info(room::app, report.sentence);
    }
  };
  look(with_.tls);
  look(with_.store_tls);
  look(with_.sts_tls);
  return wrong;
}

asio::awaitable<void> serving::watch_files() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_after(look_at_files);
    auto [stopped] = co_await timer.async_wait(as_result);
    if (stopped) {
      co_return;
    }
    look_at_credentials();
    for (auto const& sentence : reload_certificates()) {
      observe::warn(room::app, sentence);
    }
  }
}

asio::awaitable<void> serving::wait_for_reload() {
  asio::signal_set signals(context_, SIGHUP);
  for (;;) {
    auto [stopped, number] = co_await signals.async_wait(as_result);
    if (stopped) {
      co_return;
    }
    auto const report = reload_.now();
    for (auto const& warning : report.warnings) {
      observe::warn(room::app, warning);
    }
    if (report.what == reload::report::outcome::taken_over) {
      observe::info(room::app, report.said);
    }
  }
}

// The first signal drains, the second one aborts at once; either way the process ends well.
asio::awaitable<void> serving::wait_for_end() {
  asio::signal_set signals(context_, SIGTERM, SIGINT);
  co_await signals.async_wait(as_result);
  observe::info(room::app, "stopping: open requests may finish; a second signal aborts them");
  running_->drain([this] { context_.stop(); });
  co_await signals.async_wait(as_result);
  observe::warn(room::app, "aborting " + std::to_string(running_->open_connections()) + " connections");
  context_.stop();  // the daemon aborts what is open when it goes
}

int serving::run() {
  auto started = daemon::start(settings_, clock_);
  if (auto const* why = std::get_if<std::string>(&started)) {
    std::fprintf(stderr, "s3proxy: %s\n", why->c_str());
    return exit_cannot_run;
  }
  running_ = std::move(std::get<std::unique_ptr<daemon>>(started));
  // Before the banner: who reads it may signal at once.
  asio::co_spawn(context_, wait_for_reload(), asio::detached);
  context_.poll();
  auto facts = banner_of(with_, *running_);
  facts.copies_because = copies_because_.value_or("");
  std::fputs(render_banner(facts).c_str(), stderr);
  asio::co_spawn(context_, report_store(), asio::detached);
  asio::co_spawn(context_, watch_files(), asio::detached);
  keep_keys_fresh({});
  asio::co_spawn(context_, wait_for_end(), asio::detached);
  context_.run();
  running_.reset();
  return 0;
}

}  // namespace

int serve(resolved with, std::vector<std::string> arguments) {
  serving daemon_and_all(std::move(with), std::move(arguments));
  return daemon_and_all.run();
}

}  // namespace s3proxy::app
