#pragma once

#include "s3proxy/app/parse_value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace s3proxy::app {

enum class url_scheme { http, https };

/// Where the store is: what is left of `--endpoint` once everything that s3proxy would have to ignore is
/// refused.
struct endpoint_url {
  url_scheme scheme = url_scheme::https;
  std::string host;  ///< lower-case name, IPv4 literal, or IPv6 literal without brackets
  std::uint16_t port = 443;

  /// `Host` towards the store: brackets around IPv6, the port only when it is not the scheme's own.
  std::string authority() const;
  /// `https://host[:port]`, with no slash behind it.
  std::string url() const;

  friend bool operator==(endpoint_url const&, endpoint_url const&) = default;
};

/// Reads `http://host[:port]` or `https://host[:port]`, one trailing slash allowed. Refuses, each with its
/// remedy: no scheme, other schemes, user names (never echoed: they hold secrets), paths, queries, fragments,
/// bare IPv6.
parsed<endpoint_url> parse_endpoint(std::string_view text);

}  // namespace s3proxy::app
