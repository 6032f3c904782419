#include "s3proxy/app/option_table.hpp"

#include "s3proxy/app/parse_host.hpp"
#include "s3proxy/app/parse_identity.hpp"

#include <array>

namespace s3proxy::app {
namespace {

using times = option_row::times;
using maybe_wrong = std::optional<std::string>;

/// Puts what `parse` gave into `slot`, or gives its sentence.
template <class T, class Slot>
maybe_wrong put(parsed<T> value, Slot& slot) {
  if (!value) {
    return value.error().sentence;
  }
  slot = *std::move(value);
  return std::nullopt;
}

template <class T>
maybe_wrong put_sourced(parsed<T> value, std::string_view from, std::optional<sourced<T>>& slot) {
  if (!value) {
    return value.error().sentence;
  }
  slot = sourced<T>{*std::move(value), std::string(from)};
  return std::nullopt;
}

maybe_wrong put_endpoint(std::string_view text, std::string_view, options& out) {
  return put(parse_endpoint(text), out.endpoint);
}
maybe_wrong put_region(std::string_view text, std::string_view from, options& out) {
  return put_sourced(parse_region(text), from, out.region);
}
maybe_wrong put_port(std::string_view text, std::string_view, options& out) {
  return put(parse_port(text), out.port);
}
maybe_wrong put_address(std::string_view text, std::string_view, options& out) {
  return put(parse_address(text), out.address);
}
maybe_wrong put_memory(std::string_view text, std::string_view from, options& out) {
  return put_sourced(parse_memory(text), from, out.memory);
}
maybe_wrong put_admin_address(std::string_view text, std::string_view, options& out) {
  return put(parse_listen_place(text), out.admin_address);
}
maybe_wrong put_read_ahead(std::string_view text, std::string_view, options& out) {
  return put(parse_read_ahead(text), out.read_ahead.mode);
}
maybe_wrong put_read_ahead_budget(std::string_view text, std::string_view, options& out) {
  return put(parse_ratio(text), out.read_ahead.budget);
}
maybe_wrong put_small_object(std::string_view text, std::string_view, options& out) {
  return put(parse_size(text), out.read_ahead.small_object);
}
maybe_wrong put_origin_connections(std::string_view text, std::string_view, options& out) {
  return put(parse_connections(text), out.origin_connections);
}
maybe_wrong put_metadata_ttl(std::string_view text, std::string_view, options& out) {
  return put(parse_duration(text), out.metadata_ttl);
}
maybe_wrong put_rights_ttl(std::string_view text, std::string_view, options& out) {
  return put(parse_duration(text), out.rights_ttl);
}
maybe_wrong put_threads(std::string_view text, std::string_view, options& out) {
  return put(parse_threads(text), out.threads);
}

template <std::string options::* Slot, auto Parse>
maybe_wrong put_text(std::string_view text, std::string_view, options& out) {
  return put(Parse(text), out.*Slot);
}

/// Adds to a list what `Parse` gave, or gives its sentence.
template <std::vector<std::string> options::* List, auto Parse>
maybe_wrong add_text(std::string_view text, std::string_view, options& out) {
  auto value = Parse(text);
  if (!value) {
    return value.error().sentence;
  }
  (out.*List).push_back(*std::move(value));
  return std::nullopt;
}

maybe_wrong put_log_level(std::string_view text, std::string_view, options& out) {
  auto spec = observe::parse_log_spec(text);
  if (auto* const wrong = std::get_if<std::string>(&spec)) {
    return std::move(*wrong);
  }
  out.log = std::get<observe::log_spec>(spec);
  return std::nullopt;
}

maybe_wrong put_access_log(std::string_view text, std::string_view, options& out) {
  if (text == "off") {
    out.access_log = access_log_mode::off;
  } else if (text == "text") {
    out.access_log = access_log_mode::text;
  } else if (text == "json") {
    out.access_log = access_log_mode::json;
  } else {
    return in_backticks(text) + " is not a form of the access log; allowed: off, text, json";
  }
  return std::nullopt;
}

maybe_wrong put_zero_copy(std::string_view text, std::string_view, options& out) {
  if (text != "auto" && text != "off") {
    return in_backticks(text) + " is not a way to send; allowed: auto, off";
  }
  out.zero_copy = text == "auto" ? zero_copy::automatic : zero_copy::off;
  return std::nullopt;
}

/// The words for a switch that people put into an environment or a file.
bool says_yes(std::string_view text) {
  return text == "yes" || text == "true" || text == "1";
}
bool says_no(std::string_view text) {
  return text == "no" || text == "false" || text == "0";
}

/// For switches with a careful and a careless yes: a bare yes is the careful one.
template <class Enum>
maybe_wrong put_reach(std::string_view text, std::string_view called, Enum& slot) {
  if (text == "loopback" || says_yes(text)) {
    slot = Enum::loopback;
  } else if (text == "network") {
    slot = Enum::network;
  } else if (says_no(text)) {
    slot = Enum::no;
  } else {
    return in_backticks(text) + " is not a kind of " + std::string(called) +
           "; allowed: loopback, network, no";
  }
  return std::nullopt;
}

maybe_wrong put_allow_anonymous(std::string_view text, std::string_view, options& out) {
  return put_reach(text, "anonymous access", out.allow_anonymous);
}
maybe_wrong put_token_exchange(std::string_view text, std::string_view, options& out) {
  return put_reach(text, "token exchange", out.token_exchange);
}
maybe_wrong put_sts_endpoint(std::string_view text, std::string_view, options& out) {
  return put(parse_endpoint(text), out.sts_endpoint);
}
maybe_wrong put_sts_duration(std::string_view text, std::string_view, options& out) {
  return put(parse_session_duration(text), out.sts_duration);
}

/// For switches with one yes.
template <class Enum>
maybe_wrong put_switch(std::string_view text, Enum yes, Enum no, Enum& slot) {
  if (!says_yes(text) && !says_no(text)) {
    return in_backticks(text) + " is neither yes nor no; allowed: yes, no";
  }
  slot = says_yes(text) ? yes : no;
  return std::nullopt;
}

maybe_wrong put_skip_verify(std::string_view text, std::string_view, options& out) {
  return put_switch(text, certificate_check::skipped, certificate_check::yes, out.store_certificate);
}
maybe_wrong put_fleet(std::string_view text, std::string_view, options& out) {
  return put_switch(text, proxy::fleet::balanced, proxy::fleet::alone, out.read_ahead.fleet);
}

constexpr std::string_view store = "The store";
constexpr std::string_view listener = "Listening";
constexpr std::string_view caching = "Caching";
constexpr std::string_view ahead = "Reading ahead";
constexpr std::string_view clients = "Clients";
constexpr std::string_view tokens = "Token exchange";
constexpr std::string_view logs = "Logs";
constexpr std::string_view file = "The configuration file";
constexpr std::string_view reach = "loopback|network|no";

using effect = option_row::effect;

constexpr auto rows = std::to_array<option_row>({
    {store, "--endpoint", "-e", "URL", "ENDPOINT", "none, required", "",
     "The S3 store to stand in front of: http://host[:port] or https://host[:port].", times::once,
     effect::at_start, put_endpoint},
    {store, "--region", "", "REGION", "",
     "AWS_REGION, AWS_DEFAULT_REGION, the AWS config file, the endpoint's host name, us-east-1", "",
     "The region to sign for towards the store.", times::once, effect::at_start, put_region},
    {store, "--ca-file", "", path_value, "", "the system's authorities", "",
     "The authorities (PEM) that the store's certificate is checked against.", times::once, effect::at_start,
     put_text<&options::ca_file, parse_path>},
    {store, "--client-cert", "", path_value, "", "none", "",
     "The certificate (PEM) to show to a store that asks for one; with --client-key.", times::once,
     effect::at_start, put_text<&options::client_cert, parse_path>},
    {store, "--client-key", "", path_value, "", "none", "", "Its private key (PEM).", times::once,
     effect::at_start, put_text<&options::client_key, parse_path>},
    {store, "--insecure-skip-verify", "", "yes|no", "", "no", "yes",
     "Take any certificate for the store's: whoever is on the way can read and change everything. Every "
     "start warns.",
     times::once, effect::at_start, put_skip_verify},
    {store, "--origin-connections", "", "N", "", "64", "",
     "Connections to the store at most, all threads together, 4 to 65536.", times::once, effect::at_start,
     put_origin_connections},
    {listener, "--port", "-p", "N", "PORT", "3000", "", "The port to listen on; 0 lets the kernel choose.",
     times::once, effect::at_start, put_port},
    {listener, "--address", "", "ADDRESS", "", "all interfaces", "",
     "The address to listen on: an IPv4 or IPv6 address of this machine, or localhost.", times::once,
     effect::at_start, put_address},
    {listener, "--tls-cert", "", path_value, "", "none: plain HTTP", "",
     "The certificate chain (PEM) to serve https with; with --tls-key.", times::once, effect::at_start,
     put_text<&options::tls_cert, parse_path>},
    {listener, "--tls-key", "", path_value, "", "none", "", "Its private key (PEM).", times::once,
     effect::at_start, put_text<&options::tls_key, parse_path>},
    {listener, "--domain", "", "NAME", "", "localhost, always", "",
     "A domain whose subdomains are buckets (virtual-host style). May be given several times; the variable "
     "takes a comma-separated list.",
     times::many, effect::at_start, add_text<&options::domains, parse_domain>},
    {listener, "--admin-address", "", "HOST:PORT", "", "none: off", "",
     "Where to serve /-/metrics (Prometheus), /-/health and /-/read-ahead, to whoever asks and without TLS. "
     "A "
     "port alone listens on this machine only; port 0 lets the kernel choose.",
     times::once, effect::at_start, put_admin_address},
    {listener, "--threads", "", "N", "", "the number of cores", "", "Worker threads, 1 to 1024.", times::once,
     effect::at_start, put_threads},
    {listener, "--zero-copy", "", "auto|off", "", "auto", "",
     "Send cached bytes to clients without TLS by lending memory to the kernel; off copies. auto copies "
     "where "
     "a test at the start finds that this kernel cannot, and says so.",
     times::once, effect::at_start, put_zero_copy},
    {caching, "--memory", "", "SIZE", "",
     "1GiB, or a quarter of what the cgroup or machine allows where that is less", "",
     "Memory for cached bytes and metadata, at least 16MiB: 512MiB, 1GiB, 64M.", times::once,
     effect::at_start, put_memory},
    {caching, "--metadata-ttl", "", "DURATION", "", "60s", "",
     "How long an object is taken to be unchanged in the store; 0 asks the store on every read.", times::once,
     effect::at_start, put_metadata_ttl},
    {caching, "--rights-ttl", "", "DURATION", "", "10m", "",
     "How long the store's yes to a reader counts before it is asked again; 0 asks on every read.",
     times::once, effect::at_start, put_rights_ttl},
    {caching, "--immutable", "", "GLOB", "", "none", "",
     "Objects that never change, as a pattern for bucket/key: * stops at /, ** does not. May be given "
     "several times; "
     "the variable takes a comma-separated list.",
     times::many, effect::at_start, add_text<&options::immutable, parse_glob>},
    {ahead, "--read-ahead", "", "off|metadata|lean|full", "", "full", "",
     "What is read before anybody asks for it: nothing; the ends of columnar files; also data that is nearly "
     "certain to be asked for (for stores behind a thin or billed line); also what is more likely asked for "
     "than not.",
     times::once, effect::at_start, put_read_ahead},
    {ahead, "--read-ahead-budget", "", "RATIO", "", "2", "",
     "At most so many bytes ahead for each byte asked for, over a minute.", times::once, effect::at_start,
     put_read_ahead_budget},
    {ahead, "--small-object", "", "SIZE", "", "2MiB", "",
     "Objects up to this size are fetched whole where that pays; 0 fetches none whole.", times::once,
     effect::at_start, put_small_object},
    {ahead, "--fleet", "", "yes|no", "", "no", "yes",
     "Several s3proxy stand behind one balancer: of a listing, only keys like those that are asked for here "
     "are "
     "read ahead.",
     times::once, effect::at_start, put_fleet},
    {clients, "--allow-anonymous", "", reach, "", "no", "loopback",
     "Sign for clients that do not sign. Without a value only where --address is a loopback address; "
     "=network lets everybody who reaches the port use the store with these credentials.",
     times::once, effect::at_start, put_allow_anonymous},
    {clients, "--cors-origin", "", "ORIGIN", "", "none", "",
     "A web page's origin that browsers may let use the proxy: https://host[:port], or *. May be given "
     "several times; the variable takes a comma-separated list.",
     times::many, effect::at_start, add_text<&options::cors_origins, parse_cors_origin>},
    {tokens, "--token-exchange", "", reach, "", "no", "loopback",
     "Exchange clients' bearer tokens for credentials of the store. Without a value only where --address is "
     "a loopback address or --tls-cert is given; =network takes tokens in the clear from anywhere.",
     times::once, effect::at_start, put_token_exchange},
    {tokens, "--sts-endpoint", "", "URL", "", "the store's endpoint", "",
     "Where tokens are exchanged (AssumeRoleWithWebIdentity).", times::once, effect::at_start,
     put_sts_endpoint},
    {tokens, "--sts-role-arn", "", "ARN", "", "none", "",
     "The role to assume; stores whose token service needs none can do without.", times::once,
     effect::at_start, put_text<&options::sts_role_arn, parse_role_arn>},
    {tokens, "--sts-session-name", "", "NAME", "", "s3proxy", "",
     "What the store's records call the sessions.", times::once, effect::at_start,
     put_text<&options::sts_session_name, parse_session_name>},
    {tokens, "--sts-duration", "", "DURATION", "", "1h", "",
     "How long exchanged credentials are asked to live, 15m to 12h.", times::once, effect::at_start,
     put_sts_duration},
    {logs, "--log-level", "", "LEVEL[,MODULE=LEVEL...]", "", "info", "",
     "What stderr shows: error, warn, info, debug; modules: net, upstream, store, proxy, app.", times::once,
     effect::at_reload, put_log_level},
    {logs, "--access-log", "", "off|text|json", "", "text", "", "One line for each request, on stdout.",
     times::once, effect::at_start, put_access_log},
    {file, config_flag, "", path_value, "", "none", "",
     "A TOML file: every flag as a key (port = 3000), and who may come as [[identities]] and [[principals]]. "
     "SIGHUP reads it again.",
     times::once, effect::at_start, put_text<&options::config, parse_path>},
});

}  // namespace

std::span<option_row const> option_table() {
  return rows;
}

std::string_view file_key(option_row const& row) {
  return row.flag.substr(2);
}

std::string environment_name(option_row const& row) {
  std::string name = "S3PROXY_";
  for (auto const c : file_key(row)) {
    name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

}  // namespace s3proxy::app
