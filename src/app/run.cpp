#include "s3proxy/app/run.hpp"

#include "s3proxy/app/banner.hpp"
#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/credential_keeper.hpp"
#include "s3proxy/app/daemon.hpp"
#include "s3proxy/app/memory_budget.hpp"
#include "s3proxy/app/options.hpp"
#include "s3proxy/app/probe.hpp"
#include "s3proxy/app/region.hpp"
#include "s3proxy/app/store_check.hpp"
#include "s3proxy/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

namespace s3proxy::app {
namespace {

namespace asio = boost::asio;
using observe::room;

constexpr int exit_cannot_run = 1;
constexpr int exit_usage = 2;
constexpr std::chrono::seconds look_at_credential_files{2};

int complain(int code, std::string const& sentence) {
  std::fprintf(stderr, "s3proxy: %s\n", sentence.c_str());
  return code;
}

/// Everything that start-up resolved from options, environment and files.
struct resolved {
  options chosen;
  credential_source credentials;
  resolved_region region;
  memory_budget memory;
};

parsed<resolved> resolve(options chosen) {
  environment const lookup = process_environment;
  auto credentials = credential_source::open(lookup, read_file, stamp_file);
  if (!credentials) {
    return credentials.error();
  }
  // The profile is asked only when nothing stronger speaks: a broken file that nobody needs stops nobody.
  std::optional<found_region> from_profile;
  if (!chosen.region && !non_empty(lookup, "AWS_REGION") && !non_empty(lookup, "AWS_DEFAULT_REGION")) {
    auto profile = profile_region(lookup, read_file);
    if (!profile) {
      return profile.error();
    }
    from_profile = std::move(*profile);
  }
  auto region = resolve_region(chosen.region, lookup, from_profile, chosen.endpoint.host);
  if (!region) {
    return region.error();
  }
  auto const memory = plan_memory(chosen.memory, read_memory_facts(read_file));
  return resolved{std::move(chosen), std::move(*credentials), std::move(*region), memory};
}

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

daemon_settings settings_of(resolved const& with, credential_keeper const& keeper) {
  daemon_settings out;
  auto& proxy = out.proxy;
  proxy.policy.metadata_ttl = with.chosen.metadata_ttl;
  proxy.policy.rights_ttl = with.chosen.rights_ttl;
  for (auto const& pattern : with.chosen.immutable) {
    proxy.policy.immutable.emplace_back(pattern);
  }
  proxy.memory = with.memory.bytes;
  proxy.origin.endpoint = endpoint_of(with.chosen.endpoint);
  proxy.origin.region = with.region.name;
  proxy.roster = [&keeper] { return keeper.roster(); };
  if (proxy.origin.endpoint.scheme == upstream::scheme::https) {
    proxy.origin.tls = std::make_shared<upstream::tls_context>(proxy.origin.endpoint.host);
  }
  proxy.origin.limits = proxy.limits.origin;
  out.address = with.chosen.address;
  out.port = with.chosen.port;
  out.threads = with.chosen.threads.value_or(std::max(1U, std::thread::hardware_concurrency()));
  out.access = format_of(with.chosen.access_log);
  out.access_sink = write_to_stdout;
  return out;
}

banner_facts banner_of(resolved const& with, daemon const& running) {
  auto const& keys = with.credentials.current();
  banner_facts facts;
  facts.version = S3PROXY_VERSION;
  facts.address = running.address();
  facts.port = running.port();
  facts.endpoint = with.chosen.endpoint;
  facts.region = with.region;
  facts.credentials_where = keys.where;
  if (keys.pair) {
    facts.key_id = keys.pair->key_id;
    facts.token = keys.pair->session_token.empty() ? session_token::absent : session_token::present;
  }
  facts.memory = with.memory;
  facts.allow_anonymous = with.chosen.allow_anonymous;
  return facts;
}

asio::awaitable<void> report_store(upstream::origin_settings const& settings,
                                   std::shared_ptr<s3::credentials const> signer, probe_question question,
                                   observe::clock const& clock) {
  auto outcome = co_await check_store(settings, std::move(signer), clock);
  auto const report = explain_probe(outcome, question);
  if (report.what == probe_report::verdict::fine) {
    observe::info(room::app, report.sentence);
  } else {
    observe::warn(room::app, report.sentence);
  }
}

asio::awaitable<void> watch_credentials(credential_source& source, credential_keeper& keeper) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    timer.expires_after(look_at_credential_files);
    auto [stopped] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (stopped) {
      co_return;
    }
    auto const report = source.poll();
    if (report.what == credential_source::outcome::replaced) {
      keeper.replace(source.current());
      observe::info(room::app, report.sentence);
    } else if (report.what == credential_source::outcome::kept) {
      observe::warn(room::app, report.sentence);
    }
  }
}

// The first signal drains, the second one aborts at once; either way the process ends well.
asio::awaitable<void> wait_for_end(asio::io_context& context, daemon& running) {
  asio::signal_set signals(context, SIGTERM, SIGINT);
  constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
  co_await signals.async_wait(as_result);
  observe::info(room::app, "stopping: open requests may finish; a second signal aborts them");
  running.drain([&context] { context.stop(); });
  co_await signals.async_wait(as_result);
  observe::warn(room::app, "aborting " + std::to_string(running.open_connections()) + " connections");
  context.stop();  // the daemon aborts what is open when it goes
}

int serve(resolved& with) {
  auto const others = with.chosen.allow_anonymous == anonymous_access::no
                          ? proxy::unsigned_access::refused
                          : proxy::unsigned_access::signed_for;
  credential_keeper keeper(with.credentials.current(), others);
  observe::clock const clock;
  auto settings = settings_of(with, keeper);
  auto const origin = settings.proxy.origin;
  asio::io_context context{1};  // before the daemon, which calls it when it has drained
  auto started = daemon::start(std::move(settings), clock);
  if (auto const* why = std::get_if<std::string>(&started)) {
    return complain(exit_cannot_run, *why + ". Choose another with --port or --address.");
  }
  auto& running = *std::get<std::unique_ptr<daemon>>(started);
  std::fputs(render_banner(banner_of(with, running)).c_str(), stderr);

  auto const how = keeper.current() ? probe_question::signing::with_credentials
                                    : probe_question::signing::unsigned_request;
  asio::co_spawn(
      context,
      report_store(origin, keeper.current(),
                   {with.chosen.endpoint, with.region, with.credentials.current().where, how}, clock),
      asio::detached);
  asio::co_spawn(context, watch_credentials(with.credentials, keeper), asio::detached);
  asio::co_spawn(context, wait_for_end(context, running), asio::detached);
  context.run();
  return 0;
}

}  // namespace

int run(int argc, char const* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a client that left is an error code, not the end of the process
  auto outcome = parse_options(argc, argv, process_environment);
  if (auto const* text = std::get_if<text_request>(&outcome)) {
    std::fputs(text->text.c_str(), stdout);
    return 0;
  }
  if (auto const* wrong = std::get_if<usage_error>(&outcome)) {
    return complain(exit_usage, wrong->sentence);
  }
  auto& request = std::get<run_request>(outcome);
  observe::configure(request.chosen.log);
  for (auto const& warning : request.warnings) {
    observe::warn(room::app, warning);
  }
  auto with = resolve(std::move(request.chosen));
  if (!with) {
    return complain(exit_usage, with.error().sentence);
  }
  return serve(*with);
}

}  // namespace s3proxy::app
