#include "s3proxy/observe/log.hpp"

#include "support/exchanging.hpp"
#include "support/secret_watch.hpp"
#include "support/told.hpp"

#include <gtest/gtest.h>

#include <list>
#include <mutex>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

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
    e.sts.next({.what = answer_status, .status = row.status, .body = sts_refusal(row.said)});
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
                     {{.what = answer_status, .status = 503, .body = sts_refusal("SlowDown")}, 503},
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
  std::mutex mutex;
  std::string written;
  observe::log_capture const log([&](observe::room, observe::level, std::string_view message) {
    watch_line(message);
    std::lock_guard const lock(mutex);
    written += message;
  });
  auto const note = [&](std::string const& text) {
    std::lock_guard const lock(mutex);
    written += text;
  };
  {
    exchanging e(limited([](proxy::token_limits& l) { l.in_flight = 1; }));
    e.sts.next({.what = answer_status, .status = 403, .body = sts_refusal("AccessDenied")});
    note(e.ask("A").body);
    e.sts.next({.what = answer_status, .status = 500, .body = sts_refusal("Broken", "B")});
    note(e.ask("B").body);
    e.issue("C");
    e.w.origin.next(
        {.what = answer_status, .status = 403, .body = "<Error><Code>InvalidToken</Code></Error>"}, 1);
    note(e.ask("C").body);
    auto const port = e.w.proxy->port();
    note(e.send(plain_bytes({"GET", "/bucket/none?X-Amz-Security-Token=" + token_of("C")}, port)).body);
    note(e.send(plain_bytes({"GET", "/-/none?X-Amz-Security-Token=" + token_of("C")}, port)).body);
    for (auto const& line : e.w.access_lines(5)) {
      note(line);
    }
  }
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
