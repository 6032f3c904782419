#include "s3proxy/http/target.hpp"

#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <list>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

std::string token_of(std::string const& name) {
  return "eyJhbGciOiJSUzI1NiJ9.c3ViamVjdC1vZi10b2tlbi" + name + ".c2lnbmF0dXJlLW9mLXRva2Vu" + name;
}

std::string issued(std::string const& name, std::string const& expires = "2026-01-02T04:04:05Z") {
  return "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>"
         "ASIA" +
         name + "</AccessKeyId><SecretAccessKey>secret-of-" + name +
         "</SecretAccessKey><SessionToken>session-of-" + name + "</SessionToken><Expiration>" + expires +
         "</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";
}

std::string refusal(std::string const& code) {
  return "<ErrorResponse><Error><Code>" + code + "</Code><Message>no, " + token_of("A") +
         "</Message></Error></ErrorResponse>";
}

scripted_origin::matcher with_token(std::string const& name) {
  return [token = token_of(name)](received const& r) {
    return http::query_list::parse(r.body).value().find("WebIdentityToken") == token;
  };
}

scripted_origin::matcher signed_for(std::string const& name) {
  return [key = "Credential=ASIA" + name + "/"](received const& r) {
    return r.header("authorization").find(key) != std::string::npos;
  };
}

/// An STS of the test's own and a world that exchanges tokens there. Its store takes every signature.
struct exchanging {
  explicit exchanging(world::choices with = {})
      : w([&] {
          with.token_exchange = proxy::token_exchange_settings{
              upstream::callee_at({upstream::scheme::http, "127.0.0.1", sts.port()}),
              "arn:aws:iam::1:role/reader", "s3proxy", 3600s};
          return with;
        }()) {
    w.origin.put_version("/bucket/k", 1, 1000);
  }

  void issue(std::string const& name, std::string const& expires = "2026-01-02T04:04:05Z") {
    sts.when(with_token(name), {.what = answer_status, .status = 200, .body = issued(name, expires)}, 999);
  }
  std::string bytes(std::string const& name, request const& what) {
    return signed_bytes(what, w.proxy->port(),
                        {base::access_key_id("ANY"), base::secret("any"), base::secret(token_of(name))},
                        w.clock.wall_now());
  }
  answer send(std::string const& bytes, std::string_view method = "GET") {
    auto link = w.connect();
    link.send(bytes);
    return link.read(method);
  }
  answer ask(std::string const& name, request const& what = {"GET", "/bucket/k?acl"}) {
    return send(bytes(name, what), what.method);
  }

  scripted_origin sts;
  world w;
};

world::choices limited(std::function<void(proxy::token_limits&)> change) {
  return {.adjust = [change](proxy::limits& l) { change(l.tokens); }};
}

TEST(token_exchange, a_token_is_exchanged_wherever_it_is_shown) {
  exchanging e;
  e.issue("A");
  auto const port = e.w.proxy->port();
  auto const token = token_of("A");
  for (auto const& bytes :
       {e.bytes("A", {"GET", "/bucket/k?acl"}),
        plain_bytes({"GET", "/bucket/k?acl&X-Amz-Security-Token=" + token}, port),
        plain_bytes({"GET", "/bucket/k?acl", {{"Authorization", "Bearer " + token}}}, port),
        plain_bytes({"GET", "/bucket/k?acl", {{"x-amz-security-token", token}}}, port)}) {
    EXPECT_EQ(e.send(bytes).status, 200U) << bytes;
  }
  EXPECT_EQ(e.sts.count(), 1U);
  ASSERT_EQ(e.w.origin.count(signed_for("A")), 4U);
  for (auto const& seen : e.w.origin.requests()) {
    EXPECT_EQ(seen.header("x-amz-security-token"), "session-of-A");
    EXPECT_EQ(seen.target.find(token), std::string::npos);
    for (auto const& field : seen.headers) {
      EXPECT_EQ(field.value.find(token), std::string::npos) << field.name;
    }
  }
}

TEST(token_exchange, the_sts_is_asked_for_what_was_configured) {
  exchanging e;
  e.issue("A");
  EXPECT_EQ(e.ask("A").status, 200U);
  auto const asked = e.sts.requests().at(0);
  EXPECT_EQ(asked.header("authorization"), "");
  auto const form = http::query_list::parse(asked.body).value();
  EXPECT_EQ(form.find("Action"), "AssumeRoleWithWebIdentity");
  EXPECT_EQ(form.find("RoleArn"), "arn:aws:iam::1:role/reader");
  EXPECT_EQ(form.find("RoleSessionName"), "s3proxy");
  EXPECT_EQ(form.find("DurationSeconds"), "3600");
}

