#include "s3proxy/http/request_head.hpp"

#include "unit/http/raw_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::http {
namespace {

using namespace raw_head;
using base::errc;
using namespace std::string_literals;

// --- request line
// ---------------------------------------------------------------------------------------------------

TEST(request_line, every_method_of_ours_is_known) {
  for (auto const m : {method::get, method::head, method::put, method::post, method::del, method::options}) {
    auto const head = head_of(std::string(to_text(m)) + " / HTTP/1.1", {"Host: h"});
    auto const parsed = parse_request_head(head);
    ASSERT_TRUE(parsed) << to_text(m);
    EXPECT_EQ(parsed->method, m);
    EXPECT_EQ(parsed->body, body_kind::none);
  }
}

TEST(request_line, any_other_token_is_a_method_not_allowed) {
  for (auto const* method : {"get", "Get", "TRACE", "CONNECT", "PATCH", "PROPFIND", "GETX", "GE", "FOO!#$",
                             "OPTION", "DELETED", "X"}) {
    expect_refused(errc::method_not_allowed, head_of(method + " / HTTP/1.1"s, {"Host: h"}));
  }
}

TEST(request_line, a_method_that_is_no_token_is_malformed) {
  for (auto const& line :
       {" / HTTP/1.1"s, "G(T / HTTP/1.1"s, "GET\t/ HTTP/1.1"s, "GET\xa0 / HTTP/1.1"s, "G\0T / HTTP/1.1"s,
        " GET / HTTP/1.1"s, "GET"s, ""s, "GET /"s, "\x16\x03\x01\x02"s}) {
    expect_refused(errc::malformed_request, head_of(line, {"Host: h"}));
  }
}

TEST(request_line, an_empty_line_before_it_is_malformed) {
  expect_refused(errc::malformed_request, "\r\n" + get_with({}));
  expect_refused(errc::malformed_request, "\r\n\r\n");
  expect_refused(errc::malformed_request, "\n");
  expect_refused(errc::malformed_request, "");
}

TEST(request_line, targets_that_are_not_in_origin_form_are_invalid) {
  for (auto const& line : {"GET http://other/ HTTP/1.1"s,
                           "GET * HTTP/1.1"s,
                           "OPTIONS * HTTP/1.1"s,
                           "CONNECT h:443 HTTP/1.1"s,
                           "GET b/k HTTP/1.1"s,
                           "GET ?list-type=2 HTTP/1.1"s,
                           "GET  HTTP/1.1"s,
                           "GET  / HTTP/1.1"s,
                           "GET /  HTTP/1.1"s,
                           "GET /a b HTTP/1.1"s,
                           "GET /a#b HTTP/1.1"s,
                           "GET /?a#b HTTP/1.1"s,
                           "GET /\x80 HTTP/1.1"s,
                           "GET /\xc3\xa9 HTTP/1.1"s,
                           "GET /\x7f HTTP/1.1"s,
                           "GET /\x01 HTTP/1.1"s,
                           "GET /\t HTTP/1.1"s,
                           "GET /\0 HTTP/1.1"s,
                           "GET /\rx HTTP/1.1"s,
                           "GET / HTTP/1.1 HTTP/1.1"s,
                           "GET \\b HTTP/1.1"s}) {
    expect_refused(errc::invalid_uri, head_of(line, {"Host: h"}));
  }
}

TEST(request_line, every_printable_target_byte_but_the_hash_is_kept) {
  std::string target = "/";
  for (char c = 0x21; c < 0x7f; ++c) {
    if (c != '#' && c != '?') {
      target += c;
    }
  }
  auto const raw = head_of("GET " + target + "?a?b HTTP/1.1", {"Host: h"});
  auto const head = parse_request_head(raw);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->path, target);
  EXPECT_EQ(head->query, "a?b");
}

TEST(request_line, an_empty_query_differs_from_none) {
  auto const with = head_of("GET /b? HTTP/1.1", {"Host: h"});
  auto const without = head_of("GET /b HTTP/1.1", {"Host: h"});
  EXPECT_TRUE(parse_request_head(with)->has_query);
  EXPECT_EQ(parse_request_head(with)->path, "/b");
  EXPECT_FALSE(parse_request_head(without)->has_query);
  EXPECT_EQ(parse_request_head(without)->path, "/b");
}

TEST(request_line, paths_are_never_normalised) {
  for (auto const* target : {"//", "/b//k", "/b/../k", "/b/./k", "/b/%2E%2e/k", "/b/%2F", "/b/a+b", "/%zz"}) {
    auto const raw = head_of("GET "s + target + " HTTP/1.1", {"Host: h"});
    auto const head = parse_request_head(raw);
    ASSERT_TRUE(head) << target;
    EXPECT_EQ(head->path, target);
  }
}

TEST(request_line, other_versions_are_not_supported) {
  for (auto const* line : {"GET / HTTP/1.2", "GET / HTTP/1.9", "GET / HTTP/2.0", "GET / HTTP/0.9",
                           "GET / HTTP/3.0", "PRI * HTTP/2.0"}) {
    expect_refused(errc::version_not_supported, head_of(line, {"Host: h"}));
  }
}

TEST(request_line, what_is_no_version_is_malformed) {
  for (auto const* line :
       {"GET / http/1.1", "GET / HTTP/1.10", "GET / HTTP/11", "GET / HTTP/1", "GET / HTTP/2",
        "GET / HTTP/1,1", "GET / HTTP/1.x", "GET / HTTP/ 1.1", "GET / XTTP/1.1", "GET / HTTP/1.1 ", "GET / ",
        "GET / HTTP/1.1\r", "GET / HTTPS/1.1", "GET / HTTP/+1.1"}) {
    expect_refused(errc::malformed_request, head_of(line, {"Host: h"}));
  }
}

}  // namespace
}  // namespace s3proxy::http
