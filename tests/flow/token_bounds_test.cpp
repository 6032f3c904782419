#include "support/exchanging.hpp"
#include "support/told.hpp"

#include <gtest/gtest.h>

#include <list>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

TEST(token_bounds, a_failure_is_remembered_for_seconds_only) {
  exchanging e;
  e.sts.when(shows_token("A"), {.what = answer_status, .status = 403, .body = sts_refusal("AccessDenied")});
  e.sts.when(shows_token("B"), {.what = answer_status, .status = 500});
  for (auto const* name : {"A", "B"}) {
    EXPECT_NE(e.ask(name).status, 200U);
    EXPECT_NE(e.ask(name).status, 200U);
    EXPECT_EQ(e.sts.count(shows_token(name)), 1U);
    e.issue(name);
    e.w.clock.advance(4'999ms);
    EXPECT_NE(e.ask(name).status, 200U);
    EXPECT_EQ(e.sts.count(shows_token(name)), 1U);
    e.w.clock.advance(1ms);
    EXPECT_EQ(e.ask(name).status, 200U);
  }
}

TEST(token_bounds, a_pair_is_used_until_five_minutes_before_its_expiry) {
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

TEST(token_bounds, a_pair_that_cannot_be_renewed_is_used_while_it_lives) {
  exchanging e;
  e.sts.when(shows_token("A"), {.what = answer_status, .status = 200, .body = issued("A")});
  e.sts.when(shows_token("A"), {.what = answer_status, .status = 500}, 99);
  EXPECT_EQ(e.ask("A").status, 200U);
  e.w.clock.advance(56min);
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.sts.count(), 2U);
  e.w.clock.advance(4min);
  EXPECT_EQ(e.ask("A").status, 503U);
}

TEST(token_bounds, a_pair_whose_renewal_is_refused_is_used_no_more) {
  exchanging e;
  e.sts.when(shows_token("A"), {.what = answer_status, .status = 200, .body = issued("A")});
  e.sts.when(shows_token("A"), {.what = answer_status, .status = 400, .body = sts_refusal("ExpiredToken")},
             99);
  EXPECT_EQ(e.ask("A").status, 200U);
  e.w.clock.advance(56min);
  EXPECT_EQ(e.ask("A").error_code(), "ExpiredToken");
}

TEST(token_bounds, a_short_lived_pair_is_used_for_half_of_its_time) {
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

TEST(token_bounds, a_hundred_concurrent_first_requests_make_one_exchange) {
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

TEST(token_bounds, a_hundred_concurrent_requests_share_a_refusal) {
  exchanging e({.threads = 4});
  e.sts.next({.what = answer_status, .status = 403, .body = sts_refusal("AccessDenied")}, 99);
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

TEST(token_bounds, a_client_that_leaves_leaves_the_exchange_running_for_the_others) {
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

TEST(token_bounds, beyond_the_exchanges_in_flight_the_client_is_asked_to_slow_down) {
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

TEST(token_bounds, a_flood_of_refused_tokens_evicts_no_good_one) {
  exchanging e(limited([](proxy::token_limits& l) { l.held = l.failures = 2; }));
  e.issue("A");
  e.issue("B");
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.ask("B").status, 200U);
  e.sts.when([](auto const&) { return true; },
             {.what = answer_status, .status = 403, .body = sts_refusal("AccessDenied")}, 99);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(e.ask("bad" + std::to_string(i)).status, 403U);
  }
  e.sts.forget_requests();
  EXPECT_EQ(e.ask("A").status, 200U);
  EXPECT_EQ(e.ask("B").status, 200U);
  EXPECT_EQ(e.sts.count(), 0U);
}

TEST(token_bounds, when_there_are_too_many_the_one_unused_for_longest_goes) {
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

}  // namespace
}  // namespace s3proxy::test
