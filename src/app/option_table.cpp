#include "s3proxy/app/option_table.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

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
maybe_wrong put_metadata_ttl(std::string_view text, std::string_view, options& out) {
  return put(parse_duration(text), out.metadata_ttl);
}
maybe_wrong put_rights_ttl(std::string_view text, std::string_view, options& out) {
  return put(parse_duration(text), out.rights_ttl);
}
maybe_wrong put_threads(std::string_view text, std::string_view, options& out) {
  return put(parse_threads(text), out.threads);
}

maybe_wrong put_immutable(std::string_view text, std::string_view, options& out) {
  auto glob = parse_glob(text);
  if (!glob) {
    return glob.error().sentence;
  }
  out.immutable.push_back(*std::move(glob));
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

maybe_wrong put_allow_anonymous(std::string_view text, std::string_view, options& out) {
  // The words that people put into an environment for a switch are understood as the cautious meaning.
  if (text == "loopback" || text == "true" || text == "yes" || text == "1") {
    out.allow_anonymous = anonymous_access::loopback;
  } else if (text == "network") {
    out.allow_anonymous = anonymous_access::network;
  } else if (text == "no" || text == "false" || text == "0") {
    out.allow_anonymous = anonymous_access::no;
  } else {
    return in_backticks(text) + " is not a kind of anonymous access; allowed: loopback, network, no";
  }
  return std::nullopt;
}

constexpr std::string_view store = "The store";
constexpr std::string_view listener = "Listening";
constexpr std::string_view caching = "Caching";
constexpr std::string_view clients = "Clients";
constexpr std::string_view logs = "Logs";

constexpr auto rows = std::to_array<option_row>({
    {store, "--endpoint", "-e", "URL", "ENDPOINT", "none, required", "",
     "The S3 store to stand in front of: http://host[:port] or https://host[:port].", times::once,
     put_endpoint},
    {store, "--region", "", "REGION", "",
     "AWS_REGION, AWS_DEFAULT_REGION, the AWS config file, the endpoint's host name, us-east-1", "",
     "The region to sign for towards the store.", times::once, put_region},
    {listener, "--port", "-p", "N", "PORT", "3000", "", "The port to listen on; 0 lets the kernel choose.",
     times::once, put_port},
    {listener, "--address", "", "ADDRESS", "", "all interfaces", "",
     "The address to listen on: an IPv4 or IPv6 address of this machine, or localhost.", times::once,
     put_address},
    {listener, "--threads", "", "N", "", "the number of cores", "", "Worker threads, 1 to 1024.", times::once,
     put_threads},
    {caching, "--memory", "", "SIZE", "",
     "1GiB, or a quarter of what the cgroup or machine allows where that is less", "",
     "Memory for cached bytes and metadata, at least 16MiB: 512MiB, 1GiB, 64M.", times::once, put_memory},
    {caching, "--metadata-ttl", "", "DURATION", "", "60s", "",
     "How long an object is taken to be unchanged in the store; 0 asks the store on every read.", times::once,
     put_metadata_ttl},
    {caching, "--rights-ttl", "", "DURATION", "", "10m", "",
     "How long the store's yes to a reader counts before it is asked again; 0 asks on every read.",
     times::once, put_rights_ttl},
    {caching, "--immutable", "", "GLOB", "", "none", "",
     "Objects that never change, as a pattern for bucket/key: * stops at /, ** does not. May be given "
     "several times; "
     "the variable takes a comma-separated list.",
     times::many, put_immutable},
    {clients, "--allow-anonymous", "", "[loopback|network|no]", "", "no", "loopback",
     "Sign for clients that do not sign. Without a value only where --address is a loopback address; "
     "=network lets everybody who reaches the port use the store with these credentials.",
     times::once, put_allow_anonymous},
    {logs, "--log-level", "", "LEVEL[,MODULE=LEVEL...]", "", "info", "",
     "What stderr shows: error, warn, info, debug; modules: net, upstream, store, proxy, app.", times::once,
     put_log_level},
    {logs, "--access-log", "", "off|text|json", "", "text", "", "One line for each request, on stdout.",
     times::once, put_access_log},
});

constexpr std::size_t text_width = 100;

/// `text` in lines of at most text_width, each behind `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    bool const fits = column > 0 && column + 1 + end <= text_width;
    if (!fits) {
      out += (column > 0 ? "\n" : "") + std::string(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + "\n";
}

std::string described(option_row const& row) {
  auto out = row.short_flag.empty() ? std::string("      ") : "  " + std::string(row.short_flag) + ", ";
  auto const joint = row.bare.empty() ? " " : "";
  auto const value = row.bare.empty() ? std::string(row.value) : "[=loopback|network|no]";
  out += std::string(row.flag) + joint + value + "\n" + wrapped(row.about, 10);
  out += wrapped("Default: " + std::string(row.initial), 10);
  auto const alias = row.alias.empty() ? std::string() : ", or " + std::string(row.alias);
  return out + wrapped("Environment: " + environment_name(row) + alias, 10);
}

/// Levenshtein's distance: how many characters must be typed differently.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      auto const above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::span<option_row const> option_table() {
  return rows;
}

std::string environment_name(option_row const& row) {
  std::string name = "S3PROXY_";
  for (auto const c : row.flag.substr(2)) {
    name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  }
  return name;
}

std::string version_text() {
  return "s3proxy " S3PROXY_VERSION "\n";
}

std::string help_text() {
  std::string out =
      "s3proxy caches an S3 store for DuckDB, Polars and everything else that speaks S3.\n\n"
      "Usage: s3proxy --endpoint URL [flags]\n";
  std::string_view topic;
  for (auto const& row : rows) {
    if (row.topic != topic) {
      topic = row.topic;
      out += "\n" + std::string(topic) + "\n";
    }
    out += described(row);
  }
  out +=
      "\nOther\n"
      "  -h, --help\n          Print this text.\n"
      "  -V, --version\n          Print the version.\n"
      "\nFlags beat environment variables, which beat defaults. Credentials for the store come from\n"
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else from the AWS files and AWS_PROFILE.\n"
      "\nExamples\n"
      "  s3proxy --endpoint https://s3.eu-west-1.amazonaws.com\n"
      "  s3proxy -e http://localhost:9000 -p 3000 --address 127.0.0.1 --memory 512MiB\n"
      "  s3proxy -e https://s3.eu-west-1.amazonaws.com --metadata-ttl 5m --immutable 'lake/archive/**'\n"
      "  S3PROXY_ENDPOINT=http://localhost:9000 s3proxy --access-log json --log-level info,upstream=debug\n";
  return out;
}

std::optional<std::string_view> nearest_flag(std::string_view mistyped) {
  std::vector<std::string_view> flags{"--help", "--version"};
  for (auto const& row : rows) {
    flags.push_back(row.flag);
  }
  // An abbreviation is the commonest mistake of those who come from tools that allow it.
  for (auto const flag : flags) {
    if (mistyped.size() > 3 && flag.starts_with(mistyped)) {
      return flag;
    }
  }
  auto const nearest = *std::min_element(flags.begin(), flags.end(), [&](auto a, auto b) {
    return distance(mistyped, a) < distance(mistyped, b);
  });
  auto const allowed = std::max<std::size_t>(2, mistyped.size() / 4);
  return distance(mistyped, nearest) <= allowed ? std::optional(nearest) : std::nullopt;
}

}  // namespace s3proxy::app