TEST(token_exchange, a_bearer_reads_writes_and_hits) {
  exchanging e;
  e.issue("A");
  EXPECT_EQ(e.ask("A", {"GET", "/bucket/k"}).body.size(), 1000U);
  EXPECT_EQ(e.ask("A", {"PUT", "/bucket/n", {}, "hello"}).status, 200U);
  EXPECT_EQ(e.ask("A", {"GET", "/bucket/n"}).body, "hello");
  EXPECT_EQ(e.ask("A", {"GET", "/bucket?list-type=2"}).status, 200U);
  e.w.origin.forget_requests();
  EXPECT_EQ(e.ask("A", {"GET", "/bucket/k"}).header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(e.w.origin.count(), 0U);
}

TEST(token_exchange, off_a_token_is_nobody) {
  world w;
  auto const bytes = signed_bytes(
      {"GET", "/bucket/k"}, w.proxy->port(),
      {base::access_key_id("ANY"), base::secret("any"), base::secret(token_of("A"))}, w.clock.wall_now());
  auto link = w.connect();
  link.send(bytes);
  EXPECT_EQ(link.read().error_code(), "InvalidAccessKeyId");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(token_exchange, a_known_key_is_verified_and_never_falls_through) {
  exchanging e;
  e.issue("A");
  auto const claimed = signed_bytes({"GET", "/bucket/k"}, e.w.proxy->port(),
                                    {e.w.keys.key_id, base::secret("guessed"), base::secret(token_of("A"))},
                                    e.w.clock.wall_now());
  EXPECT_EQ(e.send(claimed).error_code(), "SignatureDoesNotMatch");
  EXPECT_EQ(e.sts.count(), 0U);
  EXPECT_EQ(e.w.get("/bucket/k").status, 200U) << "signed requests are what they were";
  EXPECT_EQ(e.sts.count(), 0U);
}

TEST(token_exchange, a_refusal_is_told_in_the_codes_of_s3_and_nothing_else_of_it) {
  struct {
    std::string said;
    unsigned status;
    std::string_view told;
  } const table[] = {{"AccessDenied", 403, "AccessDenied"},
                     {"IDPRejectedClaim", 403, "AccessDenied"},
                     {"ValidationError", 400, "AccessDenied"},
                     {"ExpiredToken", 400, "ExpiredToken"},
                     {"ExpiredTokenException", 400, "ExpiredToken"},
                     {"InvalidIdentityToken", 400, "InvalidToken"},
                     {"InvalidIdentityTokenException", 400, "InvalidToken"}};
  for (auto const& row : table) {
    exchanging e;
    e.sts.next({.what = answer_status, .status = row.status, .body = refusal(row.said)});
    auto const got = e.ask("A");
    EXPECT_EQ(got.status, 403U) << row.said;
    EXPECT_EQ(got.error_code(), row.told);
    EXPECT_EQ(got.body.find("no, "), std::string::npos) << got.body;
    EXPECT_EQ(got.body.find(token_of("A")), std::string::npos);
    EXPECT_EQ(e.w.origin.count(), 0U);
  }
}

TEST(token_exchange, an_sts_that_cannot_be_used_is_the_proxys_fault) {
  struct {
    fault what;
    unsigned status;
  } const table[] = {{{.what = garbage}, 502},
                     {{.what = answer_status, .status = 200, .body = "<html>welcome</html>"}, 502},
                     {{.what = answer_status, .status = 404, .body = "not here"}, 502},
                     {{.what = answer_status, .status = 500, .body = "oh"}, 503},
                     {{.what = answer_status, .status = 503, .body = refusal("SlowDown")}, 503},
                     {{.what = fault::kind::reset}, 503},
                     {{.what = hang}, 504}};
  for (auto const& row : table) {
    exchanging e(limited([](proxy::token_limits& l) { l.call.total = 300ms; }));
    e.sts.next(row.what);
    auto const got = e.ask("A");
    EXPECT_EQ(got.status, row.status) << static_cast<int>(row.what.what);
    EXPECT_NE(got.body.find("STS"), std::string::npos) << got.body;
    EXPECT_EQ(e.w.origin.count(), 0U);
  }
  exchanging e;
  e.sts.stop_listening();
  EXPECT_EQ(e.ask("A").status, 503U);
}

TEST(token_exchange, a_failure_is_remembered_for_seconds_only) {
  exchanging e;
  e.sts.when(with_token("A"), {.what = answer_status, .status = 403, .body = refusal("AccessDenied")});
  e.sts.when(with_token("B"), {.what = answer_status, .status = 500});
  for (auto const* name : {"A", "B"}) {
    EXPECT_NE(e.ask(name).status, 200U);
    EXPECT_NE(e.ask(name).status, 200U);
    EXPECT_EQ(e.sts.count(with_token(name)), 1U);
    e.issue(name);
    e.w.clock.advance(4'999ms);
    EXPECT_NE(e.ask(name).status, 200U);
    EXPECT_EQ(e.sts.count(with_token(name)), 1U);
    e.w.clock.advance(1ms);
    EXPECT_EQ(e.ask(name).status, 200U);
  }
}

TEST(token_exchange, a_pair_is_used_until_five_minutes_before_its_expiry) {
  exchanging e;
  e.issue("A");
  EXPECT_EQ(e.ask("A").status, 200U);
  e.w.clock.advance(55min - 1s);
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.sts.count(), 1U);
  e.w.clock.advance(1s);
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.sts.count(), 2U);
}

TEST(token_exchange, a_pair_that_cannot_be_renewed_is_used_while_it_lives) {
  exchanging e;
  e.sts.when(with_token("A"), {.what = answer_status, .status = 200, .body = issued("A")});
  e.sts.when(with_token("A"), {.what = answer_status, .status = 500}, 99);
  EXPECT_EQ(e.ask("A").status, 200U);
  e.w.clock.advance(56min);
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.sts.count(), 2U);
  e.w.clock.advance(4min);
  EXPECT_EQ(e.ask("A").status, 503U);
}

