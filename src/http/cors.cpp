#include "s3proxy/http/cors.hpp"

#include <algorithm>
#include <array>

namespace s3proxy::http {
namespace {

constexpr std::array<std::string_view, 5> allowed_methods{"GET", "HEAD", "PUT", "POST", "DELETE"};

// By name, because `*` does not reach what a page may read of a request with credentials. Source: the
// response syntax of https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and its neighbours.
constexpr std::string_view exposed =
    "ETag, Content-Range, Content-Length, Accept-Ranges, Last-Modified, Content-Encoding, "
    "Content-Disposition, Content-Language, Cache-Control, Cache-Status, Date, Expires, Location, "
    "x-amz-abort-date, x-amz-abort-rule-id, x-amz-archive-status, x-amz-bucket-region, "
    "x-amz-checksum-crc32, x-amz-checksum-crc32c, x-amz-checksum-crc64nvme, x-amz-checksum-sha1, "
    "x-amz-checksum-sha256, x-amz-checksum-type, x-amz-copy-source-version-id, x-amz-delete-marker, "
    "x-amz-expiration, x-amz-id-2, x-amz-missing-meta, x-amz-mp-parts-count, x-amz-object-lock-legal-hold, "
    "x-amz-object-lock-mode, x-amz-object-lock-retain-until-date, x-amz-object-size, "
    "x-amz-replication-status, x-amz-request-charged, x-amz-request-id, x-amz-restore, "
    "x-amz-server-side-encryption, x-amz-server-side-encryption-aws-kms-key-id, "
    "x-amz-server-side-encryption-bucket-key-enabled, x-amz-server-side-encryption-context, "
    "x-amz-server-side-encryption-customer-algorithm, x-amz-server-side-encryption-customer-key-md5, "
    "x-amz-storage-class, x-amz-tagging-count, x-amz-version-id, x-amz-website-redirect-location";

bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_token_char(char c) {  // RFC 9110 section 5.6.2
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || marks.find(c) != std::string_view::npos;
}

/// The names of `Access-Control-Request-Headers`, echoed; nothing when one is not a token.
std::optional<std::string> echoed_names(std::string_view asked) {
  std::string out;
  while (!asked.empty()) {
    auto const comma = asked.find(',');
    auto const name = trim(asked.substr(0, comma));
    asked.remove_prefix(comma == std::string_view::npos ? asked.size() : comma + 1);
    if (name.empty()) {
      continue;  // RFC 9110 section 5.6.1: empty elements of a list say nothing
    }
    if (!std::ranges::all_of(name, is_token_char)) {
      return std::nullopt;
    }
    out.append(out.empty() ? "" : ", ").append(name);
  }
  return out;
}

void append_metadata_names(std::string& out, std::string_view fields) {
  while (!fields.empty()) {
    auto const end = std::min(fields.find("\r\n"), fields.size());
    auto const name = fields.substr(0, std::min(fields.find(':'), end));
    if (has_prefix(name, "x-amz-meta-")) {
      out.append(", ").append(name);
    }
    fields.remove_prefix(std::min(end + 2, fields.size()));
  }
}

}  // namespace

bool is_origin(std::string_view text) {
  if (text == "*" || text == "null") {
    return true;
  }
  constexpr auto npos = std::string_view::npos;
  auto const colon = text.find("://");
  if (colon == npos || colon == 0) {
    return false;
  }
  auto const scheme = text.substr(0, colon);
  auto const authority = text.substr(colon + 3);
  auto const in_host = [](char c) { return is_lower_alnum(c) || std::string_view("-._:[]").find(c) != npos; };
  auto const in_scheme = [](char c) { return is_lower_alnum(c) || c == '+' || c == '-' || c == '.'; };
  return !authority.empty() && std::ranges::all_of(scheme, in_scheme) &&
         std::ranges::all_of(authority, in_host);
}

std::optional<std::string_view> allowed_origin(field_list const& fields, allowed_origins allowed) {
  auto const origin = fields.find("origin");
  if (!origin || fields.count("origin") > 1) {
    return std::nullopt;
  }
  if (std::ranges::find(allowed, "*") != allowed.end()) {
    return "*";
  }
  return std::ranges::find(allowed, *origin) != allowed.end() ? origin : std::nullopt;
}

bool is_preflight(request_head const& head) {
  return head.method == method::options && head.fields.contains("origin") &&
         head.fields.contains("access-control-request-method");
}

std::optional<std::string> preflight_fields(request_head const& head, allowed_origins allowed,
                                            std::chrono::seconds good_for) {
  auto const asked = head.fields.find("access-control-request-method").value_or("");
  if (!allowed_origin(head.fields, allowed) ||
      std::ranges::find(allowed_methods, asked) == allowed_methods.end()) {
    return std::nullopt;
  }
  auto const names = echoed_names(head.fields.find("access-control-request-headers").value_or(""));
  if (!names) {
    return std::nullopt;
  }
  std::string out = "Access-Control-Allow-Methods: GET, HEAD, PUT, POST, DELETE\r\n";
  if (!names->empty()) {
    out.append("Access-Control-Allow-Headers: ").append(*names).append("\r\n");
  }
  return out.append("Access-Control-Max-Age: ").append(std::to_string(good_for.count())).append("\r\n");
}

std::string cors_fields(request_head const& head, allowed_origins allowed, std::string_view fields) {
  std::string out = is_preflight(head)
                        ? "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n"
                        : "Vary: Origin\r\n";
  auto const origin = allowed_origin(head.fields, allowed);
  if (!origin) {
    return out;
  }
  out.append("Access-Control-Allow-Origin: ").append(*origin).append("\r\n");
  out.append("Access-Control-Expose-Headers: ").append(exposed);
  append_metadata_names(out, fields);
  return out.append("\r\n");
}

bool is_cors_field(std::string_view name) {
  return has_prefix(name, "access-control-");
}

}  // namespace s3proxy::http
