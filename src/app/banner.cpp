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

std::string credentials_row(banner_facts const& facts) {
  if (!facts.key_id) {
    return facts.credentials_where + "; requests go to the store unsigned";
  }
  auto const token = facts.token == session_token::present ? ", with session token" : "";
  return facts.credentials_where + ", key id " + facts.key_id->str() + token;
}

/// Who must sign, in words.
std::string clients_row(banner_facts const& facts) {
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

/// The key that clients sign with; null where they need none.
base::access_key_id const* client_key(banner_facts const& facts) {
  bool const needed = facts.key_id && facts.allow_anonymous == anonymous_access::no;
  return needed ? &*facts.key_id : nullptr;
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
  if (auto const* const key = client_key(facts)) {
    keys = "    KEY_ID '" + in_sql(key->str()) + "', SECRET '<its secret>',";
    keys += facts.token == session_token::present ? " SESSION_TOKEN '<its session token>',\n" : "\n";
  }
  return "  INSTALL httpfs; LOAD httpfs;\n"
         "  CREATE OR REPLACE SECRET s3proxy (TYPE s3,\n" +
         keys + "    REGION '" + in_sql(facts.region.name) + "', ENDPOINT '" +
         client_host(facts.address, facts.port) +
         "', URL_STYLE 'path', USE_SSL false);\n"
         "  SELECT count(*) FROM read_parquet('s3://BUCKET/PATH/*.parquet');\n";
}

std::string polars_snippet(banner_facts const& facts) {
  std::string keys = "      \"aws_skip_signature\": \"true\",\n";
  if (auto const* const key = client_key(facts)) {
    keys = "      \"aws_access_key_id\": \"" + in_python(key->str()) +
           "\", \"aws_secret_access_key\": \"<its secret>\",\n";
    keys += facts.token == session_token::present ? "      \"aws_session_token\": \"<its session token>\",\n"
                                                  : "";
  }
  return "  import polars as pl\n"
         "  pl.scan_parquet(\"s3://BUCKET/PATH/*.parquet\", storage_options={\n"
         "      \"aws_endpoint_url\": \"http://" +
         client_host(facts.address, facts.port) + "\", \"aws_region\": \"" + in_python(facts.region.name) +
         "\",\n" + keys + "      \"aws_allow_http\": \"true\"}).select(pl.len()).collect()\n";
}

}  // namespace

std::string client_host(std::string_view address, std::uint16_t port) {
  auto const host = is_all_interfaces(address) ? "localhost" : with_brackets(address);
  return host + ":" + std::to_string(port);
}

std::string render_banner(banner_facts const& facts) {
  auto const listening = "http://" + with_brackets(facts.address) + ":" + std::to_string(facts.port) +
                         (is_all_interfaces(facts.address) ? " (all interfaces)" : "");
  auto const hint =
      client_key(facts) != nullptr ? " (<its secret> is in: " + facts.credentials_where + ")" : "";
  return "s3proxy " + facts.version + "\n" + row("listening", listening) +
         row("endpoint", facts.endpoint.url()) +
         row("region", facts.region.name + " (" + facts.region.from + ")") +
         row("credentials", credentials_row(facts)) + row("clients", clients_row(facts)) +
         row("cache", print_size(facts.memory.bytes) + " of memory (" + facts.memory.reason + ")") + "\n" +
         "Next, in DuckDB" + observe::escape_line(hint) + ":\n" + duckdb_snippet(facts) +
         "\nor in Polars:\n" + polars_snippet(facts);
}

}  // namespace s3proxy::app
