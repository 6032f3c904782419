#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

/// An unsigned request with the header lines of the test's choice.
std::string unsigned_get(std::string const& lines) {
  return "GET /bucket/k HTTP/1.1\r\n" + lines + "\r\n";
}

answer send(world& w, std::string const& bytes) {
  auto link = w.connect();
  link.send(bytes);
  return link.read();
}

answer ask_unsigned(world& w, request const& what) {
  return send(w, plain_bytes(what, w.proxy->port()));
}

TEST(anonymous, with_credentials_an_unsigned_request_is_refused) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  for (auto const* method : {"GET", "PUT", "DELETE", "POST"}) {
    auto const got = ask_unsigned(w, {method, "/bucket/k"});
    EXPECT_EQ(got.status, 403U) << method;
    EXPECT_EQ(got.error_code(), "AccessDenied") << method;
  }
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(anonymous, without_credentials_unsigned_requests_are_forwarded_unsigned) {
  world w({.with_credentials = false});
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(ask_unsigned(w, {"GET", "/bucket/k"}).status, 200U);
  EXPECT_EQ(ask_unsigned(w, {"GET", "/bucket?list-type=2"}).status, 200U);
  EXPECT_EQ(ask_unsigned(w, {"PUT", "/bucket/new", {}, "hello"}).status, 200U);
  EXPECT_EQ(w.origin.count(), 3U);
  for (auto const& seen : w.origin.requests()) {
    EXPECT_FALSE(seen.headers.contains("authorization"));
    EXPECT_FALSE(seen.headers.contains("x-amz-date"));
    EXPECT_FALSE(seen.headers.contains("x-amz-security-token"));
  }
}

TEST(anonymous, without_credentials_no_remnant_of_a_signature_is_forwarded) {
  world w({.with_credentials = false});
  fields const remnants{{"x-amz-date", "20260102T030405Z"},
                        {"x-amz-security-token", "a client's secret"},
                        {"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}};
  EXPECT_EQ(ask_unsigned(w, {"PUT", "/bucket/k", remnants, "hello"}).status, 200U);
  ASSERT_EQ(w.origin.count(), 1U);
  for (auto const& [name, value] : remnants) {
    EXPECT_FALSE(w.origin.requests()[0].headers.contains(name)) << name;
  }
}

TEST(anonymous, without_credentials_public_data_is_cached_too) {
  world w({.with_credentials = false});
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(ask_unsigned(w, {"GET", "/bucket/k"}).status, 200U);
  w.origin.forget_requests();
  EXPECT_EQ(ask_unsigned(w, {"GET", "/bucket/k"}).header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(anonymous, without_credentials_nobody_has_a_key) {
  world w({.with_credentials = false});
  w.origin.put_version("/bucket/k", 1, 1000);
  auto const got = w.get("/bucket/k");
  EXPECT_EQ(got.status, 403U);
  EXPECT_EQ(got.error_code(), "InvalidAccessKeyId");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(anonymous, without_credentials_the_store_tells_the_client_why_it_refuses) {
  world w({.with_credentials = false});
  std::string const body = "<Error><Code>InvalidAccessKeyId</Code><Message>who?</Message></Error>";
  w.origin.next({.what = fault::kind::answer_status, .status = 403, .body = body});
  auto const got = ask_unsigned(w, {"GET", "/bucket/k"});
  EXPECT_EQ(got.status, 403U);
  EXPECT_EQ(got.body, body);
}

TEST(anonymous, allowed_clients_are_signed_for) {
  world w({.allow_anonymous = true});
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(ask_unsigned(w, {"GET", "/bucket/k"}).status, 200U);
  EXPECT_EQ(ask_unsigned(w, {"PUT", "/bucket/new", {}, "hello"}).status, 200U);
  EXPECT_EQ(ask_unsigned(w, {"DELETE", "/bucket/new"}).status, 204U);
  EXPECT_EQ(w.origin.count(), 3U);
  for (auto const& seen : w.origin.requests()) {
    EXPECT_NE(seen.header("authorization").find(w.keys.key_id.str()), std::string::npos) << seen.method;
  }
}

TEST(anonymous, allowing_it_makes_no_wrong_signature_right) {
  world w({.allow_anonymous = true});
  auto const bytes = signed_bytes({"GET", "/bucket/k"}, w.proxy->port(),
                                  {w.keys.key_id, base::secret("x"), {}}, w.clock.wall_now());
  EXPECT_EQ(send(w, bytes).error_code(), "SignatureDoesNotMatch");
  EXPECT_EQ(w.origin.count(), 0U);
}

struct page {
  std::string lines;
  bool refused;
};

TEST(anonymous, a_web_page_of_another_origin_is_not_signed_for) {
  world w({.allow_anonymous = true});
  w.origin.put_version("/bucket/k", 1, 1000);
  ASSERT_EQ(ask_unsigned(w, {"GET", "/bucket/k"}).status, 200U);
  w.origin.forget_requests();
  std::string const here = "Host: 127.0.0.1:3000\r\n";
  std::vector<page> const rows{{here, false},
                               {"Host: localhost:3000\r\n", false},
                               {"Host: LOCALHOST\r\n", false},
                               {"Host: [::1]:3000\r\n", false},
                               {"Host: 10.1.2.3\r\n", false},
                               {"Host: evil.example\r\n", true},
                               {"Host: 127.0.0.1.evil.example:3000\r\n", true},
                               {"Host: localhost.evil.example\r\n", true},
                               {here + "Origin: http://127.0.0.1:3000\r\n", false},
                               {here + "Origin: https://127.0.0.1:3000\r\n", false},
                               {here + "Origin: http://evil.example\r\n", true},
                               {here + "Origin: http://127.0.0.1:3001\r\n", true},
                               {here + "Origin: null\r\n", true},
                               {here + "Sec-Fetch-Site: cross-site\r\n", true},
                               {here + "Sec-Fetch-Site: Cross-Site\r\n", true},
                               {here + "Sec-Fetch-Site: same-origin\r\n", false},
                               {here + "Sec-Fetch-Site: none\r\n", false}};
  for (auto const& row : rows) {
    auto const got = send(w, unsigned_get(row.lines));
    EXPECT_EQ(got.status, row.refused ? 403U : 200U) << row.lines;
    EXPECT_EQ(got.error_code(), row.refused ? "AccessDenied" : "") << row.lines;
  }
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(anonymous, of_two_origins_the_foreign_one_counts) {
  world w({.allow_anonymous = true});
  auto const got = send(w, unsigned_get("Host: 127.0.0.1:3000\r\nOrigin: http://127.0.0.1:3000\r\n"
                                        "Origin: http://evil.example\r\n"));
  EXPECT_EQ(got.status, 403U);
  auto const fetched = send(w, unsigned_get("Host: 127.0.0.1:3000\r\nSec-Fetch-Site: none\r\n"
                                            "Sec-Fetch-Site: cross-site\r\n"));
  EXPECT_EQ(fetched.status, 403U);
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(anonymous, a_signature_proves_more_than_an_origin) {
  world w({.allow_anonymous = true});
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(w.get("/bucket/k", {{"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "cross-site"}}).status,
            200U);
}

}  // namespace
}  // namespace s3proxy::test
