#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/named.hpp"
#include "s3proxy/http/date.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/upstream/http_call.hpp"
#include "s3proxy/upstream/limits.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace s3proxy::upstream {

// Source for the whole file: https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html

/// What AssumeRoleWithWebIdentity asks for. The token is the proof; nothing is signed.
struct web_identity_request {
  std::string role_arn;      ///< empty: left out, for stores whose STS needs none
  std::string session_name;  ///< 2 to 64 of `[\w+=,.@-]`, as AWS wants it
  base::secret token;
  std::optional<std::chrono::seconds> duration{};  ///< nothing: the STS decides (AWS: an hour)
};

/// What AssumeRole asks for, signed with `signer` for the service `sts`.
struct assume_role_request {
  std::string role_arn;
  std::string session_name;
  std::string external_id{};  ///< empty: left out
  std::optional<std::chrono::seconds> duration{};
  s3::credentials signer;
  std::string region;  ///< of the signature's scope
};

/// Why there are no credentials. No text in it holds a secret or a token, also where the STS echoed one.
struct sts_failure {
  enum class kind {
    refused,      ///< the STS said no, and would say so again: 4xx
    unreachable,  ///< no answer, or one that says later: a connection fault, 429, 5xx, throttling
    garbage,      ///< an answer that is none of an STS
  };
  kind what = kind::unreachable;
  std::string code;               ///< of the STS (`AccessDenied`, `ExpiredToken`), or empty
  std::string message;            ///< of the STS, cut to a readable length, or empty
  unsigned status = 0;            ///< of its answer; 0: there was none
  base::errc connection_fault{};  ///< why there was none; meaningless when status is set

  /// One clause for people: `AccessDenied (403): Not authorized to perform sts:AssumeRole`.
  std::string sentence() const;
};

using sts_outcome = std::variant<s3::issued_credentials, sts_failure>;

/// One call each, on the coroutine's executor, within `limits.total`. Nothing is asked again.
boost::asio::awaitable<sts_outcome> assume_role_with_web_identity(callee sts, web_identity_request request,
                                                                  call_limits limits);
boost::asio::awaitable<sts_outcome> assume_role(callee sts, assume_role_request request, http::wall_time now,
                                                call_limits limits);

/// `text` for people, with each of these secrets (and the longer parts of a dotted token) as `***`, cut to a
/// readable length.
std::string without_secrets(std::string text, std::initializer_list<base::secret> secrets);

}  // namespace s3proxy::upstream
