#include "s3proxy/app/banner.hpp"

#include "s3proxy/observe/log.hpp"

namespace s3proxy::app {
namespace {

std::string with_brackets(std::string_view address) {
  bool const is_v6 = address.find(':') != std::string_view::npos;
  return is_v6 ? "[" + std::string(address) + "]" : std::string(address);
}

bool is_all_interfaces(std::string_view address) {
  return address == "::" || address == "0.0.0.0";
}

std::string row(std::string_view name, std::string const& value) {
  constexpr std::size_t column = 14;
  auto out = std::string(name);
  out.resize(column, ' ');
  return out + observe::escape_line(value) + "\n";
}

/// `1 identity`, `2 identities`.
std::string count_of(std::size_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

std::string credentials_row(banner_facts const& facts) {
  if (facts.principals > 1) {
    return "those of " + std::to_string(facts.principals) + " principals (" + facts.file + ")";
  }
  if (!facts.key_id) {
    return facts.credentials_where + "; requests go to the store unsigned";
  }
  auto const token = facts.token == session_token::present ? ", with session token" : "";
  return facts.credentials_where + ", key id " + facts.key_id->str() + token;
}

/// Who must sign, in words.
std::string clients_row(banner_facts const& facts) {
  if (facts.identities > 0 && facts.allow_anonymous == anonymous_access::no) {
    return count_of(facts.identities, "identity", "identities") + " (" + facts.file +
           "), signing with keys of their own";
  }
  if (!facts.key_id) {
    return "unsigned requests only: there is no secret to verify a signature with";
  }
  switch (facts.allow_anonymous) {
    case anonymous_access::no:
      return "sign with the same key pair";
    case anonymous_access::loopback:
      return "need no signature (--allow-anonymous): every program on this machine can use the store";
    case anonymous_access::network:
      return "need no signature (--allow-anonymous=network): whoever reaches the port can use the store";
  }
  return {};
}

std::string admin_row(listen_place const& at) {
  return "http://" + with_brackets(at.address) + ":" + std::to_string(at.port) +
         "/-/metrics, and /-/health, /-/read-ahead";
}

/// How much is read ahead, and what that costs.
std::string read_ahead_row(proxy::read_ahead_settings const& with) {
  using read_ahead::mode;
  auto const cost = ", up to " + print_ratio(with.budget) + (with.budget == 1 ? " byte" : " bytes") +
                    " for each byte asked";
  switch (with.mode) {
    case mode::off:
      return "off: nothing is read before it is asked for; --read-ahead metadata|lean|full";
    case mode::metadata:
      return "metadata: reads the ends of columnar files before they are asked for" + cost +
             "; --read-ahead off|lean|full";
    case mode::lean:
      return "lean: reads what is nearly certain to come next before it is asked for" + cost +
             "; --read-ahead off|metadata|full";
    case mode::full:
      return "full: reads what comes next before it is asked for" + cost + "; --read-ahead off|metadata|lean";
  }
  return {};
}

/// The key that clients sign with, or what stands for it where each has its own; nothing where they need
/// none.
std::optional<std::string> client_key(banner_facts const& facts) {
  if (facts.allow_anonymous != anonymous_access::no) {
    return std::nullopt;
  }
  if (facts.identities > 0) {
    return "<an access-key-id>";
  }
  return facts.key_id ? std::optional(facts.key_id->str()) : std::nullopt;
}

/// Whether clients must send the session token of the store's own keys.
bool takes_token(banner_facts const& facts) {
  return facts.token == session_token::present && facts.identities == 0;
}

std::string scheme_of(banner_facts const& facts) {
  return facts.scheme == url_scheme::https ? "https://" : "http://";
}

/// `text` inside the quotes of SQL.
std::string in_sql(std::string_view text) {
  std::string out;
  for (auto const c : text) {
    out.append(c == '\'' ? "''" : std::string(1, c));
  }
  return out;
}

/// `text` inside the double quotes of Python.
std::string in_python(std::string_view text) {
  std::string out;
  for (auto const c : text) {
    out.append(c == '"' || c == '\\' ? "\\" + std::string(1, c) : std::string(1, c));
  }
  return out;
}

std::string duckdb_snippet(banner_facts const& facts) {
  std::string keys;
  if (auto const key = client_key(facts)) {
    keys = "    KEY_ID '" + in_sql(*key) + "', SECRET '<its secret>',";
    keys += takes_token(facts) ? " SESSION_TOKEN '<its session token>',\n" : "\n";
  }
  return "  INSTALL httpfs; LOAD httpfs;\n"
         "  CREATE OR REPLACE SECRET s3proxy (TYPE s3,\n" +
         keys + "    REGION '" + in_sql(facts.region.name) + "', ENDPOINT '" +
         client_host(facts.address, facts.port) + "', URL_STYLE 'path', USE_SSL " +
         (facts.scheme == url_scheme::https ? "true" : "false") +
         ");\n"
         "  SELECT count(*) FROM read_parquet('s3://BUCKET/PATH/*.parquet');\n";
}

std::string polars_snippet(banner_facts const& facts) {
  std::string keys = "      \"aws_skip_signature\": \"true\",\n";
  if (auto const key = client_key(facts)) {
    keys = "      \"aws_access_key_id\": \"" + in_python(*key) +
           "\", \"aws_secret_access_key\": \"<its secret>\",\n";
    keys += takes_token(facts) ? "      \"aws_session_token\": \"<its session token>\",\n" : "";
  }
  return "  import polars as pl\n"
         "  pl.scan_parquet(\"s3://BUCKET/PATH/*.parquet\", storage_options={\n"
         "      \"aws_endpoint_url\": \"" +
         scheme_of(facts) + client_host(facts.address, facts.port) + "\", \"aws_region\": \"" +
         in_python(facts.region.name) + "\",\n" + keys +
         (facts.scheme == url_scheme::https ? "  })" : "      \"aws_allow_http\": \"true\"})") +
         ".select(pl.len()).collect()\n";
}

}  // namespace

std::string client_host(std::string_view address, std::uint16_t port) {
  auto const host = is_all_interfaces(address) ? "localhost" : with_brackets(address);
  return host + ":" + std::to_string(port);
}

std::string render_banner(banner_facts const& facts) {
  auto const listening = scheme_of(facts) + with_brackets(facts.address) + ":" + std::to_string(facts.port) +
                         (is_all_interfaces(facts.address) ? " (all interfaces)" : "");
  auto const admin = facts.admin ? row("admin", admin_row(*facts.admin)) : "";
  auto const copies = facts.copies_because.empty()
                          ? ""
                          : row("sending", "by copy, since zero-copy is refused: " + facts.copies_because);
  auto const& secrets = facts.identities > 0 ? facts.file : facts.credentials_where;
  auto const hint = client_key(facts) ? " (<its secret> is in: " + secrets + ")" : "";
  return "s3proxy " + facts.version + "\n" + row("listening", listening) + admin +
         row("endpoint", facts.endpoint.url()) +
         row("region", facts.region.name + " (" + facts.region.from + ")") +
         row("credentials", credentials_row(facts)) + row("clients", clients_row(facts)) +
         row("cache", print_size(facts.memory.bytes) + " of memory (" + facts.memory.reason + ")") +
         row("read-ahead", read_ahead_row(facts.read_ahead)) + copies + "\n" + "Next, in DuckDB" +
         observe::escape_line(hint) + ":\n" + duckdb_snippet(facts) + "\nor in Polars:\n" +
         polars_snippet(facts);
}

}  // namespace s3proxy::app
