#pragma once

#include "s3proxy/app/parse_value.hpp"

#include <string>
#include <string_view>

namespace s3proxy::app {

/// A domain whose subdomains are buckets, as clients write it without the port. Gives it in lower case.
/// Refuses addresses, ports, wildcards and URLs.
parsed<std::string> parse_domain(std::string_view text);

/// `*`, or what a browser sends as `Origin`: `http://host[:port]` or `https://host[:port]`. Gives it as
/// browsers write it: lower case, without the scheme's own port
/// (https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin).
parsed<std::string> parse_cors_origin(std::string_view text);

}  // namespace s3proxy::app
