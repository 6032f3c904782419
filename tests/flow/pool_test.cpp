#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <list>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

world::choices one_worker(std::function<void(upstream::origin_limits&)> shorten = [](auto&) {}) {
  return {.threads = 1, .adjust = [shorten](proxy::limits& l) { shorten(l.origin); }};
}

TEST(pool, one_connection_serves_many_requests_one_after_another) {
  world w(one_worker());
  w.origin.put_version("/bucket/k", 1, 100);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(w.get("/bucket/k?acl").status, 200U);
    EXPECT_EQ(w.put("/bucket/n", "hello").status, 200U);
    EXPECT_EQ(w.head("/bucket/k", {{"Cache-Control", "no-cache"}}).status, 200U);
    EXPECT_EQ(w.ask({"DELETE", "/bucket/n"}).status, 204U);
  }
  EXPECT_EQ(w.origin.connections(), 1U);
}

TEST(pool, when_every_connection_is_in_use_the_client_is_asked_to_slow_down) {
  world w(one_worker([](auto& l) {
    l.connections = 1;
    l.lease = 50ms;
  }));
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET", "/bucket/a"), held);
  auto first = w.connect();
  first.send(w.signed_request({"GET", "/bucket/a?acl"}));
  held->wait_for_arrivals(1);
  for (auto const& what :
       std::vector<request>{{"GET", "/bucket/b"}, {"GET", "/bucket/b?acl"}, {"PUT", "/bucket/b", {}, "x"}}) {
    auto const got = w.ask(what);
    EXPECT_EQ(got.status, 503U) << what.method;
    EXPECT_EQ(got.error_code(), "SlowDown") << what.method;
  }
  EXPECT_EQ(w.origin.count(), 1U);
  held->open();
  EXPECT_EQ(first.read().status, 404U);
  EXPECT_EQ(w.get("/bucket/b?acl").status, 404U) << "the place is free again";
}

TEST(pool, who_waits_for_a_connection_gets_it_in_turn) {
  world w(one_worker([](auto& l) { l.connections = 1; }));
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET", "/bucket/0"), held);
  std::list<client> waiting;
  for (int i = 0; i < 6; ++i) {
    waiting.emplace_back(w.proxy->port());
    waiting.back().send(w.signed_request({"GET", "/bucket/" + std::to_string(i) + "?acl"}));
    if (i == 0) {
      held->wait_for_arrivals(1);
    }
  }
  held->open();
  for (auto& link : waiting) {
    EXPECT_EQ(link.read().status, 404U);
  }
  EXPECT_EQ(w.origin.connections(), 1U);
}

TEST(pool, never_more_connections_than_the_limit) {
  world w(one_worker([](auto& l) { l.connections = 2; }));
  w.origin.put_version("/bucket/k", 1, 5000);
  std::list<client> clients;
  for (int i = 0; i < 24; ++i) {
    clients.emplace_back(w.proxy->port());
  }
  for (int round = 0; round < 5; ++round) {
    for (auto& link : clients) {
      link.send(w.signed_request({"GET", "/bucket/k?acl"}));
    }
    for (auto& link : clients) {
      EXPECT_EQ(link.read().status, 200U);
    }
  }
  EXPECT_LE(w.origin.connections(), 2U);
}

TEST(pool, a_connection_that_the_store_closed_is_not_used_again) {
  world w(one_worker());
  w.origin.put_version("/bucket/k", 1, 100);
  for (auto const& what : std::vector<request>{
           {"PUT", "/bucket/n", {}, "hello"}, {"GET", "/bucket/k?acl"}, {"POST", "/bucket/n?uploads"}}) {
    ASSERT_EQ(w.get("/bucket/k?acl").status, 200U);
    auto const before = w.origin.connections();
    w.origin.close_connections();
    w.origin.forget_requests();
    EXPECT_EQ(w.ask(what).status, 200U) << what.method;
    EXPECT_EQ(w.origin.count(), 1U) << what.method;
    EXPECT_EQ(w.origin.connections(), before + 1) << what.method;
  }
}

TEST(pool, a_read_on_a_connection_that_dies_under_it_is_asked_again_on_a_fresh_one_without_waiting) {
  for (auto const* target : {"/bucket/k", "/bucket/k?acl", "/bucket?list-type=2"}) {
    world w(one_worker([](auto& l) {
      l.attempts = 2;
      l.backoff = l.backoff_most = std::chrono::hours(1);
    }));
    w.origin.put_version("/bucket/k", 1, 100);
    ASSERT_EQ(w.get("/bucket/k?tagging").status, 200U);
    w.origin.next({.what = reset_unread});
    EXPECT_EQ(w.get(target).status, 200U) << target;
    EXPECT_EQ(w.origin.connections(), 2U) << target;
    EXPECT_EQ(told(w.access_lines(2)[1], "origin_calls"), "2") << target;
  }
}

TEST(pool, a_write_on_a_connection_that_dies_under_it_is_not) {
  world w(one_worker());
  w.origin.put_version("/bucket/k", 1, 100);
  ASSERT_EQ(w.get("/bucket/k?acl").status, 200U);
  w.origin.when(is("PUT"), {.what = reset_unread});
  EXPECT_EQ(w.put("/bucket/n", "hello").status, 502U);
  EXPECT_EQ(w.origin.count(is("PUT")), 1U);
}

TEST(pool, a_connection_that_the_store_announces_to_close_is_not_used_again) {
  world w(one_worker());
  for (int i = 0; i < 3; ++i) {
    w.origin.next({.what = answer_status, .status = 200, .extra_fields = "Connection: close\r\n"});
    EXPECT_EQ(w.put("/bucket/n", "hello").status, 200U);
  }
  EXPECT_EQ(w.origin.connections(), 3U);
}

TEST(pool, a_connection_is_not_kept_longer_than_stores_keep_theirs) {
  world w(one_worker([](auto& l) { l.keep = 0s; }));
  w.origin.put_version("/bucket/k", 1, 100);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(w.get("/bucket/k?acl").status, 200U);
  }
  EXPECT_EQ(w.origin.connections(), 3U);
}

TEST(pool, a_connection_with_an_answer_half_read_is_not_used_again) {
  world w(one_worker([](auto& l) { l.connections = 1; }));
  w.origin.put_version("/bucket/k", 1, 8'000'000);
  {
    client leaving(w.proxy->port(), 4096);
    leaving.send(w.signed_request({"GET", "/bucket/k?acl"}));
    EXPECT_FALSE(leaving.read_some(100).empty());
    leaving.reset();
  }
  auto const got = w.get("/bucket/k?acl");
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_EQ(w.origin.connections(), 2U);
}

}  // namespace
}  // namespace s3proxy::test
