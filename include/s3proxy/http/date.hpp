#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::http {

using wall_time = std::chrono::sys_seconds;

/// IMF-fixdate, and the two obsolete forms that a recipient must accept (RFC 9110 section 5.6.7).
std::optional<wall_time> parse_http_date(std::string_view text);
/// `Sun, 06 Nov 1994 08:49:37 GMT`
std::string format_http_date(wall_time at);

/// `20130524T000000Z`, a real date and time; nothing otherwise (leap second 60 is refused).
std::optional<wall_time> parse_amz_date(std::string_view text);
std::string format_amz_date(wall_time at);
/// `2013-05-24T00:00:00.000Z`, with or without the fraction: the form of S3's XML documents.
std::optional<wall_time> parse_iso_date(std::string_view text);
/// `2013-05-24T00:00:00Z`, the form of S3's XML error documents and of our log lines.
std::string format_iso_date(wall_time at);

}  // namespace s3proxy::http
