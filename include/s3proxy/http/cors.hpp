#pragma once

#include "s3proxy/http/header_list.hpp"
#include "s3proxy/http/request_head.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace s3proxy::http {

// Cross-origin resource sharing, as browsers ask for it.
// Source: https://fetch.spec.whatwg.org/#http-cors-protocol

/// The origins whose pages may use us; `*` among them means every origin. Empty: CORS is off.
using allowed_origins = std::span<std::string const>;

/// True for what may stand in such a list: `*`, `null`, or `scheme://host[:port]` as browsers write it: lower
/// case, without a path or a slash at the end.
bool is_origin(std::string_view text);

/// What `Access-Control-Allow-Origin` says to a request: `*` where every origin may come, else the request's
/// own origin when it is allowed. Nothing for a request without an origin, with several, or with another.
/// Lifetime: a view into `fields` or of static text.
std::optional<std::string_view> allowed_origin(field_list const& fields, allowed_origins allowed);

/// True for an OPTIONS that asks on behalf of a page whether another request may be sent.
bool is_preflight(request_head const& head);

/// The header lines that answer a preflight, without the origin's own and Vary. Nothing when the origin, the
/// method or a field name that is asked for is not allowed: names are echoed, so they must be tokens.
std::optional<std::string> preflight_fields(request_head const& head, allowed_origins allowed,
                                            std::chrono::seconds good_for);

/// The header lines that every answer carries while CORS is on: Vary always; to an allowed origin its
/// Access-Control-Allow-Origin, once, and the names that its page may read: S3's own, and the user metadata
/// among `fields` (the rendered lines of the answer).
std::string cors_fields(request_head const& head, allowed_origins allowed, std::string_view fields);

/// True for `Access-Control-*`: one who answers such a field twice is refused by browsers, so a store's own
/// never stand beside ours.
bool is_cors_field(std::string_view name);

}  // namespace s3proxy::http
