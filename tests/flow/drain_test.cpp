#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <future>
#include <list>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;
constexpr std::size_t large = 24 * KiB * KiB;
constexpr auto soon = 10s;

std::future<void> drain(world& w) {
  auto ended = std::make_shared<std::promise<void>>();
  auto future = ended->get_future();
  w.proxy->drain([ended] { ended->set_value(); });
  return future;
}

bool comes(std::future<void>& ended) {
  return ended.wait_for(soon) == std::future_status::ready;
}

bool still_open(std::future<void>& ended) {
  return ended.wait_for(0s) != std::future_status::ready;
}

/// One that has been served and waits. Its end tells that its worker has heard of the drain.
std::unique_ptr<client> idle_connection(world& w) {
  auto made = std::make_unique<client>(w.proxy->port());
  made->send(w.signed_request({"HEAD", "/bucket/other"}));
  EXPECT_EQ(made->read("HEAD").status, 404U);
  return made;
}

world::choices with_drain(std::chrono::milliseconds limit) {
  return {.adjust = [limit](proxy::limits& l) { l.client.drain = limit; }};
}

TEST(drain, without_connections_it_ends_at_once) {
  world w;
  auto ended = drain(w);
  EXPECT_TRUE(comes(ended));
}

TEST(drain, an_idle_connection_is_closed_at_once) {
  world w;
  w.origin.put_version("/bucket/k", 1, 100);
  auto fresh = w.connect();
  auto used = w.connect();
  used.send(w.signed_request({"GET", "/bucket/k"}));
  ASSERT_EQ(used.read().status, 200U);
  auto ended = drain(w);
  EXPECT_TRUE(comes(ended));
  EXPECT_TRUE(used.at_end());
  EXPECT_FALSE(used.was_reset());
  EXPECT_TRUE(fresh.at_end());
}

TEST(drain, nobody_is_accepted_any_more) {
  world w;
  auto const port = w.proxy->port();
  auto ended = drain(w);
  ASSERT_TRUE(comes(ended));
  EXPECT_THROW(client{port}, boost::system::system_error);
}

TEST(drain, an_open_download_finishes_and_then_closes) {
  for (auto const* target : {"/bucket/k", "/bucket/k?acl"}) {
    world w;
    w.origin.put("/bucket/k", {.body = std::string(large, 'x'), .tag = "\"v1\""});
    client slow(w.proxy->port(), 64 * KiB);
    slow.send(w.signed_request({"GET", target}));
    auto const first = slow.read_some(10);
    auto ended = drain(w);
    EXPECT_TRUE(still_open(ended));
    std::size_t read = first.size();
    while (!slow.at_end()) {
      read += slow.read_some(256 * KiB).size();
    }
    EXPECT_GT(read, large) << "the head and all of the body";
    EXPECT_FALSE(slow.was_reset());
    EXPECT_TRUE(comes(ended)) << target;
  }
}

TEST(drain, an_open_upload_finishes_and_is_told_to_close) {
  world w({.threads = 1});
  auto idle = idle_connection(w);
  auto const body = telling_bytes(1, 0, 300 * KiB);
  auto const request = w.signed_request({"PUT", "/bucket/k", {{"Expect", "100-continue"}}, body});
  auto link = w.connect();
  link.send(std::string_view(request).substr(0, request.size() - body.size()));
  ASSERT_EQ(link.read().status, 100U);
  auto ended = drain(w);
  ASSERT_TRUE(idle->at_end()) << "the worker has heard of it";
  EXPECT_TRUE(still_open(ended));
  link.send(body);
  auto const got = link.read();
  EXPECT_EQ(got.status, 200U);
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_TRUE(link.at_end());
  EXPECT_TRUE(comes(ended));
  EXPECT_TRUE(w.origin.requests().at(1).body == body);
}

TEST(drain, a_request_behind_the_last_one_is_not_begun) {
  world w({.threads = 1});
  w.origin.put_version("/bucket/k", 1, 100);
  auto idle = idle_connection(w);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET", "/bucket/k"), held);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k"}) + w.signed_request({"PUT", "/bucket/n", {}, "x"}));
  held->wait_for_arrivals(1);
  auto ended = drain(w);
  ASSERT_TRUE(idle->at_end()) << "the worker has heard of it";
  held->open();
  auto const got = link.read();
  EXPECT_EQ(got.status, 200U);
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_TRUE(link.at_end());
  EXPECT_TRUE(comes(ended));
  EXPECT_EQ(w.origin.count(is("PUT")), 0U);
}

