#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/http/date.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace s3proxy::s3 {

/// A key pair, with the session token where it is temporary.
struct credentials {
  base::access_key_id key_id;
  base::secret secret_key;
  base::secret session_token;  ///< empty for long-lived keys
};

/// A key pair as somebody handed it out.
struct issued_credentials {
  credentials pair;
  std::optional<http::wall_time> expires{};  ///< nothing: it was not said
};

inline constexpr std::size_t longest_secret = 1024;  ///< AWS's have 40 characters

/// True for text that may stand in a header or a signature: visible ASCII. Anything else in a key, a secret
/// or a token is a slip of copy and paste, or somebody's try to add a header.
inline bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// True for a pair that requests can be signed with.
inline bool is_usable(credentials const& pair) {
  auto const& secret = pair.secret_key.reveal();
  return !pair.key_id.empty() && !secret.empty() && secret.size() <= longest_secret &&
         is_visible(pair.key_id.str()) && is_visible(secret) && is_visible(pair.session_token.reveal());
}

}  // namespace s3proxy::s3
