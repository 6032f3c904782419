#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/sigv4.hpp"

#include <algorithm>
#include <cstddef>

namespace s3proxy::s3 {
namespace {

using base::errc;

/// A field that must not come twice: its value, and how often it came.
struct counted {
  std::string_view value;
  std::size_t times = 0;

  void note(std::string_view text) {
    value = times == 0 ? text : value;
    ++times;
  }
};

/// The fields that verification reads, found in one pass.
struct auth_fields {
  counted authorization, amz_date, date, content_sha256, security_token;
  bool aws_chunked = false;
};

bool lists_aws_chunked(std::string_view encodings) {
  while (!encodings.empty()) {
    auto token = encodings.substr(0, encodings.find(','));
    encodings.remove_prefix(std::min(token.size() + 1, encodings.size()));
    auto const first = std::min(token.find_first_not_of(" \t"), token.size());
    token.remove_prefix(first);
    token = token.substr(0, token.find_last_not_of(" \t") + 1);
    if (http::same_name(token, "aws-chunked")) {
      return true;
    }
  }
  return false;
}

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
    } else if (http::same_name(name, "x-amz-decoded-content-length") ||
               (http::same_name(name, "content-encoding") && lists_aws_chunked(value))) {
      out.aws_chunked = true;
    }
  }
  return out;
}

/// How often a query carries a signature of its own: presigned Version 4, or Version 2.
struct query_auth {
  std::size_t v4 = 0;
  std::size_t v2 = 0;
};

base::result<query_auth> find_query_auth(std::string_view raw_query) {
  if (raw_query.empty()) {
    return query_auth{};
  }
  auto const query = http::query_list::parse(raw_query);
  if (!query) {
    return query.error();
  }
  std::size_t algorithm = 0, credential = 0, signature = 0, v2_key = 0, v2_signature = 0;
  for (auto const& [name, value] : *query) {
    // In any case: a store that reads names so must not find a signature that we did not see.
    algorithm += http::same_name(name, "X-Amz-Algorithm") ? 1 : 0;
    credential += http::same_name(name, "X-Amz-Credential") ? 1 : 0;
    signature += http::same_name(name, "X-Amz-Signature") ? 1 : 0;
    v2_key += http::same_name(name, "AWSAccessKeyId") ? 1 : 0;
    v2_signature += http::same_name(name, "Signature") ? 1 : 0;
  }
  return query_auth{std::max({algorithm, credential, signature}), std::min(v2_key, v2_signature)};
}

base::result<payload_mode> read_payload_word(counted const& word) {
  if (word.times > 1) {
    return errc::invalid_content_sha256;
  }
  if (word.value == unsigned_payload_word) {
    return payload_mode{unsigned_payload{}};
  }
  if (word.value.starts_with("STREAMING-")) {
    return errc::not_implemented;
  }
  auto const hash = base::digest_from_hex(word.value);
  if (!hash) {
    return errc::invalid_content_sha256;
  }
  return payload_mode{hashed_payload{*hash}};
}

base::result<payload_mode> read_payload(auth_fields const& fields) {
  auto const mode = read_payload_word(fields.content_sha256);
  if (mode && fields.aws_chunked) {
    return errc::not_implemented;
  }
  return mode;
}

base::result<verified> accept_unsigned(auth_fields const& fields, unsigned_rule rule) {
  if (rule == unsigned_rule::refuse) {
    return errc::access_denied;
  }
  if (fields.content_sha256.times == 0) {
    return fields.aws_chunked ? base::result<verified>(errc::not_implemented)
                              : verified{anonymous{}, unsigned_payload{}};
  }
  auto const payload = read_payload(fields);
  if (!payload) {
    return payload.error();
  }
  return verified{anonymous{}, *payload};
}

/// The `Date` of a request: HTTP's forms, S3's own, and the zone in digits, as in mail, which botocore
/// writes.
std::optional<http::wall_time> parse_date_field(std::string_view text) {
  if (auto const at = http::parse_amz_date(text)) {
    return at;
  }
  if (text.ends_with(" -0000") || text.ends_with(" +0000")) {
    return http::parse_http_date(std::string(text.substr(0, text.size() - 5)) + "GMT");
  }
  return http::parse_http_date(text);
}

base::result<http::wall_time> request_time(auth_fields const& fields) {
  auto const& source = fields.amz_date.times > 0 ? fields.amz_date : fields.date;
  if (source.times != 1) {
    return errc::missing_date;
  }
  auto const at =
      fields.amz_date.times > 0 ? http::parse_amz_date(source.value) : parse_date_field(source.value);
  if (!at) {
    return errc::missing_date;
  }
  return *at;
}