TEST(drain, after_its_limit_what_is_open_is_aborted) {
  for (auto const* target : {"/bucket/k", "/bucket/k?acl"}) {
    world w(with_drain(150ms));
    w.origin.put("/bucket/k", {.body = std::string(large, 'x'), .tag = "\"v1\""});
    client still(w.proxy->port(), 64 * KiB);
    still.send(w.signed_request({"GET", target}));
    ASSERT_EQ(still.read_head().status, 200U);
    auto ended = drain(w);
    EXPECT_TRUE(comes(ended)) << target;
    std::size_t read = 0;
    while (!still.at_end()) {
      read += still.read_some(256 * KiB).size();
    }
    EXPECT_LT(read, large);
    EXPECT_TRUE(still.was_reset()) << "a truncated answer must not end cleanly";
  }
}

TEST(drain, after_its_limit_a_half_sent_request_is_aborted) {
  world w(with_drain(150ms));
  auto const upload = w.signed_request({"PUT", "/bucket/k", {{"Expect", "100-continue"}}, "hello"});
  auto in_head = w.connect();
  in_head.send(w.signed_request({"HEAD", "/bucket/k"}) + upload.substr(0, 30));
  ASSERT_EQ(in_head.read("HEAD").status, 404U);
  auto in_body = w.connect();
  in_body.send(upload.substr(0, upload.size() - 5));
  ASSERT_EQ(in_body.read().status, 100U);
  in_body.send("hell");
  auto ended = drain(w);
  EXPECT_TRUE(comes(ended));
  EXPECT_TRUE(in_head.at_end());
  EXPECT_TRUE(in_body.at_end());
  EXPECT_EQ(w.origin.count([](received const& r) { return r.body == "hello"; }), 0U);
}

TEST(drain, a_store_that_does_not_answer_cannot_prolong_it) {
  for (auto const& what : std::vector<request>{{"GET", "/bucket/k"},
                                               {"GET", "/bucket/k?acl"},
                                               {"HEAD", "/bucket/k"},
                                               {"PUT", "/bucket/k", {}, "hello"}}) {
    world w(with_drain(150ms));
    w.origin.next({.what = fault::kind::hang}, 99);
    auto link = w.connect();
    link.send(w.signed_request(what));
    w.origin.wait_for_requests(1);
    auto ended = drain(w);
    EXPECT_TRUE(comes(ended)) << what.method << " " << what.target;
  }
}

TEST(drain, a_store_that_stalls_cannot_prolong_it) {
  for (auto const* target : {"/bucket/k", "/bucket/k?acl"}) {
    world w(with_drain(150ms));
    w.origin.put_version("/bucket/k", 1, 300 * KiB);
    w.origin.when(is("GET"), {.what = fault::kind::stall_body, .bytes = 100 * KiB}, 99);
    auto link = w.connect();
    link.send(w.signed_request({"GET", target}));
    ASSERT_EQ(link.read_head().status, 200U);
    auto ended = drain(w);
    EXPECT_TRUE(comes(ended)) << target;
  }
}

TEST(drain, an_abort_ends_everything_at_once) {
  world w;
  w.origin.put("/bucket/k", {.body = std::string(large, 'x'), .tag = "\"v1\""});
  client still(w.proxy->port(), 64 * KiB);
  still.send(w.signed_request({"GET", "/bucket/k"}));
  ASSERT_EQ(still.read_head().status, 200U);
  auto idle = idle_connection(w);
  w.proxy->abort();
  while (!still.at_end()) {
    still.read_some(256 * KiB);
  }
  EXPECT_TRUE(still.was_reset());
  EXPECT_TRUE(idle->at_end());
  EXPECT_TRUE(w.becomes_quiet());
}

TEST(drain, going_down_without_draining_leaves_nothing_behind) {
  world w;
  w.origin.put("/bucket/k", {.body = std::string(large, 'x'), .tag = "\"v1\""});
  w.origin.when(is("GET", "/bucket/hung"), {.what = fault::kind::hang}, 99);
  std::list<client> clients;
  for (auto const* target : {"/bucket/k", "/bucket/k?acl", "/bucket/hung", "/bucket?list-type=2"}) {
    clients.emplace_back(w.proxy->port(), 64 * KiB).send(w.signed_request({"GET", target}));
  }
  w.origin.wait_for_requests(4);
  w.proxy.reset();  // the sanitizers watch
  for (auto& one : clients) {
    while (!one.at_end()) {
      one.read_some(256 * KiB);
    }
  }
}

}  // namespace
}  // namespace s3proxy::test