TEST(token_exchange, a_pair_whose_renewal_is_refused_is_used_no_more) {
  exchanging e;
  e.sts.when(with_token("A"), {.what = answer_status, .status = 200, .body = issued("A")});
  e.sts.when(with_token("A"), {.what = answer_status, .status = 400, .body = refusal("ExpiredToken")}, 99);
  EXPECT_EQ(e.ask("A").status, 200U);
  e.w.clock.advance(56min);
  EXPECT_EQ(e.ask("A").error_code(), "ExpiredToken");
}

TEST(token_exchange, a_short_lived_pair_is_used_for_half_of_its_time) {
  exchanging e;
  e.issue("A", "2026-01-02T03:06:05Z");
  EXPECT_EQ(e.ask("A").status, 200U);
  e.w.clock.advance(59s);
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.sts.count(), 1U);
  e.w.clock.advance(1s);
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.sts.count(), 2U);
}

TEST(token_exchange, a_hundred_concurrent_first_requests_make_one_exchange) {
  exchanging e({.threads = 4});
  e.issue("A");
  auto const held = std::make_shared<gate>();
  e.sts.hold(is("POST"), held);
  std::list<client> waiting;
  for (int i = 0; i < 100; ++i) {
    waiting.emplace_back(e.w.proxy->port());
    waiting.back().send(e.bytes("A", {"GET", "/bucket/k?acl"}));
  }
  held->wait_for_arrivals(1);
  EXPECT_EQ(e.w.origin.count(), 0U);
  held->open();
  for (auto& link : waiting) {
    EXPECT_EQ(link.read().status, 200U);
  }
  EXPECT_EQ(e.sts.count(), 1U);
  EXPECT_EQ(e.w.origin.count(signed_for("A")), 100U);
}

TEST(token_exchange, a_hundred_concurrent_requests_share_a_refusal) {
  exchanging e({.threads = 4});
  e.sts.next({.what = answer_status, .status = 403, .body = refusal("AccessDenied")}, 99);
  auto const held = std::make_shared<gate>();
  e.sts.hold(is("POST"), held);
  std::list<client> waiting;
  for (int i = 0; i < 100; ++i) {
    waiting.emplace_back(e.w.proxy->port());
    waiting.back().send(e.bytes("A", {"GET", "/bucket/k?acl"}));
  }
  held->wait_for_arrivals(1);
  held->open();
  for (auto& link : waiting) {
    EXPECT_EQ(link.read().status, 403U);
  }
  EXPECT_EQ(e.sts.count(), 1U);
}

