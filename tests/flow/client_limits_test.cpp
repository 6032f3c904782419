#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <list>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;

/// Long limits but for one.
world::choices with(std::function<void(net::client_limits&)> shorten) {
  return {.adjust = [shorten](proxy::limits& l) { shorten(l.client); }};
}

TEST(client_limits, a_head_that_does_not_end_is_told_so_and_closed) {
  world w(with([](auto& l) { l.head = 150ms; }));
  auto link = w.connect();
  link.send("GET /bucket/k HTTP/1.1\r\nHost: 127");
  auto const got = link.read();
  EXPECT_EQ(got.status, 400U);
  EXPECT_EQ(got.error_code(), "RequestTimeout");
  EXPECT_TRUE(link.at_end());
  EXPECT_EQ(told(w.access_lines(1)[0], "error"), "RequestTimeout");
}

TEST(client_limits, the_bytes_of_a_slow_head_do_not_prolong_its_time) {
  world w(with([](auto& l) { l.head = 300ms; }));
  auto link = w.connect();
  auto const began = std::chrono::steady_clock::now();
  link.send("GET /bucket/k HTTP/1.1\r\n");
  std::size_t lines = 0;
  // Each line is followed by a whole request of another client: time passes, and something is always coming.
  while (link.offer("x-slow: 1\r\n", 0ms) > 0 && lines < 20'000) {
    ++lines;
    w.list("bucket");
    if (std::chrono::steady_clock::now() - began > 5s) {
      break;
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST(client_limits, a_body_that_stops_is_told_so_and_stores_nothing) {
  world w(with([](auto& l) { l.body = 150ms; }));
  auto const request = w.signed_request({"PUT", "/bucket/k", {}, telling_bytes(1, 0, 200 * KiB)});
  auto link = w.connect();
  link.send(std::string_view(request).substr(0, request.size() - 10));
  auto const got = link.read();
  EXPECT_EQ(got.status, 400U);
  EXPECT_EQ(got.error_code(), "RequestTimeout");
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_TRUE(link.at_end());
  w.origin.wait_for_requests(1);
  EXPECT_LT(w.origin.requests()[0].body.size(), 200 * KiB);
  EXPECT_EQ(w.get("/bucket/k").status, 404U);
}

TEST(client_limits, a_body_that_keeps_coming_may_take_longer_than_the_limit) {
  world w(with([](auto& l) { l.body = 1000ms; }));
  auto const request = w.signed_request({"PUT", "/bucket/k", {}, telling_bytes(1, 0, 64 * KiB)});
  auto const reading = std::make_shared<gate>();
  w.origin.next({.what = fault::kind::late_body, .then = [reading] { reading->pass(); }});
  auto link = w.connect();
  link.send(std::string_view(request).substr(0, 30 * KiB));
  reading->wait_for_arrivals(1);
  link.send(std::string_view(request).substr(30 * KiB));
  reading->open();
  EXPECT_EQ(link.read().status, 200U);
}

TEST(client_limits, a_client_that_stops_reading_is_cut_off_with_a_reset) {
  for (auto const* target : {"/bucket/k", "/bucket/k?acl"}) {
    world w(with([](auto& l) { l.answer = 150ms; }));
    w.origin.put("/bucket/k", {.body = std::string(32 * KiB * KiB, 'x'), .tag = "\"v1\""});
    client still(w.proxy->port(), 64 * KiB);
    still.send(w.signed_request({"GET", target}));
    EXPECT_EQ(told(w.access_lines(1)[0], "error"), "ClientGone") << target;
    auto const got = still.read();
    EXPECT_EQ(got.status, 200U) << target;
    EXPECT_FALSE(got.complete) << target;
    EXPECT_TRUE(still.was_reset()) << target;
  }
}

TEST(client_limits, an_idle_connection_is_closed_without_a_word) {
  world w(with([](auto& l) { l.idle = 150ms; }));
  w.origin.put_version("/bucket/k", 1, 100);
  auto link = w.connect();
  EXPECT_TRUE(link.at_end()) << "never used";
  auto used = w.connect();
  used.send(w.signed_request({"GET", "/bucket/k"}));
  EXPECT_EQ(used.read().status, 200U);
  EXPECT_TRUE(used.at_end());
  EXPECT_FALSE(used.was_reset());
  EXPECT_EQ(w.access_lines(1).size(), 1U) << "an idle connection is no request";
}

TEST(client_limits, a_head_has_its_own_time_from_its_first_byte) {
  world w(with([](auto& l) {
    l.idle = 20s;
    l.head = 100ms;
  }));
  auto link = w.connect();
  link.send("G");
  EXPECT_EQ(link.read().error_code(), "RequestTimeout");
}

TEST(client_limits, a_refused_client_that_does_not_close_is_closed) {
  world w(with([](auto& l) { l.lingering = 100ms; }));
  auto link = w.connect();
  link.send("nonsense\r\n\r\n");
  EXPECT_EQ(link.read().status, 400U);
  EXPECT_TRUE(w.becomes_quiet()) << "although this side keeps its half open";
}

TEST(client_limits, a_client_that_vanishes_at_any_point_leaves_nothing_behind) {
  world w;
  w.origin.put_version("/bucket/k", 1, 3000 * KiB);
  auto const get = w.signed_request({"GET", "/bucket/k"});
  auto const put = w.signed_request({"PUT", "/bucket/n", {}, telling_bytes(1, 0, 100 * KiB)});
  for (auto const& request : {get, put}) {
    for (std::size_t const part :
         {0UL, 1UL, request.find("\r\n"), request.find("\r\n\r\n") + 2, request.size() - 1, request.size()}) {
      auto closing = w.connect();
      closing.send(std::string_view(request).substr(0, part));
      closing.close();
      auto resetting = w.connect();
      resetting.send(std::string_view(request).substr(0, part));
      resetting.reset();
    }
  }
  auto const got = w.get("/bucket/k");
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_TRUE(w.becomes_quiet());
}

TEST(client_limits, clients_that_drip_behind_their_error_are_let_go_all_the_same) {
  world w;  // lingers for 200 ms
  std::list<client> links;
  for (int i = 0; i < 50; ++i) {
    links.emplace_back(w.proxy->port()).send("BROKEN\r\n\r\n");
  }
  auto const end = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
  while (std::chrono::steady_clock::now() < end) {
    for (auto& link : links) {
      link.send("x");
    }
  }
  EXPECT_TRUE(w.becomes_quiet()) << "the deadline passed between two reads, and nobody looked again";
}

}  // namespace
}  // namespace s3proxy::test
