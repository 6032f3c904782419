#include "s3proxy/http/cors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::http {
namespace {

std::vector<std::string> const app{"https://app.example"};
std::vector<std::string> const anyone{"https://app.example", "*"};

field_list of(std::vector<field_view> const& lines) {
  field_list out;
  for (auto const& line : lines) {
    out.add(line);
  }
  return out;
}

request_head asking(method m, std::vector<field_view> const& lines) {
  request_head out;
  out.method = m;
  out.fields = of(lines);
  return out;
}

TEST(cors, an_origin_is_allowed_byte_for_byte) {
  EXPECT_EQ(allowed_origin(of({{"Origin", "https://app.example"}}), app), "https://app.example");
  for (auto const* other :
       {"http://app.example", "https://app.example:443", "https://app.example/", "https://app.example.evil",
        "https://evil.app.example", "HTTPS://APP.EXAMPLE", "null", "*", ""}) {
    EXPECT_EQ(allowed_origin(of({{"origin", other}}), app), std::nullopt) << other;
  }
  EXPECT_EQ(allowed_origin(of({}), app), std::nullopt);
  EXPECT_EQ(allowed_origin(of({}), anyone), std::nullopt) << "a request of no page";
}

TEST(cors, a_star_allows_every_origin_and_says_so) {
  EXPECT_EQ(allowed_origin(of({{"Origin", "http://else.example"}}), anyone), "*");
  EXPECT_EQ(allowed_origin(of({{"Origin", "https://app.example"}}), anyone), "*");
  EXPECT_EQ(allowed_origin(of({{"Origin", "null"}}), anyone), "*");
}

TEST(cors, two_origins_are_none) {
  auto const two = of({{"Origin", "https://app.example"}, {"origin", "https://app.example"}});
  EXPECT_EQ(allowed_origin(two, app), std::nullopt);
  EXPECT_EQ(allowed_origin(two, anyone), std::nullopt);
}

TEST(cors, only_an_options_of_a_page_is_a_preflight) {
  field_view const origin{"Origin", "https://app.example"};
  field_view const asks{"Access-Control-Request-Method", "PUT"};
  EXPECT_TRUE(is_preflight(asking(method::options, {origin, asks})));
  EXPECT_FALSE(is_preflight(asking(method::options, {origin})));
  EXPECT_FALSE(is_preflight(asking(method::options, {asks})));
  EXPECT_FALSE(is_preflight(asking(method::get, {origin, asks})));
}

std::optional<std::string> answer_to(std::string_view asked_method, std::string_view asked_names,
                                     std::string_view origin = "https://app.example") {
  return preflight_fields(asking(method::options, {{"Origin", origin},
                                                   {"Access-Control-Request-Method", asked_method},
                                                   {"Access-Control-Request-Headers", asked_names}}),
                          app, std::chrono::hours(1));
}

TEST(cors, a_preflight_is_told_the_methods_and_its_own_header_names) {
  EXPECT_EQ(answer_to("PUT", "authorization,x-amz-date"),
            "Access-Control-Allow-Methods: GET, HEAD, PUT, POST, DELETE\r\n"
            "Access-Control-Allow-Headers: authorization, x-amz-date\r\nAccess-Control-Max-Age: 3600\r\n");
  EXPECT_EQ(answer_to("GET", ""),
            "Access-Control-Allow-Methods: GET, HEAD, PUT, POST, DELETE\r\nAccess-Control-Max-Age: 3600\r\n");
  EXPECT_EQ(answer_to("GET", " , range ,"),
            "Access-Control-Allow-Methods: GET, HEAD, PUT, POST, DELETE\r\n"
            "Access-Control-Allow-Headers: range\r\nAccess-Control-Max-Age: 3600\r\n");
}

TEST(cors, a_preflight_of_another_origin_method_or_no_token_is_not_allowed) {
  EXPECT_EQ(answer_to("GET", "", "https://evil.example"), std::nullopt);
  for (auto const* other : {"", "get", "PATCH", "OPTIONS", "TRACE", "GET, PUT"}) {
    EXPECT_EQ(answer_to(other, ""), std::nullopt) << other;
  }
  for (auto const* names : {"a b", "x: y", "r\xc3\xa4nge", "a;b", "\"quoted\"", "ok,a/b"}) {
    EXPECT_EQ(answer_to("GET", names), std::nullopt) << names;
  }
}

TEST(cors, every_answer_varies_by_origin) {
  EXPECT_EQ(cors_fields(asking(method::get, {}), app, ""), "Vary: Origin\r\n");
  EXPECT_EQ(cors_fields(asking(method::get, {{"Origin", "https://evil.example"}}), app, ""),
            "Vary: Origin\r\n");
  EXPECT_EQ(cors_fields(asking(method::options, {{"Origin", "https://evil.example"},
                                                 {"Access-Control-Request-Method", "GET"}}),
                        app, ""),
            "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers\r\n");
}

TEST(cors, an_allowed_page_may_read_what_s3_says_and_the_metadata_of_this_answer) {
  auto const said = cors_fields(asking(method::get, {{"Origin", "https://app.example"}}), app,
                                "ETag: \"x-amz-meta-no\"\r\nX-Amz-Meta-Colour: blue\r\nx-amz-meta-b: 1\r\n");
  EXPECT_TRUE(
      said.starts_with("Vary: Origin\r\nAccess-Control-Allow-Origin: https://app.example\r\n"
                       "Access-Control-Expose-Headers: ETag, "))
      << said;
  EXPECT_TRUE(said.ends_with(", X-Amz-Meta-Colour, x-amz-meta-b\r\n")) << said;
  for (auto const* name : {" Content-Range,", " Content-Length,", " Accept-Ranges,", " Last-Modified,",
                           " x-amz-version-id,", " x-amz-checksum-crc64nvme,", " x-amz-request-id,"}) {
    EXPECT_NE(said.find(name), std::string::npos) << name;
  }
}

TEST(cors, an_origin_is_written_as_browsers_write_it) {
  for (auto const* good : {"*", "null", "https://app.example", "http://localhost:8080", "http://[::1]:3000",
                           "chrome-extension://abcdef"}) {
    EXPECT_TRUE(is_origin(good)) << good;
  }
  for (auto const* bad :
       {"", "app.example", "https://", "://a", "https://app.example/", "https://App.example", "https://a b",
        "https://*.example", "https://a\r\nx: y", "https://user@a"}) {
    EXPECT_FALSE(is_origin(bad)) << bad;
  }
}

TEST(cors, its_fields_are_known_in_every_case) {
  EXPECT_TRUE(is_cors_field("Access-Control-Allow-Origin"));
  EXPECT_TRUE(is_cors_field("access-control-expose-headers"));
  EXPECT_FALSE(is_cors_field("Access-Controlled"));
  EXPECT_FALSE(is_cors_field("x-access-control-allow-origin"));
}

}  // namespace
}  // namespace s3proxy::http
