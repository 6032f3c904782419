#include "s3proxy/upstream/sts_client.hpp"

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/sigv4.hpp"
#include "s3proxy/s3/xml.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace s3proxy::upstream {
namespace {

using boost::asio::awaitable;

constexpr std::string_view api_version = "2011-06-15";
constexpr std::size_t readable = 300;     // characters of a stranger's message in a line of ours
constexpr std::size_t telling_part = 16;  // a shorter part of a token is no secret, and may be a word

void add(std::string& form, std::string_view name, std::string_view value) {
  if (value.empty()) {
    return;
  }
  form.append(form.empty() ? "" : "&").append(name).append("=");
  form.append(http::uri_encode(value, http::slash::encode));
}

std::string form_of(std::string_view action, std::string_view role_arn, std::string_view session_name,
                    std::optional<std::chrono::seconds> duration) {
  std::string form;
  add(form, "Action", action);
  add(form, "Version", api_version);
  add(form, "RoleArn", role_arn);
  add(form, "RoleSessionName", session_name);
  add(form, "DurationSeconds", duration ? std::to_string(duration->count()) : std::string());
  return form;
}

call_request post(callee const& sts, std::string form) {
  call_request out;
  out.method = "POST";
  out.headers.set("Host", sts.endpoint.host_field());
  out.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  out.headers.set("Accept", "application/xml, text/xml");
  out.body = std::move(form);
  return out;
}

bool says_later(unsigned status, std::string_view code) {
  static constexpr std::array<std::string_view, 5> codes{"Throttling", "ThrottlingException",
                                                         "RequestThrottled", "RequestLimitExceeded",
                                                         "IDPCommunicationError"};
  return status == 429 || status >= 500 || std::ranges::find(codes, code) != codes.end();
}

sts_outcome outcome_of(base::result<call_answer> const& answered,
                       std::initializer_list<base::secret> secrets) {
  using enum sts_failure::kind;
  if (!answered) {
    auto const why = base::to_errc(answered.error());
    return sts_failure{why == base::errc::origin_bad_response ? garbage : unreachable, {}, {}, 0, why};
  }
  if (answered->status == 200) {
    if (auto issued = s3::parse_sts_credentials(answered->body)) {
      return *std::move(issued);
    }
    return sts_failure{garbage, {}, {}, answered->status};
  }
  auto const error = s3::parse_sts_error(answered->body).value_or(s3::store_error{});
  auto code = without_secrets(error.code, secrets);
  auto message = without_secrets(error.message, secrets);
  auto const what = says_later(answered->status, error.code)             ? unreachable
                    : answered->status / 100 == 4 && !error.code.empty() ? refused
                                                                         : garbage;
  return sts_failure{what, std::move(code), std::move(message), answered->status};
}

void replace_all(std::string& text, std::string_view secret) {
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), base::secret::printable());
  }
}

}  // namespace

std::string without_secrets(std::string text, std::initializer_list<base::secret> secrets) {
  for (auto const& secret : secrets) {
    std::string_view left = secret.reveal();
    if (left.empty()) {
      continue;
    }
    replace_all(text, left);
    while (!left.empty()) {
      auto const part = left.substr(0, left.find('.'));
      if (part.size() >= telling_part) {
        replace_all(text, part);
      }
      left.remove_prefix(std::min(left.size(), part.size() + 1));
    }
  }
  if (text.size() > readable) {
    text.resize(readable);
    text += "...";
  }
  return text;
}

std::string sts_failure::sentence() const {
  if (status == 0) {
    return std::string(describe_call_fault(connection_fault));
  }
  if (code.empty()) {
    return "it answered " + std::to_string(status) +
           (status == 200 ? " without usable credentials" : " without saying why");
  }
  return code + " (" + std::to_string(status) + ")" + (message.empty() ? "" : ": " + message);
}

awaitable<sts_outcome> assume_role_with_web_identity(callee sts, web_identity_request request,
                                                     call_limits limits) {
  auto form = form_of("AssumeRoleWithWebIdentity", request.role_arn, request.session_name, request.duration);
  add(form, "WebIdentityToken", request.token.reveal());
  auto asked = post(sts, std::move(form));
  auto const answered = co_await call(std::move(sts), std::move(asked), limits);
  co_return outcome_of(answered, {request.token});
}

awaitable<sts_outcome> assume_role(callee sts, assume_role_request request, http::wall_time now,
                                   call_limits limits) {
  auto form = form_of("AssumeRole", request.role_arn, request.session_name, request.duration);
  add(form, "ExternalId", request.external_id);
  auto asked = post(sts, std::move(form));
  s3::signing_key_cache keys;
  s3::sign(asked.method, asked.target, {}, asked.headers, request.signer, request.region,
           base::to_hex(base::sha256(asked.body)), now, keys, "sts");
  auto const answered = co_await call(std::move(sts), std::move(asked), limits);
  co_return outcome_of(answered, {request.signer.secret_key, request.signer.session_token});
}

}  // namespace s3proxy::upstream
