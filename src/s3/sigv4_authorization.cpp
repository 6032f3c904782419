#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/s3/sigv4.hpp"

#include <algorithm>
#include <cstddef>

namespace s3proxy::s3 {
namespace {

using base::errc;

constexpr std::size_t longest_region = 64;
constexpr std::string_view hmac_algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view ecdsa_algorithm = "AWS4-ECDSA-P256-SHA256";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_day(std::string_view text) {
  return text.size() == 8 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_region(std::string_view text) {
  auto const fits = [](char c) {
    return is_digit(c) || is_lower(c) || is_upper(c) || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= longest_region && std::all_of(text.begin(), text.end(), fits);
}

/// A header's name in lower case: RFC 9110's token characters without capitals.
bool is_lower_name(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower(c) || is_digit(c) || marks.find(c) != marks.npos;
  });
}

/// What stands before the next `separator`, which is taken off `rest` with it.
std::string_view take_until(std::string_view& rest, char separator) {
  auto const at = rest.find(separator);
  auto const piece = rest.substr(0, at);
  rest = at == rest.npos ? std::string_view{} : rest.substr(at + 1);
  return piece;
}

std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

base::result<credential_scope> parse_scope(std::string_view text) {
  if (std::count(text.begin(), text.end(), '/') != 4) {
    return errc::authorization_malformed;
  }
  auto const key_id = take_until(text, '/');
  auto const day = take_until(text, '/');
  auto const region = take_until(text, '/');
  auto const service = take_until(text, '/');
  if (key_id.empty() || !is_day(day) || !is_region(region) || service != "s3" || text != "aws4_request") {
    return errc::authorization_malformed;
  }
  return credential_scope{base::access_key_id{key_id}, std::string(day), std::string(region),
                          std::string(service)};
}

base::result<std::vector<std::string_view>> parse_signed_headers(std::string_view text) {
  std::vector<std::string_view> names;
  names.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), ';')) + 1);
  for (std::size_t from = 0; from <= text.size();) {
    auto const end = std::min(text.find(';', from), text.size());
    auto const name = text.substr(from, end - from);
    if (!is_lower_name(name) || (!names.empty() && name <= names.back())) {
      return errc::authorization_malformed;
    }
    names.push_back(name);
    from = end + 1;
  }
  return names;
}

struct named_parts {
  std::optional<std::string_view> credential, signed_headers, signature;
};

base::result<named_parts> split_parts(std::string_view rest) {
  if (std::count(rest.begin(), rest.end(), ',') != 2) {
    return errc::authorization_malformed;
  }
  named_parts parts;
  // Three pieces with three names, none of them twice: all are there.
  for (int left = 3; left > 0; --left) {
    auto value = trim_spaces(take_until(rest, ','));
    auto const name = take_until(value, '=');
    auto* const slot = name == "Credential"      ? &parts.credential
                       : name == "SignedHeaders" ? &parts.signed_headers
                       : name == "Signature"     ? &parts.signature
                                                 : nullptr;
    if (slot == nullptr || slot->has_value()) {
      return errc::authorization_malformed;
    }
    *slot = value;
  }
  return parts;
}

errc refuse_scheme(std::string_view scheme) {
  if (scheme == "AWS") {
    return errc::unsupported_signature;
  }
  if (scheme == ecdsa_algorithm) {
    return errc::unsupported_sigv4a;
  }
  return errc::invalid_authorization;
}

base::result<authorization> assemble(named_parts const& parts) {
  auto scope = parse_scope(*parts.credential);
  if (!scope) {
    return scope.error();
  }
  auto names = parse_signed_headers(*parts.signed_headers);
  if (!names) {
    return names.error();
  }
  auto const signature = base::digest_from_hex(*parts.signature);
  if (!signature) {
    return errc::signature_does_not_match;
  }
  return authorization{std::move(*scope), *parts.signed_headers, std::move(*names), *signature};
}

struct presigned_parts {
  named_parts claim;
  std::optional<std::string_view> algorithm, date, expires;

  bool are_complete() const {
    return algorithm && date && expires && claim.credential && claim.signed_headers && claim.signature;
  }
};

/// S3 knows these names in this spelling only. A store that is not so strict must not find in another
/// spelling what nobody verified.
base::result<presigned_parts> find_presigned_parts(http::query_list const& query) {
  presigned_parts parts;
  std::pair<std::string_view, std::optional<std::string_view>*> const slots[] = {
      {"X-Amz-Algorithm", &parts.algorithm},
      {"X-Amz-Credential", &parts.claim.credential},
      {"X-Amz-Date", &parts.date},
      {"X-Amz-Expires", &parts.expires},
      {"X-Amz-SignedHeaders", &parts.claim.signed_headers},
      {"X-Amz-Signature", &parts.claim.signature},
  };
  bool misspelt = false;
  for (auto const& [name, value] : query) {
    for (auto const& [known, slot] : slots) {
      if (!http::same_name(name, known)) {
        continue;
      }
      if (*slot) {
        return errc::invalid_authorization;
      }
      *slot = value;
      misspelt = misspelt || name != known;
    }
  }
  if (misspelt) {
    return errc::presigned_malformed;
  }
  return parts;
}

base::result<std::chrono::seconds> parse_lifetime(std::string_view text) {
  auto const seconds = http::parse_decimal(text);
  if (!seconds || *seconds > static_cast<base::byte_count>(longest_presigned_lifetime.count())) {
    return errc::invalid_expires;
  }
  if (*seconds == 0) {
    return errc::request_expired;
  }
  return std::chrono::seconds(*seconds);
}

}  // namespace

base::result<authorization> parse_authorization(std::string_view value) {
  auto rest = value;
  auto const scheme = take_until(rest, ' ');
  if (scheme != hmac_algorithm) {
    return refuse_scheme(scheme);
  }
  auto const parts = split_parts(rest);
  if (!parts) {
    return parts.error();
  }
  return assemble(*parts);
}

base::result<presigned> parse_presigned(http::query_list const& query) {
  auto const parts = find_presigned_parts(query);
  if (!parts) {
    return parts.error();
  }
  if (parts->algorithm == ecdsa_algorithm) {
    return errc::unsupported_sigv4a;
  }
  if (!parts->are_complete() || parts->algorithm != hmac_algorithm) {
    return errc::presigned_malformed;
  }
  auto const at = http::parse_amz_date(*parts->date);
  if (!at) {
    return errc::presigned_malformed;
  }
  auto const lifetime = parse_lifetime(*parts->expires);
  if (!lifetime) {
    return lifetime.error();
  }
  auto claim = assemble(parts->claim);
  if (!claim) {
    return claim.error() == errc::authorization_malformed ? errc::presigned_malformed
                                                          : base::to_errc(claim.error());
  }
  if (!parts->date->starts_with(claim->scope.date)) {
    return errc::presigned_malformed;
  }
  return presigned{std::move(*claim), *parts->date, *at, *lifetime};
}

}  // namespace s3proxy::s3
