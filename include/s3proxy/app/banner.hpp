#pragma once

#include "s3proxy/app/endpoint.hpp"
#include "s3proxy/app/memory_budget.hpp"
#include "s3proxy/app/options.hpp"
#include "s3proxy/app/region.hpp"
#include "s3proxy/base/named.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::app {

enum class session_token { absent, present };

/// What was resolved at start-up. There is no secret in here, so none can be printed.
struct banner_facts {
  std::string version;
  url_scheme scheme = url_scheme::http;  ///< which clients speak
  std::string address;                   ///< the literal we listen on
  std::uint16_t port = 0;                ///< the real one, after the kernel chose
  std::optional<listen_place> admin;     ///< nothing: there is none
  endpoint_url endpoint;
  resolved_region region;
  std::optional<base::access_key_id> key_id;  ///< nothing: requests go to the store unsigned
  session_token token = session_token::absent;
  std::string credentials_where;  ///< as loaded_credentials says it
  std::string file;               ///< the configuration file; empty: none
  std::size_t principals = 0;     ///< that it declares; the credentials are those of the first
  std::size_t identities = 0;     ///< that it declares; they alone may come
  memory_budget memory;
  proxy::read_ahead_settings read_ahead;
  std::string copies_because;  ///< zero-copy sends were wished for and cannot be; empty: they can
  anonymous_access allow_anonymous = anonymous_access::no;
};

/// `localhost:3000` for all interfaces, else the address with its port: what to write into a client on this
/// machine.
std::string client_host(std::string_view address, std::uint16_t port);

/// What was resolved and the next thing to type, in DuckDB and in Polars; several lines, the last one ended.
std::string render_banner(banner_facts const& facts);

}  // namespace s3proxy::app
