#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/http/header_list.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace s3proxy::http {

using base::operator""_KiB;

enum class method { get, head, put, post, del, options };

std::string_view to_text(method m);

/// Bounds of a request head. Every number has its reason here and is listed in docs/configuration.md.
struct head_limits {
  /// Presigned URLs with session tokens reach 6 KiB; S3 itself allows 8 KiB of headers.
  std::size_t head_bytes = 32_KiB;
  /// SDKs send fewer than 30; S3 metadata can add one field per 3 bytes of 2 KiB.
  std::size_t fields = 128;
  /// A 1,024-byte key, percent-encoded, with a query to match.
  std::size_t target_bytes = 16_KiB;
};

/// How the end of the body is found (RFC 9112 section 6).
enum class body_kind { none, length, chunked };

/// A request head that passed the framing guard. Every view points into the raw head.
struct request_head {
  http::method method = method::get;
  std::string_view method_text;  ///< as received, for the canonical request
  std::string_view target;       ///< as received: origin-form, starts with '/'
  std::string_view path;         ///< target before the first '?'
  std::string_view query;        ///< target behind it; empty without one
  bool has_query = false;
  unsigned minor_version = 1;  ///< 0 or 1
  field_list fields;
  body_kind body = body_kind::none;
  base::byte_count content_length = 0;  ///< meaningful for body_kind::length
  bool keep_alive = true;
  bool expects_continue = false;  ///< `Expect: 100-continue` in any case, in HTTP/1.1; else ignored
};

/// The end of the head in `bytes` (the offset behind its empty line), or nothing while it is incomplete. A
/// line that ends in a bare LF counts, too, so that the guard can refuse it at once. `from`: how far an
/// earlier call has looked; 0 for the first.
std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t from);

/// The framing guard. Reads one complete raw head, empty line included, and accepts only what every HTTP
/// implementation frames in the same way: one valid `Host`; no obsolete folding; no `Transfer-Encoding` but
/// exactly `chunked` in HTTP/1.1, never with `Content-Length`; at most one `Content-Length`, digits only,
/// below 2^63; field names of token characters, no name that becomes a framing or `x-amz-` field when `_` is
/// read as `-`, no white space before the colon; no control bytes but HTAB in values (bytes above ASCII are
/// legal: user metadata comes in UTF-8); CRLF line ends only; origin-form target of printable ASCII without
/// `#`; a method of ours; no body on GET, HEAD, DELETE or OPTIONS (Content-Length: 0 is none).
/// `Connection` may carry only `close` and `keep-alive`, others have no effect; it cannot name Host or a
/// signed field.
/// Errors: malformed_request, header_too_large, invalid_uri, method_not_allowed, version_not_supported. After
/// any of them the connection must be closed: nothing behind the head may be read as a request.
/// Source: RFC 9112 sections 2.2, 3, 5, 6; RFC 9110 sections 7.2, 8.6.
base::result<request_head> parse_request_head(std::string_view raw, head_limits const& limits = {});

}  // namespace s3proxy::http
