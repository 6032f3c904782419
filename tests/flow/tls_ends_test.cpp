#include "support/secured.hpp"
#include "support/telling_bytes.hpp"
#include "support/told.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <future>

// How connections under TLS end, from either side, and what is no end.

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;

TEST(tls_ends, an_end_is_said_before_the_connection_closes) {
  secured const with;
  world w(with.choices([](auto& l) { l.client.idle = 150ms; }));
  w.origin.put_version("/bucket/k", 1, 300 * KiB);
  auto told = w.connect();
  told.send(w.signed_request({"GET", "/bucket/k", {{"Connection", "close"}}}));
  EXPECT_TRUE(told.read().complete);
  EXPECT_TRUE(told.at_end());
  EXPECT_TRUE(told.tls().heard_goodbye());
  EXPECT_FALSE(told.was_reset());
  auto idle = w.connect();
  idle.send(w.signed_request({"GET", "/bucket/k"}));
  EXPECT_TRUE(idle.read().complete);
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(idle.tls().heard_goodbye());
}

TEST(tls_ends, an_answer_that_is_cut_off_ends_without_a_goodbye) {
  secured const with;
  for (auto const* target : {"/bucket/k", "/bucket/k?acl"}) {
    world w(with.choices());
    w.origin.put_version("/bucket/k", 1, 3 * MiB);
    w.origin.next({.what = fault::kind::cut_body, .bytes = 100 * KiB});
    w.origin.next({.what = fault::kind::answer_status, .status = 404}, 99);
    auto link = w.connect();
    link.send(w.signed_request({"GET", target}));
    auto const got = link.read();
    EXPECT_EQ(got.status, 200U);
    EXPECT_FALSE(got.complete);
    EXPECT_FALSE(link.tls().heard_goodbye()) << target;
  }
}

TEST(tls_ends, a_client_that_stops_reading_is_cut_off_without_a_goodbye) {
  secured const with;
  world w(with.choices([](auto& l) { l.client.answer = 150ms; }));
  w.origin.put("/bucket/k", {.body = std::string(32 * MiB, 'x'), .tag = "\"v1\""});
  auto still = w.connect(64 * KiB);
  still.send(w.signed_request({"GET", "/bucket/k"}));
  EXPECT_EQ(told(w.access_lines(1)[0], "error"), "ClientGone");
  EXPECT_FALSE(still.read().complete);
  EXPECT_FALSE(still.tls().heard_goodbye());
}

TEST(tls_ends, a_client_may_leave_with_and_without_a_word) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 3 * MiB);
  auto const get = w.signed_request({"GET", "/bucket/k"});
  auto const put = w.signed_request({"PUT", "/bucket/n", {}, telling_bytes(1, 0, 100 * KiB)});
  for (auto const& request : {get, put}) {
    for (std::size_t const part : {0UL, 1UL, request.find("\r\n\r\n") + 2, request.size() - 1}) {
      auto polite = w.connect();
      polite.send(std::string_view(request).substr(0, part));
      polite.tls().say_goodbye();
      EXPECT_TRUE(part > request.find("\r\n\r\n") + 2 || polite.at_end());
      auto closing = w.connect();
      closing.send(std::string_view(request).substr(0, part));
      closing.close();
      auto resetting = w.connect();
      resetting.send(std::string_view(request).substr(0, part));
      resetting.reset();
    }
  }
  EXPECT_EQ(differs(w.get("/bucket/k").body, 1, 0), std::nullopt);
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.get("/bucket/n").status, 404U) << "half an upload is none";
}

TEST(tls_ends, a_client_that_ends_its_half_without_a_goodbye_is_still_answered) {
  secured const with;
  world w(with.choices());
  auto const put = w.signed_request({"PUT", "/bucket/n", {}, telling_bytes(1, 0, 100 * KiB)});
  auto half = w.connect();
  half.send(std::string_view(put).substr(0, put.size() - 1));
  half.finish_sending();
  EXPECT_EQ(half.read("PUT").error_code(), "IncompleteBody");
  EXPECT_TRUE(half.at_end());
  EXPECT_TRUE(half.tls().heard_goodbye());
}

/// A client in the middle of a wait for the store: its request was sent and the store holds its answer.
struct waiting_client {
  explicit waiting_client(world& w) : link(w.connect()) {
    w.origin.put_version("/bucket/k", 1, 300 * KiB);
    w.origin.hold(is("GET", "/bucket/k"), held);
    link.send(w.signed_request({"GET", "/bucket/k"}));
    held->wait_for_arrivals(1);
  }
  std::shared_ptr<gate> held = std::make_shared<gate>();
  client link;
};