TEST(token_exchange, a_client_that_leaves_leaves_the_exchange_running_for_the_others) {
  exchanging e;
  e.issue("A");
  auto const held = std::make_shared<gate>();
  e.sts.hold(is("POST"), held);
  auto first = e.w.connect();
  first.send(e.bytes("A", {"GET", "/bucket/k?acl"}));
  held->wait_for_arrivals(1);
  auto second = e.w.connect();
  second.send(e.bytes("A", {"GET", "/bucket/k?acl"}));
  first.reset();
  EXPECT_EQ(told(e.w.access_lines(1)[0], "error"), base::describe(base::errc::client_gone).s3_code);
  held->open();
  EXPECT_EQ(second.read().status, 200U);
  EXPECT_EQ(e.sts.count(), 1U);
}

TEST(token_exchange, beyond_the_exchanges_in_flight_the_client_is_asked_to_slow_down) {
  exchanging e(limited([](proxy::token_limits& l) { l.in_flight = 1; }));
  e.issue("A");
  e.issue("B");
  e.issue("C");
  EXPECT_EQ(e.ask("C").status, 200U);
  auto const held = std::make_shared<gate>();
  e.sts.hold(is("POST"), held);
  auto first = e.w.connect();
  first.send(e.bytes("A", {"GET", "/bucket/k?acl"}));
  held->wait_for_arrivals(1);
  auto const got = e.ask("B");
  EXPECT_EQ(got.status, 503U);
  EXPECT_EQ(got.error_code(), "SlowDown");
  EXPECT_EQ(e.ask("C").status, 200U) << "a pair that is held needs no exchange";
  held->open();
  EXPECT_EQ(first.read().status, 200U);
  EXPECT_EQ(e.ask("B").status, 200U);
}

TEST(token_exchange, a_flood_of_refused_tokens_evicts_no_good_one) {
  exchanging e(limited([](proxy::token_limits& l) { l.held = l.failures = 2; }));
  e.issue("A");
  e.issue("B");
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.ask("B").status, 200U);
  e.sts.when([](auto const&) { return true; },
             {.what = answer_status, .status = 403, .body = refusal("AccessDenied")}, 99);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(e.ask("bad" + std::to_string(i)).status, 403U);
  }
  e.sts.forget_requests();
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.ask("B").status, 200U);
  EXPECT_EQ(e.sts.count(), 0U);
}

TEST(token_exchange, when_there_are_too_many_the_one_unused_for_longest_goes) {
  exchanging e(limited([](proxy::token_limits& l) { l.held = 2; }));
  for (auto const* name : {"A", "B", "C"}) {
    e.issue(name);
  }
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.ask("B").status, 200U);
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.ask("C").status, 200U);
  e.sts.forget_requests();
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.ask("C").status, 200U);
  EXPECT_EQ(e.sts.count(), 0U);
  EXPECT_EQ(e.ask("B").status, 200U);
  EXPECT_EQ(e.sts.count(), 1U);
}

