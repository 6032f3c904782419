#pragma once

#include "s3proxy/observe/clock.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/upstream/credential_recipe.hpp"
#include "s3proxy/upstream/http_call.hpp"
#include "s3proxy/upstream/limits.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <variant>

namespace s3proxy::upstream {

/// Why there are no keys: a sentence for people without a full stop, and without a secret or a token.
struct credential_failure {
  enum class kind {
    misconfigured,  ///< what the operator wrote down cannot be followed: a file is missing, a program not
                    ///< found
    refused,        ///< whoever hands out keys said no, and would say so again
    unreachable,    ///< nobody answered, or the answer was to come later
    garbage,        ///< what was handed out is no key pair
  };
  kind what = kind::unreachable;
  std::string sentence;
};

/// The content of a token file, or why it cannot be read (`Permission denied`).
using token_reading = std::variant<std::string, credential_failure>;

/// What a recipe is followed with.
struct credential_tools {
  observe::clock const* clock = nullptr;  ///< not null; outlives the provider
  std::function<token_reading(std::string const& path)> read_token = {};
  std::function<callee(endpoint)> callee_for = callee_at;  ///< makes the TLS settings of a call
  credential_limits limits{};
};

using fetched_credentials = std::variant<s3::issued_credentials, credential_failure>;

/// Follows `recipe` once, on the coroutine's executor; nothing is asked twice. Keys that have expired already
/// are a failure. Every step has its deadline (tools.limits). The arguments outlive the coroutine.
boost::asio::awaitable<fetched_credentials> fetch_credentials(credential_recipe const& recipe,
                                                              credential_tools const& tools);

}  // namespace s3proxy::upstream
