#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace s3proxy::test {
namespace {

constexpr auto app = "https://app.example";
constexpr auto evil = "https://evil.example";

world::choices for_pages_of(std::string origin) {
  return {.cors_origins = {std::move(origin)}};
}

answer send(world& w, std::string const& bytes, std::string_view method = "GET") {
  auto link = w.connect();
  link.send(bytes);
  return link.read(method);
}

answer preflight(world& w, std::string const& origin, fields more = {}) {
  more.emplace_back("Origin", origin);
  more.emplace_back("Access-Control-Request-Method", "PUT");
  return send(w, plain_bytes({"OPTIONS", "/bucket/k", std::move(more)}, w.proxy->port()));
}

std::size_t count(answer const& got, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      got.headers, [&](auto const& field) { return http::same_name(field.name, name); }));
}

void expect_readable(answer const& got, std::string_view origin = app) {
  EXPECT_EQ(got.header("access-control-allow-origin"), origin) << got.status;
  EXPECT_EQ(count(got, "access-control-allow-origin"), 1U) << got.status;
  EXPECT_EQ(count(got, "access-control-expose-headers"), 1U) << got.status;
  EXPECT_NE(got.header("access-control-expose-headers").find("ETag"), std::string::npos) << got.status;
  EXPECT_EQ(got.header("vary"), "Origin") << got.status;
}

void expect_unreadable(answer const& got) {
  for (auto const& field : got.headers) {
    EXPECT_FALSE(http::has_prefix(field.name, "access-control-")) << field.name;
  }
}

