#pragma once

#include <cstdint>
#include <string>

namespace s3proxy::upstream {

enum class scheme { http, https };

/// The store, as `--endpoint` names it.
struct endpoint {
  upstream::scheme scheme = upstream::scheme::https;
  std::string host;  ///< a name or an address; an IPv6 literal without its brackets
  std::uint16_t port = 443;

  /// The `Host` field: the port only when it is not the scheme's own, as clients do.
  std::string host_field() const {
    auto const name = host.find(':') == std::string::npos ? host : '[' + host + ']';
    auto const usual = scheme == upstream::scheme::https ? 443 : 80;
    return port == usual ? name : name + ':' + std::to_string(port);
  }
};

}  // namespace s3proxy::upstream
