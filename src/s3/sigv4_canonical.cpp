#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/sigv4.hpp"

#include <algorithm>
#include <cstddef>

namespace s3proxy::s3 {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

void append_path(std::string& out, std::string_view raw) {
  // Most paths are their own canonical form.
  if (std::all_of(raw.begin(), raw.end(), [](char c) { return is_unreserved(c) || c == '/'; })) {
    out += raw;
    return;
  }
  auto const decoded = http::percent_decode(raw, http::plus::is_literal);
  if (decoded) {
    out += http::uri_encode(*decoded, http::slash::keep);
  } else {
    out += raw;
  }
}

std::string encode_query_part(std::string_view raw) {
  auto const decoded = http::percent_decode(raw, http::plus::is_space);
  return http::uri_encode(decoded ? std::string_view(*decoded) : raw, http::slash::encode);
}

/// Compared as a pair, not as the text `name=value`: `a` comes before `a-b`, although `-` sorts before `=`.
struct encoded_parameter {
  std::string name;
  std::string value;
  friend auto operator<=>(encoded_parameter const&, encoded_parameter const&) = default;
};

std::vector<encoded_parameter> encode_query(std::string_view raw) {
  std::vector<encoded_parameter> out;
  out.reserve(static_cast<std::size_t>(std::count(raw.begin(), raw.end(), '&')) + 1);
  while (!raw.empty()) {
    auto const piece = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(piece.size() + 1, raw.size()));
    if (piece.empty()) {
      continue;
    }
    auto const equals = std::min(piece.find('='), piece.size());
    auto const value = piece.substr(std::min(equals + 1, piece.size()));
    out.push_back({encode_query_part(piece.substr(0, equals)), encode_query_part(value)});
  }
  return out;
}

void append_query(std::string& out, std::string_view raw) {
  if (raw.empty()) {
    return;
  }
  auto parameters = encode_query(raw);
  if (!std::is_sorted(parameters.begin(), parameters.end())) {
    std::sort(parameters.begin(), parameters.end());
  }
  bool first = true;
  for (auto const& [name, value] : parameters) {
    if (!first) {
      out += '&';
    }
    first = false;
    out.append(name).append("=").append(value);
  }
}

/// Trimmed, every inner run of blanks one space: what all signers do, although RFC 9110 does not call them
/// equal.
void append_value(std::string& out, std::string_view value) {
  auto const begin = std::ranges::find_if_not(value, is_blank);
  value.remove_prefix(static_cast<std::size_t>(begin - value.begin()));
  while (!value.empty() && is_blank(value.back())) {
    value.remove_suffix(1);
  }
  if (value.find('\t') == value.npos && value.find("  ") == value.npos) {
    out += value;  // most values are their own canonical form
    return;
  }
  bool owes_space = false;
  auto const start = out.size();
  for (char const c : value) {
    if (is_blank(c)) {
      owes_space = out.size() > start;
      continue;
    }
    if (owes_space) {
      out += ' ';
      owes_space = false;
    }
    out += c;
  }
}

/// `name:value` with the values of repeated fields joined in their order.
void append_header(std::string& out, std::string_view name, http::field_list const& fields) {
  out.append(name).append(":");
  bool first = true;
  for (auto const& field : fields) {
    if (!http::same_name(field.name, name)) {
      continue;
    }
    if (!first) {
      out += ',';
    }
    first = false;
    append_value(out, field.value);
  }
  out += '\n';
}

}  // namespace

std::string canonical_path(std::string_view raw_path) {
  std::string out;
  append_path(out, raw_path);
  return out;
}

std::string canonical_query(std::string_view raw_query) {
  std::string out;
  append_query(out, raw_query);
  return out;
}

std::string canonical_request(canonical_input const& in) {
  std::string out;
  out.reserve(1024);
  out.append(in.method).append("\n");
  append_path(out, in.raw_path);
  out += '\n';
  append_query(out, in.raw_query);
  out += '\n';
  for (auto const name : in.signed_headers) {
    append_header(out, name, in.fields);
  }
  out.append("\n").append(in.signed_headers_text).append("\n").append(in.payload_hash);
  return out;
}

std::string string_to_sign(std::string_view amz_date, credential_scope const& scope,
                           std::string_view canonical) {
  std::string out;
  out.reserve(192);
  out.append("AWS4-HMAC-SHA256\n").append(amz_date).append("\n");
  out.append(scope.date).append("/").append(scope.region).append("/").append(scope.service);
  out.append("/aws4_request\n").append(base::to_hex(base::sha256(canonical)));
  return out;
}

base::digest derive_signing_key(base::secret const& secret_key, std::string_view date,
                                std::string_view region, std::string_view service) {
  auto const of_day = base::hmac_sha256("AWS4" + secret_key.reveal(), date);
  auto const of_region = base::hmac_sha256(of_day, region);
  auto const of_service = base::hmac_sha256(of_region, service);
  return base::hmac_sha256(of_service, "aws4_request");
}

base::digest const& signing_key_cache::get(base::secret const& secret_key, std::string_view date,
                                           std::string_view region, std::string_view service) {
  for (auto const& held : entries_) {
    if (held.date == date && held.region == region && held.service == service &&
        held.secret == secret_key.reveal()) {
      return held.key;
    }
  }
  ++derivations_;
  entry fresh{secret_key.reveal(), std::string(date), std::string(region), std::string(service),
              derive_signing_key(secret_key, date, region, service)};
  if (entries_.size() < capacity) {
    entries_.push_back(std::move(fresh));
    return entries_.back().key;
  }
  auto& oldest = entries_[next_];
  next_ = (next_ + 1) % capacity;
  oldest = std::move(fresh);
  return oldest.key;
}

}  // namespace s3proxy::s3
