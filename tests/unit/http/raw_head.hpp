#pragma once

#include "s3proxy/http/request_head.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::http::raw_head {

/// A head with that request line and those field lines.
inline std::string head_of(std::string const& request_line, std::vector<std::string> const& fields) {
  auto text = request_line + "\r\n";
  for (auto const& field : fields) {
    text += field + "\r\n";
  }
  return text + "\r\n";
}

/// The guard's answer: nothing when the head is accepted.
inline std::optional<base::errc> refusal_of(std::string const& raw, head_limits const& limits = {}) {
  auto const head = parse_request_head(raw, limits);
  return head ? std::nullopt : std::optional(base::to_errc(head.error()));
}

inline std::string named(std::optional<base::errc> code) {
  return code ? std::string(base::describe(*code).s3_code) : "accepted";
}

inline void expect_refused(base::errc expected, std::string const& raw) {
  auto const actual = refusal_of(raw);
  EXPECT_TRUE(actual == expected) << named(actual) << " instead of " << named(expected) << " for\n"
                                  << testing::PrintToString(raw);
}

inline void expect_accepted(std::string const& raw) {
  auto const actual = refusal_of(raw);
  EXPECT_FALSE(actual) << named(actual) << " for\n" << testing::PrintToString(raw);
}

inline std::string put_with(std::vector<std::string> fields) {
  fields.insert(fields.begin(), "Host: h");
  return head_of("PUT /b/k HTTP/1.1", fields);
}

inline std::string get_with(std::vector<std::string> fields) {
  fields.insert(fields.begin(), "Host: h");
  return head_of("GET /b/k HTTP/1.1", fields);
}

/// An ordinary head, with a bit of everything.
inline constexpr std::string_view sample =
    "PUT /bucket/a%20b+c//d?partNumber=1&uploadId=x HTTP/1.1\r\n"
    "Host: 127.0.0.1:9100\r\n"
    "X-Amz-Date: 20130524T000000Z\r\n"
    "x-amz-meta-a_b: \t some \xc3\xa9 text\t \r\n"
    "Content-Length: 5\r\n"
    "Expect: 100-Continue\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

}  // namespace s3proxy::http::raw_head
