#include "sigv4_claims.hpp"

#include <algorithm>
#include <array>

namespace s3proxy::s3 {
namespace {

constexpr std::array<std::string_view, 7> signature_parameters{
    "X-Amz-Algorithm",     "X-Amz-Credential", "X-Amz-Date",          "X-Amz-Expires",
    "X-Amz-SignedHeaders", "X-Amz-Signature",  "X-Amz-Content-Sha256"};

/// The decoded name of one piece of a query; what does not decode has no name of ours.
std::string name_of(std::string_view piece) {
  auto decoded = http::percent_decode(piece.substr(0, piece.find('=')), http::plus::is_space);
  return decoded ? std::move(*decoded) : std::string{};
}

}  // namespace

std::string drop_parameters(std::string_view raw_query, drop_rule const& drops) {
  std::string out;
  out.reserve(raw_query.size());
  bool first = true;
  for (std::size_t from = 0; from <= raw_query.size();) {
    auto const end = std::min(raw_query.find('&', from), raw_query.size());
    auto const piece = raw_query.substr(from, end - from);
    from = end + 1;
    if (drops(name_of(piece))) {
      continue;
    }
    if (!first) {
      out += '&';
    }
    first = false;
    out += piece;
  }
  return out;
}

std::string without_signature(std::string_view raw_query, signature_place signed_in) {
  if (raw_query.empty()) {
    return {};
  }
  return drop_parameters(raw_query, [signed_in](std::string_view name) {
    if (http::same_name(name, security_token_parameter)) {
      return true;
    }
    return signed_in == signature_place::query &&
           std::ranges::any_of(signature_parameters, [name](auto own) { return http::same_name(own, name); });
  });
}

}  // namespace s3proxy::s3
