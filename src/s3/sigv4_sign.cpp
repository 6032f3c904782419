#include "s3proxy/s3/sigv4.hpp"

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

std::vector<std::string> names_to_sign(http::header_list const& headers) {
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
  return names;
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

  auto const names = names_to_sign(headers);
  auto const names_text = join(names);
  std::vector<std::string_view> const name_views(names.begin(), names.end());
  http::field_list fields;
  for (auto const& header : headers) {
    fields.add({header.name, header.value});
  }
  credential_scope const scope{with.key_id, amz_date.substr(0, 8), std::string(region), std::string(service)};
  auto const canonical =
      canonical_request({method, raw_path, raw_query, fields, name_views, names_text, payload_hash});
  auto const& key = keys.get(with.secret_key, scope.date, scope.region, scope.service);
  auto const signature = base::hmac_sha256(key, string_to_sign(amz_date, scope, canonical));

  std::string value = "AWS4-HMAC-SHA256 Credential=";
  value.append(with.key_id.str()).append("/").append(scope.date).append("/").append(region);
  value.append("/").append(service).append("/aws4_request, SignedHeaders=").append(names_text);
  value.append(", Signature=").append(base::to_hex(signature));
  headers.set("Authorization", value);
}

}  // namespace s3proxy::s3
