#include "sigv4_claims.hpp"

#include <algorithm>

namespace s3proxy::s3 {
namespace {

using base::errc;

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

/// The time a header signature was made. Errors: missing_date, request_time_too_skewed.
base::result<http::wall_time> request_time(auth_fields const& fields, http::wall_time now) {
  auto const& source = fields.amz_date.times > 0 ? fields.amz_date : fields.date;
  if (source.times != 1) {
    return errc::missing_date;
  }
  auto const at =
      fields.amz_date.times > 0 ? http::parse_amz_date(source.value) : parse_date_field(source.value);
  if (!at) {
    return errc::missing_date;
  }
  if (*at > now + allowed_skew || *at < now - allowed_skew) {
    return errc::request_time_too_skewed;
  }
  return *at;
}

/// Whether a presigned URL is valid now.
base::result<void> check_lifetime(presigned const& given, http::wall_time now) {
  if (given.at > now + allowed_skew) {
    return errc::request_not_yet_valid;
  }
  if (now > given.at + given.lifetime) {
    return errc::request_expired;
  }
  return {};
}

bool is_listed(std::string_view name, std::vector<std::string_view> const& signed_headers) {
  return std::any_of(signed_headers.begin(), signed_headers.end(),
                     [name](std::string_view listed) { return http::same_name(listed, name); });
}

bool covers_what_matters(http::field_list const& fields, std::vector<std::string_view> const& signed_headers,
                         std::string_view payload_word) {
  if (!is_listed("host", signed_headers)) {
    return false;
  }
  return std::all_of(fields.begin(), fields.end(), [&](http::field_view const& field) {
    if (!http::has_prefix(field.name, "x-amz-") || is_listed(field.name, signed_headers)) {
      return true;
    }
    // The payload word is part of the canonical request by itself.
    return field.value == payload_word && http::same_name(field.name, "x-amz-content-sha256");
  });
}

bool are_all_present(std::vector<std::string_view> const& signed_headers, http::field_list const& fields) {
  return std::all_of(signed_headers.begin(), signed_headers.end(),
                     [&](std::string_view name) { return fields.contains(name); });
}

/// A signature with what it was made of, wherever it stood.
struct signed_claim {
  authorization const& given;
  std::string_view amz_date;
  std::string_view raw_query;     ///< without the signature itself
  std::string_view payload_word;  ///< as the canonical request has it
  signature_place place;
};

/// Compares signatures. A key that nobody has costs the same work, so that time does not tell which keys
/// exist.
base::result<void> check_signature(http::request_head const& head, signed_claim const& claim,
                                   credentials const* client, signing_key_cache& keys) {
  static base::secret const nobodys_secret{std::string(40, '-')};
  auto const& secret = client ? client->secret_key : nobodys_secret;
  auto const& given = claim.given;
  auto const canonical =
      canonical_request({head.method_text, head.path, claim.raw_query, head.fields, given.signed_headers,
                         given.signed_headers_text, claim.payload_word});
  auto const& key = keys.get(secret, given.scope.date, given.scope.region, given.scope.service);
  auto const expected = base::hmac_sha256(key, string_to_sign(claim.amz_date, given.scope, canonical));
  bool const equal = base::equal_constant_time(base::as_text(expected), base::as_text(given.signature));
  if (!client) {
    return errc::invalid_access_key_id;
  }
  if (!equal || !are_all_present(given.signed_headers, head.fields)) {
    return errc::signature_does_not_match;
  }
  return {};
}

chunk_seed seed_of(signed_claim const& claim, credentials const& client, signing_key_cache& keys) {
  auto const& scope = claim.given.scope;
  return {keys.get(client.secret_key, scope.date, scope.region, scope.service), std::string(claim.amz_date),
          scope.date + "/" + scope.region + "/" + scope.service + "/aws4_request", claim.given.signature};
}

/// One request under verification: what was found in it, before any of it is believed.
class verification {
 public:
  verification(http::request_head const& head, auth_fields const& fields, http::query_list const& query,
               auth_parameters const& in_query, std::string_view token, verify_context const& context)
      : head_(head), fields_(fields), query_(query), in_query_(in_query), token_(token), context_(context) {}

  base::result<verified> by_header() const;
  base::result<verified> by_query() const;
  base::result<verified> as_unsigned() const;

 private:
  base::result<verified> by_bearer_scheme(std::string_view token) const;
  base::result<verified> check(signed_claim const& claim, counted const& word) const;
  base::result<verified> accept_bearer(counted const& word, signature_place place) const;
  base::result<void> check_time_if_told() const;
  base::result<counted> query_payload_word(authorization const& given) const;

  bool accepts_bearers() const { return context_.bearer_tokens == bearer_rule::accept; }
  /// True when the claim is to a key that nobody has, beside a token that speaks for itself. A known key is
  /// verified as such, whatever comes with it.
  bool is_bearers(authorization const& given) const {
    return accepts_bearers() && is_bearer_token(token_) &&
           context_.find_key(given.scope.key_id.str()) == nullptr;
  }

