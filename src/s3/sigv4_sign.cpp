#include "sigv4_claims.hpp"

#include <algorithm>
#include <cstddef>

namespace s3proxy::s3 {
namespace {

/// What we vouch for: what names the object and what changes the meaning of the request. The rest may be
/// touched by what lies between us and the store.
bool is_signed(std::string_view lower_name) {
  return lower_name == "host" || lower_name.starts_with("x-amz-") || lower_name == "content-type" ||
         lower_name == "content-md5" || lower_name == "range";
}

std::string join(std::vector<std::string> const& names) {
  std::string out;
  for (auto const& name : names) {
    if (!out.empty()) {
      out += ';';
    }
    out += name;
  }
  return out;
}

/// The headers that a signature covers.
struct covered_headers {
  std::vector<std::string> names;  ///< lower-case, ascending
  std::string text;                ///< as SignedHeaders has them
};

covered_headers covered_by_signature(http::header_list const& headers) {
  std::vector<std::string> names;
  names.reserve(headers.size());
  for (auto const& header : headers) {
    auto name = http::to_lower(header.name);
    if (is_signed(name)) {
      names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  auto text = join(names);
  return {std::move(names), std::move(text)};
}

http::field_list views_of(http::header_list const& headers) {
  http::field_list fields;
  fields.reserve(headers.size());
  for (auto const& header : headers) {
    fields.add({header.name, header.value});
  }
  return fields;
}

struct to_sign {
  std::string_view method, raw_path, raw_query, payload_word, amz_date;
};

/// The signature, in hexadecimal, over the request and those of `headers` that are covered.
std::string signature_of(to_sign const& what, http::header_list const& headers,
                         covered_headers const& covered, credential_scope const& scope,
                         credentials const& with, signing_key_cache& keys) {
  std::vector<std::string_view> const views(covered.names.begin(), covered.names.end());
  auto const fields = views_of(headers);
  auto const canonical = canonical_request(
      {what.method, what.raw_path, what.raw_query, fields, views, covered.text, what.payload_word});
  auto const& key = keys.get(with.secret_key, scope.date, scope.region, scope.service);
  return base::to_hex(base::hmac_sha256(key, string_to_sign(what.amz_date, scope, canonical)));
}

std::string scope_text(credential_scope const& scope) {
  return scope.key_id.str() + "/" + scope.date + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

void set_own_headers(http::header_list& headers, credentials const& with, std::string_view amz_date,
                     std::string_view payload_hash) {
  headers.erase("Authorization");
  headers.set("x-amz-date", amz_date);
  headers.set("x-amz-content-sha256", payload_hash);
  if (with.session_token.empty()) {
    headers.erase("x-amz-security-token");
  } else {
    headers.set("x-amz-security-token", with.session_token.reveal());
  }
}

}  // namespace

void sign(std::string_view method, std::string_view raw_path, std::string_view raw_query,
          http::header_list& headers, credentials const& with, std::string_view region,
          std::string_view payload_hash, http::wall_time now, signing_key_cache& keys,
          std::string_view service) {
  auto const amz_date = http::format_amz_date(now);
  set_own_headers(headers, with, amz_date, payload_hash);

  auto const covered = covered_by_signature(headers);
  credential_scope const scope{with.key_id, amz_date.substr(0, 8), std::string(region), std::string(service)};
  auto const signature = signature_of({method, raw_path, raw_query, payload_hash, amz_date}, headers, covered,
                                      scope, with, keys);

  std::string value = "AWS4-HMAC-SHA256 Credential=";
  value.append(scope_text(scope)).append(", SignedHeaders=").append(covered.text);
  value.append(", Signature=").append(signature);
  headers.set("Authorization", value);
}

std::string presign(request_to_presign const& request, http::header_list& headers, credentials const& with,
                    std::string_view region, http::wall_time now, signing_key_cache& keys) {
  auto const amz_date = http::format_amz_date(now);
  credential_scope const scope{with.key_id, amz_date.substr(0, 8), std::string(region), "s3"};
  for (auto const* const name :
       {"Authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}) {
    headers.erase(name);
  }
  if (request.payload_word != unsigned_payload_word) {
    headers.add("x-amz-content-sha256", request.payload_word);
  }
  auto const covered = covered_by_signature(headers);

  std::string query(request.raw_query);
  auto const add = [&query](std::string_view name, std::string_view value) {
    query.append(query.empty() ? "" : "&").append(name).append("=");
    query.append(http::uri_encode(value, http::slash::encode));
  };
  add("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
  add("X-Amz-Credential", scope_text(scope));
  add("X-Amz-Date", amz_date);
  add("X-Amz-Expires", std::to_string(request.lifetime.count()));
  if (!with.session_token.empty()) {
    add(security_token_parameter, with.session_token.reveal());
  }
  add("X-Amz-SignedHeaders", covered.text);
  add("X-Amz-Signature",
      signature_of({request.method, request.raw_path, query, request.payload_word, amz_date}, headers,
                   covered, scope, with, keys));
  return query;
}

}  // namespace s3proxy::s3
