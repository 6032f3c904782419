#include "sigv4_claims.hpp"

#include <algorithm>

namespace s3proxy::s3 {
namespace {

using base::errc;

/// Identity providers' tokens with many groups in them reach 8 KiB; a head may have 32.
constexpr std::size_t longest_bearer_token = 16 * 1024;

bool lists_aws_chunked(std::string_view encodings) {
  while (!encodings.empty()) {
    auto const token = encodings.substr(0, encodings.find(','));
    encodings.remove_prefix(std::min(token.size() + 1, encodings.size()));
    if (http::same_name(http::trim(token), "aws-chunked")) {
      return true;
    }
  }
  return false;
}

bool is_base64url(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

auth_fields read_auth_fields(http::field_list const& fields) {
  auth_fields out;
  for (auto const& [name, value] : fields) {
    if (http::same_name(name, "authorization")) {
      out.authorization.note(value);
    } else if (http::same_name(name, "x-amz-date")) {
      out.amz_date.note(value);
    } else if (http::same_name(name, "date")) {
      out.date.note(value);
    } else if (http::same_name(name, "x-amz-content-sha256")) {
      out.content_sha256.note(value);
    } else if (http::same_name(name, "x-amz-security-token")) {
      out.security_token.note(value);
    } else if (http::same_name(name, "x-amz-decoded-content-length")) {
      out.decoded_length.note(value);
    } else if (http::same_name(name, "x-amz-trailer")) {
      out.trailer.note(value);
    } else if (http::same_name(name, "content-encoding") && lists_aws_chunked(value)) {
      out.aws_chunked = true;
    }
  }
  return out;
}

auth_parameters read_auth_parameters(http::query_list const& query) {
  auth_parameters out;
  std::size_t algorithm = 0, credential = 0, signature = 0, v2_key = 0, v2_signature = 0;
  for (auto const& [name, value] : query) {
    // In any case: a store that reads names so must not find a signature that we did not see.
    algorithm += http::same_name(name, "X-Amz-Algorithm") ? 1 : 0;
    credential += http::same_name(name, "X-Amz-Credential") ? 1 : 0;
    signature += http::same_name(name, "X-Amz-Signature") ? 1 : 0;
    v2_key += http::same_name(name, "AWSAccessKeyId") ? 1 : 0;
    v2_signature += http::same_name(name, "Signature") ? 1 : 0;
    if (http::same_name(name, security_token_parameter)) {
      out.security_token.note(value);
    } else if (http::same_name(name, content_sha256_parameter)) {
      out.content_sha256.note(value);
    }
  }
  out.v4 = std::max({algorithm, credential, signature});
  out.v2 = std::min(v2_key, v2_signature);
  return out;
}

base::result<std::string_view> session_token(auth_fields const& fields, auth_parameters const& in_query) {
  auto const& field = fields.security_token;
  auto const& parameter = in_query.security_token;
  auto const differ = field.times > 0 && parameter.times > 0 && field.value != parameter.value;
  if (field.times > 1 || parameter.times > 1 || differ) {
    return errc::invalid_authorization;
  }
  return field.times > 0 ? field.value : parameter.value;
}

bool is_bearer_token(std::string_view text) {
  if (text.size() > longest_bearer_token || std::count(text.begin(), text.end(), '.') != 2) {
    return false;
  }
  auto const first = text.find('.');
  auto const last = text.rfind('.');
  return is_base64url(text.substr(0, first)) && is_base64url(text.substr(first + 1, last - first - 1)) &&
         is_base64url(text.substr(last + 1));
}

std::optional<std::string_view> bearer_scheme_token(std::string_view authorization) {
  auto const space = authorization.find(' ');
  if (!http::same_name(authorization.substr(0, space), "bearer")) {
    return std::nullopt;
  }
  return space == authorization.npos ? std::string_view{} : http::trim(authorization.substr(space));
}

}  // namespace s3proxy::s3