bool is_skewed(http::wall_time at, http::wall_time now) {
  return at > now + allowed_skew || at < now - allowed_skew;
}

bool is_listed(std::string_view name, std::vector<std::string_view> const& signed_headers) {
  return std::any_of(signed_headers.begin(), signed_headers.end(),
                     [name](std::string_view listed) { return http::same_name(listed, name); });
}

bool covers_what_matters(http::field_list const& fields,
                         std::vector<std::string_view> const& signed_headers) {
  if (!is_listed("host", signed_headers)) {
    return false;
  }
  return std::all_of(fields.begin(), fields.end(), [&](http::field_view const& field) {
    // The payload word is part of the canonical request by itself.
    return !http::has_prefix(field.name, "x-amz-") || http::same_name(field.name, "x-amz-content-sha256") ||
           is_listed(field.name, signed_headers);
  });
}

bool are_all_present(std::vector<std::string_view> const& signed_headers, http::field_list const& fields) {
  return std::all_of(signed_headers.begin(), signed_headers.end(),
                     [&](std::string_view name) { return fields.contains(name); });
}

/// Compares signatures. A key that nobody has costs the same work, so that time does not tell which keys
/// exist.
base::result<void> check_signature(http::request_head const& head, authorization const& given,
                                   std::string_view amz_date, std::string_view payload_word,
                                   credentials const* client, signing_key_cache& keys) {
  static base::secret const nobodys_secret{std::string(40, '-')};
  auto const& secret = client ? client->secret_key : nobodys_secret;
  auto const canonical = canonical_request({head.method_text, head.path, head.query, head.fields,
                                            given.signed_headers, given.signed_headers_text, payload_word});
  auto const& key = keys.get(secret, given.scope.date, given.scope.region, given.scope.service);
  auto const expected = base::hmac_sha256(key, string_to_sign(amz_date, given.scope, canonical));
  bool const equal = base::equal_constant_time(base::as_text(expected), base::as_text(given.signature));
  if (!client) {
    return errc::invalid_access_key_id;
  }
  if (!equal || !are_all_present(given.signed_headers, head.fields)) {
    return errc::signature_does_not_match;
  }
  return {};
}

bool is_token_right(counted const& sent, base::secret const& expected) {
  // An empty field says what no field says; it goes no further than here.
  return sent.times <= 1 && base::equal_constant_time(sent.value, expected.reveal());
}

base::result<verified> verify_signed(http::request_head const& head, auth_fields const& fields,
                                     verify_context const& context) {
  auto const given = parse_authorization(fields.authorization.value);
  if (!given) {
    return given.error();
  }
  auto const at = request_time(fields);
  if (!at) {
    return at.error();
  }
  auto const amz_date = http::format_amz_date(*at);
  if (!std::string_view(amz_date).starts_with(given->scope.date)) {
    return errc::authorization_malformed;
  }
  if (is_skewed(*at, context.now)) {
    return errc::request_time_too_skewed;
  }
  if (!covers_what_matters(head.fields, given->signed_headers)) {
    return errc::headers_not_signed;
  }
  if (fields.content_sha256.times == 0) {
    return errc::missing_content_sha256;
  }
  auto const* const client = context.find_key(given->scope.key_id.str());
  auto const matches =
      check_signature(head, *given, amz_date, fields.content_sha256.value, client, *context.keys);
  if (!matches) {
    return matches.error();
  }
  if (!is_token_right(fields.security_token, client->session_token)) {
    return errc::invalid_token;
  }
  auto const payload = read_payload(fields);
  if (!payload) {
    return payload.error();
  }
  return verified{given->scope.key_id, *payload, signature_place::header};
}

}  // namespace

base::result<verified> verify(http::request_head const& head, verify_context const& context) {
  auto const fields = read_auth_fields(head.fields);
  auto const in_query = find_query_auth(head.query);
  if (!in_query) {
    return in_query.error();
  }
  if (fields.authorization.times + in_query->v4 + in_query->v2 > 1) {
    return errc::invalid_authorization;
  }
  if (in_query->v4 + in_query->v2 > 0) {
    return errc::not_implemented;
  }
  if (fields.authorization.times == 0) {
    return accept_unsigned(fields, context.unsigned_requests);
  }
  if (fields.authorization.value.empty()) {
    return errc::access_denied;
  }
  return verify_signed(head, fields, context);
}

}  // namespace s3proxy::s3