TEST(token_exchange, two_tokens_never_share_a_right) {
  exchanging e;
  e.issue("A");
  e.issue("B");
  EXPECT_EQ(e.ask("A", {"GET", "/bucket/k"}).status, 200U);
  e.w.origin.when(signed_for("B"),
                  {.what = answer_status, .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>"},
                  99);
  auto const got = e.ask("B", {"GET", "/bucket/k"});
  EXPECT_EQ(got.status, 403U);
  EXPECT_EQ(got.error_code(), "AccessDenied");
  EXPECT_EQ(e.ask("B", {"HEAD", "/bucket/k"}).status, 403U);
  EXPECT_EQ(e.ask("B", {"GET", "/bucket/k", {{"If-None-Match", "\"v1\""}}}).status, 403U);
  EXPECT_EQ(e.ask("A", {"GET", "/bucket/k"}).header("cache-status"), "s3proxy; hit");
  EXPECT_NE(proxy::principal_of(base::secret(token_of("A"))),
            proxy::principal_of(base::secret(token_of("B"))));
}

TEST(token_exchange, a_renewed_pair_keeps_its_tokens_rights) {
  exchanging e;
  e.issue("A");
  EXPECT_EQ(e.ask("A", {"GET", "/bucket/k"}).status, 200U);
  e.w.clock.advance(55min);
  EXPECT_EQ(e.ask("A", {"GET", "/bucket/k"}).status, 200U);
  EXPECT_EQ(proxy::principal_of(base::secret(token_of("A"))).str().substr(0, 6), "token:");
  EXPECT_EQ(proxy::principal_of(base::secret(token_of("A"))).str().size(), 6U + 64U);
}

TEST(token_exchange, a_pair_that_the_store_refuses_is_the_clients_matter_and_is_dropped) {
  for (auto const* code : {"InvalidAccessKeyId", "ExpiredToken", "InvalidToken"}) {
    for (request const& what : std::vector<request>{
             {"GET", "/bucket/k"}, {"GET", "/bucket/k?acl"}, {"PUT", "/bucket/k", {}, "hello"}}) {
      exchanging e;
      e.issue("A");
      e.w.origin.next({.what = answer_status,
                       .status = 403,
                       .body = "<Error><Code>" + std::string(code) +
                               "</Code><AWSAccessKeyId>ASIAA</AWSAccessKeyId></Error>"});
      auto const got = e.ask("A", what);
      EXPECT_EQ(got.status, 403U) << code << what.method;
      EXPECT_EQ(got.error_code(), std::string_view(code) == "ExpiredToken" ? "ExpiredToken" : "AccessDenied");
      EXPECT_EQ(got.body.find("ASIA"), std::string::npos) << got.body;
      EXPECT_EQ(e.ask("A", what).status, 200U) << code << what.method;
      EXPECT_EQ(e.sts.count(), 2U);
    }
  }
}

TEST(token_exchange, a_head_that_the_store_calls_bad_drops_the_pair_too) {
  exchanging e;
  e.issue("A");
  e.w.origin.when(is("HEAD"), {.what = answer_status, .status = 400});
  EXPECT_EQ(e.ask("A", {"HEAD", "/bucket/k"}).status, 403U);
  EXPECT_EQ(e.ask("A", {"HEAD", "/bucket/k"}).status, 200U);
  EXPECT_EQ(e.sts.count(), 2U);
}

TEST(token_exchange, a_wrong_clock_of_ours_is_not_the_clients_matter) {
  exchanging e;
  e.issue("A");
  e.w.origin.next(
      {.what = answer_status, .status = 403, .body = "<Error><Code>RequestTimeTooSkewed</Code></Error>"});
  EXPECT_EQ(e.ask("A").status, 502U);
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.sts.count(), 1U);
}

TEST(token_exchange, no_token_is_ever_written_down) {
  testing::internal::CaptureStderr();
  std::string written;
  {
    exchanging e(limited([](proxy::token_limits& l) { l.in_flight = 1; }));
    e.sts.next({.what = answer_status, .status = 403, .body = refusal("AccessDenied")});
    written += e.ask("A").body;
    e.sts.next({.what = answer_status, .status = 500, .body = refusal("Broken")});
    written += e.ask("B").body;
    e.issue("C");
    e.w.origin.next(
        {.what = answer_status, .status = 403, .body = "<Error><Code>InvalidToken</Code></Error>"}, 1);
    written += e.ask("C").body;
    auto const port = e.w.proxy->port();
    written += e.send(plain_bytes({"GET", "/bucket/none?X-Amz-Security-Token=" + token_of("C")}, port)).body;
    written += e.send(plain_bytes({"GET", "/-/none?X-Amz-Security-Token=" + token_of("C")}, port)).body;
    for (auto const& line : e.w.access_lines(5)) {
      written += line;
    }
  }
  written += testing::internal::GetCapturedStderr();
  for (auto const* part :
       {"c3ViamVjdC1vZi10b2tlbi", "c2lnbmF0dXJlLW9mLXRva2Vu", "secret-of-", "session-of-"}) {
    EXPECT_EQ(written.find(part), std::string::npos) << written;
  }
  EXPECT_NE(written.find("the STS exchanged no token"), std::string::npos)
      << "the log is among what was read";
}

TEST(token_exchange, the_end_of_the_process_waits_for_no_sts) {
  exchanging e({.threads = 4});
  e.sts.next({.what = hang}, 99);
  std::list<client> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.emplace_back(e.w.proxy->port());
    waiting.back().send(e.bytes("A", {"GET", "/bucket/k?acl"}));
  }
  e.sts.wait_for_requests(1);
  auto const begin = std::chrono::steady_clock::now();
  e.w.proxy.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

}  // namespace
}  // namespace s3proxy::test
