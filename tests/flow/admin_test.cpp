#include "support/world.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

namespace s3proxy::test {
namespace {

struct watched_world : world {
  watched_world() : world({.admin = app::listen_place{"127.0.0.1", 0}}) {}

  answer look(std::string const& method, std::string const& target) {
    client link(proxy->admin()->port);
    link.send(plain_bytes({method, target}, proxy->admin()->port));
    auto out = link.read(method);
    EXPECT_TRUE(link.at_end()) << "one request a connection";
    return out;
  }
  std::string metrics() { return look("GET", "/-/metrics").body; }
};

bool says(std::string const& text, std::string const& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(admin, is_not_there_unless_asked_for) {
  world w;
  EXPECT_FALSE(w.proxy->admin());
  EXPECT_EQ(w.get("/-/metrics").status, 400U) << "for clients it would be a bucket, and none is called so";
}

TEST(admin, the_page_of_metrics_counts_what_clients_asked_for) {
  watched_world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  auto open = w.connect();
  open.send(w.signed_request({"GET", "/bucket/k"}));
  EXPECT_EQ(open.read().status, 200U);
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  EXPECT_EQ(w.get("/bucket/none").status, 404U);
  EXPECT_EQ(w.put("/bucket/k", "hello").status, 200U);
  w.access_lines(4);
  auto const text = w.metrics();
  for (auto const* line :
       {"s3proxy_http_requests_total{operation=\"get\",phase=\"miss\",code=\"2xx\"} 1",
        "s3proxy_http_requests_total{operation=\"get\",phase=\"hit\",code=\"2xx\"} 1",
        "s3proxy_http_requests_total{operation=\"write\",phase=\"none\",code=\"2xx\"} 1",
        "s3proxy_http_response_bytes_total{operation=\"get\",phase=\"hit\"} 1000",
        "s3proxy_cache_requests_total{result=\"hit\"} 1", "s3proxy_upstream_requests_total 3",
        "s3proxy_cache_size_bytes{kind=\"data\"} 262144", "s3proxy_read_ahead_speculated_bytes_total 0"}) {
    EXPECT_TRUE(says(text, line)) << line << "\n" << text;
  }
  EXPECT_FALSE(says(text, "s3proxy_connections_open 0")) << "one client is still here\n" << text;
  EXPECT_EQ(w.access_lines(4).size(), 4U) << "who looks is no client";
}

TEST(admin, other_pages_and_other_methods_are_refused) {
  watched_world w;
  EXPECT_EQ(w.look("GET", "/-/health").body, "ok\n");
  EXPECT_EQ(w.look("GET", "/-/read-ahead").body, "read-ahead: off\n");
  EXPECT_EQ(w.look("GET", "/bucket/k").status, 404U);
  auto const refused = w.look("POST", "/-/health");
  EXPECT_EQ(refused.status, 405U);
  EXPECT_EQ(refused.header("allow"), "GET");
  auto const asked_for_head = w.look("HEAD", "/-/health");
  EXPECT_EQ(asked_for_head.status, 405U);
  EXPECT_EQ(asked_for_head.body, "");
  EXPECT_EQ(w.look("PATCH", "/-/health").status, 405U) << "a method that the framing guard does not know";
}

TEST(admin, nothing_that_is_shown_is_secret) {
  watched_world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  w.get("/bucket/k");
  for (auto const* page : {"/-/metrics", "/-/health", "/-/read-ahead"}) {
    auto const body = w.look("GET", page).body;
    EXPECT_EQ(body.find(w.keys.secret_key.reveal()), std::string::npos) << page;
  }
}

answer health_over(client& link, std::uint16_t port) {
  link.send(plain_bytes({"GET", "/-/health"}, port));
  return link.read();
}

TEST(admin, those_who_only_hold_connections_keep_nobody_from_anything) {
  watched_world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  auto const port = w.proxy->admin()->port;
  std::vector<std::unique_ptr<client>> idle;
  for (std::size_t i = 0; i < app::admin_limits().connections; ++i) {
    idle.push_back(std::make_unique<client>(port));
  }
  // They are accepted in the order of their arrival: this one comes behind the others, which are enough.
  client one_too_many(port);
  EXPECT_TRUE(one_too_many.at_end());
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  EXPECT_EQ(health_over(*idle.front(), port).status, 200U) << "it was not its time that was over";
  idle.clear();
  answer after;
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (after.status == 0 && std::chrono::steady_clock::now() < deadline) {
    client again(port);
    after = health_over(again, port);
  }
  EXPECT_EQ(after.status, 200U) << "a place is free once its connection has ended";
}

TEST(admin, an_open_connection_is_reset_when_the_proxy_ends) {
  auto w = std::make_unique<watched_world>();
  client idle(w->proxy->admin()->port);
  EXPECT_EQ(w->look("GET", "/-/health").status, 200U) << "so the one before it was accepted, too";
  w.reset();
  EXPECT_TRUE(idle.at_end());
  EXPECT_TRUE(idle.was_reset());
}

TEST(admin, a_place_that_is_taken_is_told_with_the_flag_that_chooses_another) {
  watched_world w;
  app::daemon_settings settings;
  settings.address = "127.0.0.1";
  settings.proxy.memory = base::byte_count{16} << 20;
  settings.proxy.origin.endpoint = {upstream::scheme::http, "127.0.0.1", 9};
  settings.admin = w.proxy->admin();
  auto const started = app::daemon::start(settings, w.clock);
  auto const* const why = std::get_if<std::string>(&started);
  ASSERT_NE(why, nullptr);
  EXPECT_NE(why->find("port " + std::to_string(w.proxy->admin()->port)), std::string::npos) << *why;
  EXPECT_TRUE(why->ends_with(". Choose another with --admin-address.")) << *why;
}

}  // namespace
}  // namespace s3proxy::test