TEST(tls_ends, what_tls_says_to_itself_is_no_hang_up) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 3 * MiB);
  w.origin.when(is("GET"), {.what = fault::kind::drip, .bytes = 100 * KiB}, 99);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k"}));
  std::string got;
  ASSERT_EQ(link.read_head().status, 200U);
  while (got.size() < 3 * MiB) {
    link.tls().change_keys();
    auto const piece = link.read_some(100 * KiB);
    ASSERT_FALSE(piece.empty());
    got += piece;
  }
  EXPECT_EQ(differs(got, 1, 0), std::nullopt);
}

TEST(tls_ends, new_keys_during_a_wait_for_the_store_change_nothing) {
  secured const with;
  world w(with.choices());
  waiting_client one(w);
  for (int i = 0; i < 5; ++i) {
    one.link.tls().change_keys();
    ASSERT_EQ(w.put("/bucket/other", "x").status, 200U);
  }
  one.held->open();
  EXPECT_EQ(differs(one.link.read().body, 1, 0), std::nullopt);
}

TEST(tls_ends, the_next_request_during_a_wait_for_the_store_is_no_hang_up) {
  secured const with;
  world w(with.choices());
  waiting_client one(w);
  one.link.send(w.signed_request({"PUT", "/bucket/n", {}, "hello"}));
  ASSERT_EQ(w.put("/bucket/other", "x").status, 200U);
  one.held->open();
  EXPECT_EQ(differs(one.link.read().body, 1, 0), std::nullopt);
  EXPECT_EQ(one.link.read("PUT").status, 200U);
}

// A stalled body is the long wait; with the client gone nobody waits for it any more.
void expect_noticed(std::function<void(client&)> const& leave) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 300 * KiB);
  w.origin.when(is("GET"), {.what = fault::kind::stall_body, .bytes = 100 * KiB}, 99);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k"}));
  ASSERT_EQ(link.read_head().status, 200U);
  leave(link);
  EXPECT_EQ(told(w.access_lines(1)[0], "error"), "ClientGone");
  EXPECT_TRUE(w.becomes_quiet());
}

TEST(tls_ends, a_client_that_leaves_during_a_wait_for_the_store_is_noticed) {
  expect_noticed([](client& link) { link.tls().say_goodbye(); });
  expect_noticed([](client& link) { link.close(); });
  expect_noticed([](client& link) { link.reset(); });
  expect_noticed([](client& link) {
    link.tls().change_keys();
    link.tls().say_goodbye();
  });
}

TEST(tls_ends, an_early_error_is_seen_by_a_client_that_is_still_uploading) {
  secured const with;
  world w(with.choices());
  auto const request =
      w.signed_request({"PUT", "/bucket/k", {{"If-Match", "\"x\""}}, std::string(8 * MiB, 'x')});
  w.origin.when(is("PUT"), {.what = fault::kind::refuse_early, .status = 412, .body = "<Error/>"}, 99);
  auto link = w.connect();
  link.send(request);
  EXPECT_EQ(link.read("PUT").status, 412U);
  EXPECT_TRUE(link.at_end());
  EXPECT_TRUE(link.tls().heard_goodbye());
}

TEST(tls_ends, a_drain_says_goodbye_to_the_idle_and_lets_the_others_finish) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 4 * MiB);
  auto idle = w.connect();
  idle.send(w.signed_request({"HEAD", "/bucket/other"}));
  ASSERT_EQ(idle.read("HEAD").status, 404U);
  auto slow = w.connect(64 * KiB);
  slow.send(w.signed_request({"GET", "/bucket/k"}));
  ASSERT_EQ(slow.read_head().status, 200U);
  client shaking(w.proxy->port());  // in the midst of its handshake
  auto const done = std::make_shared<std::promise<void>>();
  w.proxy->drain([done] { done->set_value(); });
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(idle.tls().heard_goodbye());
  EXPECT_TRUE(shaking.at_end());
  std::string got;
  while (!slow.at_end()) {
    got += slow.read_some(1 * MiB);
  }
  EXPECT_EQ(got.size(), 4 * MiB);
  EXPECT_TRUE(slow.tls().heard_goodbye());
  EXPECT_EQ(done->get_future().wait_for(10s), std::future_status::ready);
}

TEST(tls_ends, going_down_with_connections_in_every_state_leaves_nothing_behind) {
  secured const with;
  world w(with.choices());
  w.origin.put("/bucket/k", {.body = std::string(32 * MiB, 'x'), .tag = "\"v1\""});
  client shaking(w.proxy->port());
  auto idle = w.connect();
  auto reading = w.connect(64 * KiB);
  reading.send(w.signed_request({"GET", "/bucket/k"}));
  ASSERT_EQ(reading.read_head().status, 200U);
  w.proxy.reset();  // the sanitizers watch
  while (!reading.at_end()) {
    reading.read_some(1 * MiB);
  }
  EXPECT_FALSE(reading.tls().heard_goodbye());
  EXPECT_TRUE(shaking.at_end());
  EXPECT_TRUE(idle.at_end());
}

}  // namespace
}  // namespace s3proxy::test