TEST(cors, a_preflight_is_answered_without_a_signature_and_without_the_store) {
  world w(for_pages_of(app));
  auto const got = preflight(w, app, {{"Access-Control-Request-Headers", "authorization,x-amz-date"}});
  EXPECT_EQ(got.status, 200U);
  EXPECT_EQ(got.body, "");
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.header("access-control-allow-origin"), app);
  EXPECT_EQ(got.header("access-control-allow-methods"), "GET, HEAD, PUT, POST, DELETE");
  EXPECT_EQ(got.header("access-control-allow-headers"), "authorization, x-amz-date");
  EXPECT_EQ(got.header("access-control-max-age"), "3600");
  EXPECT_EQ(got.header("vary"), "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  EXPECT_EQ(count(got, "access-control-allow-origin"), 1U);
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(cors, a_preflight_of_another_origin_is_refused_as_s3_refuses_it) {
  world w(for_pages_of(app));
  auto const got = preflight(w, evil);
  EXPECT_EQ(got.status, 403U);
  EXPECT_EQ(got.error_code(), "AccessForbidden");
  EXPECT_NE(got.body.find("CORSResponse: "), std::string::npos);
  EXPECT_EQ(got.header("vary"), "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  expect_unreadable(got);
}

TEST(cors, a_preflight_that_asks_for_no_token_is_refused) {
  world w(for_pages_of("*"));
  EXPECT_EQ(preflight(w, app, {{"Access-Control-Request-Headers", "x-a: b"}}).status, 403U);
}

TEST(cors, a_connection_is_kept_behind_a_preflight) {
  world w(for_pages_of(app));
  w.origin.put_version("/bucket/k", 1, 100);
  auto link = w.connect();
  link.send(plain_bytes({"OPTIONS", "/bucket/k", {{"Origin", app}, {"Access-Control-Request-Method", "GET"}}},
                        w.proxy->port()));
  EXPECT_EQ(link.read().status, 200U);
  link.send(w.signed_request({"GET", "/bucket/k", {{"Origin", app}}}));
  EXPECT_EQ(link.read().body.size(), 100U);
}

TEST(cors, an_allowed_page_may_read_every_kind_of_answer) {
  world w(for_pages_of(app));
  w.origin.put_version("/bucket/k", 1, 1000);
  std::vector<request> const asked{{"GET", "/bucket/k"},
                                   {"GET", "/bucket/k"},  // from the cache
                                   {"HEAD", "/bucket/k"},
                                   {"GET", "/bucket/k", {{"Range", "bytes=1-2"}}},
                                   {"GET", "/bucket/k", {{"Range", "bytes=5000-"}}},
                                   {"GET", "/bucket/k", {{"If-None-Match", "\"v1\""}}},
                                   {"GET", "/bucket/k", {{"If-Match", "\"v2\""}}},
                                   {"GET", "/bucket/k?acl"},
                                   {"GET", "/bucket/none"},
                                   {"GET", "/bucket?list-type=2"},
                                   {"PUT", "/bucket/n", {}, "hello"},
                                   {"DELETE", "/bucket/n"},
                                   {"GET", "/-/k"}};
  for (auto what : asked) {
    what.headers.emplace_back("Origin", app);
    auto const got = w.ask(what);
    SCOPED_TRACE(what.method + " " + what.target);
    expect_readable(got);
  }
}

TEST(cors, an_allowed_page_may_read_why_it_was_refused) {
  world w(for_pages_of(app));
  auto const unsigned_one = send(w, plain_bytes({"GET", "/bucket/k", {{"Origin", app}}}, w.proxy->port()));
  EXPECT_EQ(unsigned_one.status, 403U);
  expect_readable(unsigned_one);
  s3::credentials const wrong{w.keys.key_id, base::secret("wrong"), {}};
  auto const badly_signed = send(
      w, signed_bytes({"GET", "/bucket/k", {{"Origin", app}}}, w.proxy->port(), wrong, w.clock.wall_now()));
  EXPECT_EQ(badly_signed.error_code(), "SignatureDoesNotMatch");
  expect_readable(badly_signed);
  w.origin.stop_listening();
  auto const unreachable = w.get("/bucket/k", {{"Origin", app}});
  EXPECT_EQ(unreachable.status, 503U);
  expect_readable(unreachable);
}

TEST(cors, another_page_may_read_nothing_and_caches_are_told_why) {
  world w(for_pages_of(app));
  w.origin.put_version("/bucket/k", 1, 1000);
  for (auto const& headers : std::vector<fields>{{}, {{"Origin", evil}}, {{"Origin", "null"}}}) {
    auto const got = w.get("/bucket/k", headers);
    EXPECT_EQ(got.status, 200U);
    expect_unreadable(got);
    EXPECT_EQ(got.header("vary"), "Origin");
  }
}

TEST(cors, a_star_is_for_every_page) {
  world w(for_pages_of("*"));
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(preflight(w, evil).header("access-control-allow-origin"), "*");
  expect_readable(w.get("/bucket/k", {{"Origin", evil}}), "*");
}

constexpr auto opinions = "Access-Control-Allow-Origin: *\r\naccess-control-allow-credentials: true\r\n";

TEST(cors, what_the_store_thinks_of_pages_is_neither_relayed_nor_kept) {
  world w(for_pages_of(app));
  w.origin.put("/bucket/k", {"hello", "\"v1\"", "Thu, 01 Jan 2026 00:00:00 GMT", opinions});
  for (auto const* target : {"/bucket/k", "/bucket/k", "/bucket/k?acl"}) {
    auto const got = w.get(target, {{"Origin", app}});
    EXPECT_EQ(got.status, 200U);
    expect_readable(got);
    EXPECT_EQ(got.header("access-control-allow-credentials"), "") << target;
    expect_unreadable(w.get(target, {{"Origin", evil}}));
  }
  EXPECT_EQ(w.get("/bucket/k", {{"Origin", app}}).header("cache-status"), "s3proxy; hit");
}

TEST(cors, off_it_changes_nothing) {
  world w;
  w.origin.put("/bucket/k", {"hello", "\"v1\"", "Thu, 01 Jan 2026 00:00:00 GMT", opinions});
  for (auto const* target : {"/bucket/k", "/bucket/k", "/bucket/k?acl"}) {
    auto const got = w.get(target, {{"Origin", app}});
    EXPECT_EQ(got.header("access-control-allow-origin"), "*") << target;
    EXPECT_EQ(got.header("vary"), "");
  }
  EXPECT_EQ(preflight(w, app).status, 403U);
}

TEST(cors, an_origin_never_reaches_the_store) {
  world w(for_pages_of(app));
  w.get("/bucket/k?acl", {{"Origin", app}});
  w.put("/bucket/k", "hello", {{"Origin", app}});
  EXPECT_EQ(w.origin.count(), 2U);
  EXPECT_EQ(w.origin.count([](received const& r) { return r.headers.contains("origin"); }), 0U);
}

TEST(cors, a_page_of_an_allowed_origin_is_signed_for_and_no_other) {
  auto with = for_pages_of(app);
  with.allow_anonymous = true;
  world w(std::move(with));
  w.origin.put_version("/bucket/k", 1, 1000);
  auto const ask = [&](fields lines) {
    return send(w, plain_bytes({"GET", "/bucket/k", std::move(lines)}, w.proxy->port()));
  };
  auto const got = ask({{"Origin", app}, {"Sec-Fetch-Site", "cross-site"}});
  EXPECT_EQ(got.status, 200U);
  expect_readable(got);
  EXPECT_EQ(ask({{"Origin", evil}}).status, 403U);
  EXPECT_EQ(ask({{"Origin", app}, {"Origin", evil}}).status, 403U);
  EXPECT_EQ(ask({{"Sec-Fetch-Site", "cross-site"}}).status, 403U);
}

TEST(cors, an_access_line_names_a_preflight) {
  world w(for_pages_of(app));
  preflight(w, app);
  auto const line = w.access_lines(1)[0];
  EXPECT_EQ(told(line, "method"), "OPTIONS");
  EXPECT_EQ(told(line, "status"), "200");
}

}  // namespace
}  // namespace s3proxy::test
