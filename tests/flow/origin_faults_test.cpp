#include "support/blackhole.hpp"
#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

std::vector<request> reads() {
  return {{"GET", "/bucket/k"},
          {"HEAD", "/bucket/k"},
          {"GET", "/bucket/k?acl"},
          {"GET", "/bucket?list-type=2"},
          {"GET", "/"}};
}

struct outcome {
  unsigned status;
  std::string code;
  std::string calls;
};

// Our own sentence, nothing of the store's whereabouts, and as many questions as are worth asking.
void expect_failed(world& w, request const& what, outcome const& want, std::size_t line) {
  auto const got = w.ask(what);
  EXPECT_EQ(got.status, want.status) << what.method << " " << what.target;
  if (what.method != "HEAD") {
    EXPECT_EQ(got.error_code(), want.code) << what.method << " " << what.target;
    EXPECT_EQ(got.body.find(std::to_string(w.origin.port())), std::string::npos) << got.body;
  }
  EXPECT_EQ(told(w.access_lines(line + 1)[line], "origin_calls"), want.calls)
      << what.method << " " << what.target;
}

void expect_reads_fail(world::choices with, fault const& what, outcome const& want) {
  world w(std::move(with));
  w.origin.put_version("/bucket/k", 1, 1000);
  w.origin.next(what, 99);
  std::size_t line = 0;
  for (auto const& one : reads()) {
    expect_failed(w, one, want, line++);
  }
  w.origin.clear_rules();
  EXPECT_EQ(w.get("/bucket/k").status, 200U) << "a fault leaves no trace";
}

TEST(origin_faults, a_refused_connection) {
  world w;
  w.origin.stop_listening();
  std::size_t line = 0;
  for (auto const& one : reads()) {
    expect_failed(w, one, {503, "ServiceUnavailable", "3"}, line++);
  }
}

TEST(origin_faults, a_name_that_does_not_resolve) {
  world w({.host = "nosuch.invalid"});
  std::size_t line = 0;
  for (auto one : reads()) {
    expect_failed(w, one, {502, "BadGateway", "3"}, line++);
  }
  auto const got = w.put("/bucket/k", "hello");
  EXPECT_EQ(got.status, 502U);
  EXPECT_EQ(got.body.find("nosuch"), std::string::npos);
}

TEST(origin_faults, a_connection_that_never_comes_about) {
  blackhole const nowhere;
  if (!nowhere.is_black()) {
    GTEST_SKIP() << "this system queues more connections than it is asked to";
  }
  world::choices with{.origin_port = nowhere.port()};
  with.adjust = [](proxy::limits& l) { l.origin.connect = 50ms; };
  world w(std::move(with));
  std::size_t line = 0;
  for (auto const& one : reads()) {
    expect_failed(w, one, {504, "GatewayTimeout", "3"}, line++);
  }
  expect_failed(w, {"PUT", "/bucket/k", {}, "hello"}, {504, "GatewayTimeout", "3"}, line);
}

TEST(origin_faults, an_answer_that_never_comes_is_not_waited_for_twice) {
  expect_reads_fail({.adjust = [](proxy::limits& l) { l.origin.first_byte = 60ms; }}, {.what = hang},
                    {504, "GatewayTimeout", "1"});
}

TEST(origin_faults, a_connection_that_ends_before_its_answer) {
  for (auto const what : {fault::kind::reset, reset_unread, fault::kind::close}) {
    expect_reads_fail({}, {.what = what}, {502, "BadGateway", "3"});
  }
}

TEST(origin_faults, an_answer_that_is_none_is_not_asked_for_again) {
  for (auto const what : {garbage, ambiguous_frame, endless_head}) {
    expect_reads_fail({}, {.what = what}, {502, "BadGateway", "1"});
  }
}

TEST(origin_faults, a_fault_that_passes_is_not_seen_by_the_client) {
  for (auto const& what : std::vector<fault>{{.what = fault::kind::reset},
                                             {.what = fault::kind::close},
                                             {.what = answer_status, .status = 500},
                                             {.what = answer_status, .status = 502},
                                             {.what = answer_status, .status = 503},
                                             {.what = answer_status, .status = 504}}) {
    for (auto const* target : {"/bucket/k", "/bucket/k?acl", "/bucket?list-type=2"}) {
      world w;
      w.origin.put_version("/bucket/k", 1, 1000);
      w.origin.next(what, 2);
      EXPECT_EQ(w.get(target).status, 200U) << target;
      EXPECT_EQ(told(w.access_lines(1)[0], "origin_calls"), "3") << target;
    }
  }
}