  http::request_head const& head_;
  auth_fields const& fields_;
  http::query_list const& query_;
  auth_parameters const& in_query_;
  std::string_view token_;
  verify_context const& context_;
};

base::result<verified> verification::check(signed_claim const& claim, counted const& word) const {
  if (!covers_what_matters(head_.fields, claim.given.signed_headers, claim.payload_word)) {
    return errc::headers_not_signed;
  }
  if (claim.place == signature_place::header && word.times == 0) {
    return errc::missing_content_sha256;
  }
  auto const* const client = context_.find_key(claim.given.scope.key_id.str());
  auto const matches = check_signature(head_, claim, client, *context_.keys);
  if (!matches) {
    return matches.error();
  }
  // An empty token says what none says; it goes no further than here.
  if (!base::equal_constant_time(token_, client->session_token.reveal())) {
    return errc::invalid_token;
  }
  auto payload = read_payload(head_, fields_, word);
  if (!payload) {
    return payload.error();
  }
  if (auto* const chunks = std::get_if<streaming_payload>(&*payload);
      chunks && chunks->lines == streaming_payload::chunks::with_signatures) {
    chunks->seed = seed_of(claim, *client, *context_.keys);
  }
  return verified{claim.given.scope.key_id, std::move(*payload), claim.place};
}

base::result<verified> verification::accept_bearer(counted const& word, signature_place place) const {
  auto payload = read_payload(head_, fields_, word);
  if (!payload) {
    return payload.error();
  }
  return verified{bearer_token{base::secret(std::string(token_))}, std::move(*payload), place};
}

base::result<void> verification::check_time_if_told() const {
  if (fields_.amz_date.times + fields_.date.times > 0) {
    auto const at = request_time(fields_, context_.now);
    if (!at) {
      return at.error();
    }
  }
  return {};
}

base::result<verified> verification::by_bearer_scheme(std::string_view token) const {
  if (!token_.empty() && token_ != token) {
    return errc::invalid_authorization;
  }
  if (!is_bearer_token(token)) {
    return errc::invalid_token;
  }
  auto const in_time = check_time_if_told();
  if (!in_time) {
    return in_time.error();
  }
  auto bearer = *this;
  bearer.token_ = token;
  return bearer.accept_bearer(fields_.content_sha256, signature_place::none);
}

base::result<verified> verification::by_header() const {
  if (fields_.authorization.value.empty()) {
    return errc::access_denied;
  }
  if (accepts_bearers()) {
    if (auto const token = bearer_scheme_token(fields_.authorization.value)) {
      return by_bearer_scheme(*token);
    }
  }
  auto const given = parse_authorization(fields_.authorization.value);
  if (!given) {
    return given.error();
  }
  if (is_bearers(*given)) {
    auto const in_time = check_time_if_told();
    return in_time ? accept_bearer(fields_.content_sha256, signature_place::header) : in_time.error();
  }
  auto const at = request_time(fields_, context_.now);
  if (!at) {
    return at.error();
  }
  auto const amz_date = http::format_amz_date(*at);
  if (!std::string_view(amz_date).starts_with(given->scope.date)) {
    return errc::authorization_malformed;
  }
  return check({*given, amz_date, head_.query, fields_.content_sha256.value, signature_place::header},
               fields_.content_sha256);
}

/// The payload word of a presigned URL: its parameter, else a header that was signed; usually none.
base::result<counted> verification::query_payload_word(authorization const& given) const {
  auto const& parameter = in_query_.content_sha256;
  auto const& field = fields_.content_sha256;
  if (parameter.times > 1) {
    return errc::invalid_authorization;
  }
  auto const counts = field.times > 0 && is_listed("x-amz-content-sha256", given.signed_headers);
  if (parameter.times == 0) {
    return counts ? field : counted{};
  }
  if (counts && (field.times > 1 || field.value != parameter.value)) {
    return errc::invalid_content_sha256;
  }
  return parameter;
}

base::result<verified> verification::by_query() const {
  auto const given = parse_presigned(query_);
  if (!given) {
    return given.error();
  }
  auto const valid = check_lifetime(*given, context_.now);
  if (!valid) {
    return valid.error();
  }
  auto const word = query_payload_word(given->claim);
  if (!word) {
    return word.error();
  }
  if (is_bearers(given->claim)) {
    return accept_bearer(*word, signature_place::query);
  }
  auto const query =
      drop_parameters(head_.query, [](std::string_view name) { return name == "X-Amz-Signature"; });
  auto const text = word->times == 0 ? unsigned_payload_word : word->value;
  return check({given->claim, given->amz_date, query, text, signature_place::query}, *word);
}

base::result<verified> verification::as_unsigned() const {
  auto const& word = fields_.content_sha256;
  if (accepts_bearers() && is_bearer_token(token_)) {
    auto const in_time = check_time_if_told();
    return in_time ? accept_bearer(word, signature_place::none) : in_time.error();
  }
  if (context_.unsigned_requests == unsigned_rule::refuse) {
    return errc::access_denied;
  }
  auto payload = read_payload(head_, fields_, word);
  if (!payload) {
    return payload.error();
  }
  return verified{anonymous{}, std::move(*payload), signature_place::none};
}

}  // namespace

base::result<verified> verify(http::request_head const& head, verify_context const& context) {
  auto const fields = read_auth_fields(head.fields);
  auto const query = http::query_list::parse(head.query);
  if (!query) {
    return query.error();
  }
  auto const in_query = read_auth_parameters(*query);
  if (fields.authorization.times + in_query.v4 + in_query.v2 > 1) {
    return errc::invalid_authorization;
  }
  if (in_query.v2 > 0) {
    return errc::unsupported_signature;
  }
  auto const token = session_token(fields, in_query);
  if (!token) {
    return token.error();
  }
  verification const request(head, fields, *query, in_query, *token, context);
  if (in_query.v4 > 0) {
    return request.by_query();
  }
  return fields.authorization.times > 0 ? request.by_header() : request.as_unsigned();
}

}  // namespace s3proxy::s3