TEST(origin_faults, what_will_not_pass_is_not_asked_again) {
  for (auto const status : {400U, 403U, 404U, 409U, 429U, 501U, 505U}) {
    world w;
    w.origin.next({.what = answer_status, .status = status}, 99);
    EXPECT_EQ(w.get("/bucket/k?acl").status, status);
    EXPECT_EQ(w.origin.count(), 1U) << status;
  }
}

TEST(origin_faults, a_storm_of_503_is_not_made_worse) {
  world w({.threads = 1});
  w.origin.next({.what = answer_status, .status = 503, .body = "<Error><Code>SlowDown</Code></Error>"},
                10'000);
  constexpr std::size_t asked = 300;
  auto link = w.connect();
  for (std::size_t i = 0; i < asked; ++i) {
    link.send(w.signed_request({"GET", "/bucket/k?acl"}));
    auto const got = link.read();
    ASSERT_EQ(got.status, 503U);
    ASSERT_EQ(got.error_code(), "SlowDown");
  }
  proxy::limits const usual;
  auto const retries = static_cast<std::size_t>(usual.origin.retry_tokens / usual.origin.retry_price);
  EXPECT_LE(w.origin.count(), asked + retries);
  EXPECT_GT(w.origin.count(), asked);
  // Good answers earn new tries.
  w.origin.clear_rules();
  w.origin.put_version("/bucket/k", 1, 100);
  for (int i = 0; i < usual.origin.retry_price; ++i) {
    ASSERT_EQ(w.get("/bucket/k?acl").status, 200U);
  }
  w.origin.next({.what = answer_status, .status = 503});
  EXPECT_EQ(w.get("/bucket/k?acl").status, 200U);
}

TEST(origin_faults, an_error_document_that_is_cut_off_is_not_shown) {
  for (auto const& [what, status] :
       std::vector<std::pair<fault::kind, unsigned>>{{cut_body, 502}, {stall_body, 504}}) {
    world w({.adjust = [](proxy::limits& l) { l.origin.idle = 100ms; }});
    w.origin.next({.what = what, .bytes = 20});
    auto const got = w.get("/bucket/missing?acl");
    EXPECT_EQ(got.status, status);
    EXPECT_TRUE(got.complete);
  }
}

TEST(origin_faults, a_stalled_download_is_cut_off) {
  world w({.adjust = [](proxy::limits& l) { l.origin.idle = 100ms; }});
  w.origin.put_version("/bucket/k", 1, 400'000);
  w.origin.next({.what = stall_body, .bytes = 100'000});
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k?acl"}));
  auto const got = link.read();
  EXPECT_EQ(got.status, 200U);
  EXPECT_FALSE(got.complete);
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
}

TEST(origin_faults, a_store_that_takes_an_upload_no_further_is_given_up) {
  world w({.adjust = [](proxy::limits& l) { l.origin.idle = 150ms; }});
  auto const never = std::make_shared<gate>();
  w.origin.next({.what = late_body, .then = [never] { never->pass(); }});
  auto link = w.connect();
  auto const bytes =
      w.signed_request({"PUT", "/bucket/k", {}, std::string(64 << 20, 'x'), "UNSIGNED-PAYLOAD"});
  link.offer(bytes, 3s);
  auto const got = link.read();
  EXPECT_EQ(got.status, 502U);
  EXPECT_NE(got.body.find("may or may not"), std::string::npos);
  never->open();
}

TEST(origin_faults, the_proxy_outlives_its_store) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  ASSERT_EQ(w.get("/bucket/k").status, 200U);
  w.origin.stop_listening();
  EXPECT_EQ(w.get("/bucket/k").header("cache-status"), "s3proxy; hit") << "what is fresh needs no store";
  w.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(w.get("/bucket/k").status, 503U) << "what is stale is not served as if it were not";
}

}  // namespace
}  // namespace s3proxy::test
