#include "s3proxy/base/crypto.hpp"

#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using enum fault::kind;

constexpr std::size_t KiB = 1024;

std::string hash_of(std::string const& text) {
  return base::to_hex(base::sha256(text));
}

TEST(write, an_upload_arrives_whole_under_the_hash_that_its_client_signed) {
  world w;
  auto const body = telling_bytes(3, 0, 3000 * KiB + 5);
  auto const got = w.put("/bucket/k", body);
  EXPECT_EQ(got.status, 200U);
  ASSERT_EQ(w.origin.count(), 1U);
  auto const seen = w.origin.requests()[0];
  EXPECT_TRUE(seen.body == body);
  EXPECT_EQ(seen.header("x-amz-content-sha256"), hash_of(body));
  EXPECT_EQ(seen.header("content-length"), std::to_string(body.size()));
  EXPECT_TRUE(w.get("/bucket/k").body == body);
}

TEST(write, an_upload_without_a_hash_is_forwarded_without_one) {
  world w;
  EXPECT_EQ(w.ask({"PUT", "/bucket/k", {}, "hello", "UNSIGNED-PAYLOAD"}).status, 200U);
  EXPECT_EQ(w.origin.requests().at(0).header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(w.origin.requests().at(0).body, "hello");
}

TEST(write, a_body_that_is_not_the_signed_one_never_reaches_the_store_whole) {
  world w;
  for (std::size_t const size : {1UL, 100UL, 128 * KiB, 128 * KiB + 1, 700 * KiB}) {
    auto const body = telling_bytes(1, 0, size);
    auto link = w.connect();
    link.send(w.signed_request({"PUT", "/bucket/k", {}, body, hash_of(body + "x")}));
    auto const got = link.read();
    EXPECT_EQ(got.status, 400U) << size;
    EXPECT_EQ(got.error_code(), "XAmzContentSHA256Mismatch") << size;
    // A body that came in one piece is refused before the store hears of it; of a longer one the end is held
    // back.
    for (auto const& upload : w.origin.requests()) {
      if (upload.method == "PUT") {
        EXPECT_LT(upload.body.size(), std::stoull(upload.header("content-length")));
      }
    }
    link.send(w.signed_request({"GET", "/bucket/k"}));
    EXPECT_EQ(link.read().status, 404U) << "all of the body was read: the connection may live";
  }
}

TEST(write, an_empty_body_in_place_of_the_signed_one_stores_nothing) {
  world w;
  for (auto const* fields : {"", "Content-Length: 0\r\n"}) {
    auto request = w.signed_request({"PUT", "/bucket/k", {}, {}, hash_of("hello")});
    std::string const line = "Content-Length: 0\r\n";
    request.replace(request.find(line), line.size(), fields);
    auto link = w.connect();
    link.send(request);
    auto const got = link.read();
    EXPECT_EQ(got.status, 400U) << fields;
    EXPECT_EQ(got.error_code(), "XAmzContentSHA256Mismatch") << fields;
    EXPECT_EQ(w.origin.count(is("PUT")), 0U) << fields;
  }
}

TEST(write, a_client_that_leaves_midway_stores_nothing) {
  world w;
  auto const body = telling_bytes(1, 0, 300 * KiB);
  for (auto const* hash : {"UNSIGNED-PAYLOAD", ""}) {
    w.origin.forget_requests();
    auto const request = w.signed_request({"PUT", "/bucket/k", {}, body, *hash ? hash : hash_of(body)});
    auto link = w.connect();
    link.send(std::string_view(request).substr(0, request.size() - 1));
    link.close();
    w.origin.wait_for_requests(1);
    EXPECT_LT(w.origin.requests()[0].body.size(), body.size());
    EXPECT_EQ(w.get("/bucket/k").status, 404U);
  }
  EXPECT_EQ(told(w.access_lines(1)[0], "error"), "IncompleteBody");
}

TEST(write, a_put_without_a_length_and_without_a_body_goes_through_with_length_zero) {
  world w;
  auto request = w.signed_request({"PUT", "/bucket/k"});
  std::string const line = "Content-Length: 0\r\n";
  request.erase(request.find(line), line.size());
  auto link = w.connect();
  link.send(request);
  EXPECT_EQ(link.read().status, 200U);
  EXPECT_EQ(w.origin.requests().at(0).header("content-length"), "0");
}

TEST(write, a_client_that_expects_100_is_invited_at_once) {
  world w;
  auto const arrived = std::make_shared<gate>();
  w.origin.next({.what = late_body, .then = [arrived] { arrived->pass(); }});
  auto const request = w.signed_request({"PUT", "/bucket/k", {{"Expect", "100-continue"}}, "hello"});
  auto link = w.connect();
  link.send(request.substr(0, request.size() - 5));
  EXPECT_EQ(link.read().status, 100U) << "before the store has said or read anything";
  arrived->open();
  link.send("hello");
  EXPECT_EQ(link.read().status, 200U);
  EXPECT_EQ(w.origin.requests().at(0).body, "hello");
  EXPECT_FALSE(w.origin.requests().at(0).headers.contains("expect"));
}

TEST(write, a_refused_client_is_not_invited) {
  world w;
  auto const stranger = s3::credentials{w.keys.key_id, base::secret("another secret"), {}};
  request const what{"PUT", "/bucket/k", {{"Expect", "100-continue"}}, "hello"};
  auto const bytes = signed_bytes(what, w.proxy->port(), stranger, w.clock.wall_now());
  auto link = w.connect();
  link.send(bytes.substr(0, bytes.size() - 5));
  auto const got = link.read();
  EXPECT_EQ(got.status, 403U);
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_TRUE(link.at_end());

  auto chunked = w.connect();
  chunked.send(w.signed_request({"PUT",
                                 "/bucket/k",
                                 {{"Expect", "100-continue"}, {"Transfer-Encoding", "chunked"}},
                                 {},
                                 "UNSIGNED-PAYLOAD"}));
  EXPECT_EQ(chunked.read().status, 411U);
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(write, another_expectation_is_ignored) {
  world w;
  for (auto const* value : {"200", "", "100-continues"}) {
    EXPECT_EQ(w.put("/bucket/k", "hello", {{"Expect", value}}).status, 200U) << value;
  }
  EXPECT_EQ(w.put("/bucket/k", "", {{"Expect", "100-continue"}}).status, 200U) << "nothing to invite";
}

TEST(write, an_early_refusal_by_the_store_is_relayed) {
  world w;
  std::string const body = "<Error><Code>AccessDenied</Code><Message>not here</Message></Error>";
  w.origin.next({.what = refuse_early, .status = 403, .body = body});
  auto link = w.connect();
  link.send(w.signed_request({"PUT", "/bucket/k", {}, telling_bytes(1, 0, 900 * KiB)}));
  auto const got = link.read();
  EXPECT_EQ(got.status, 403U);
  EXPECT_EQ(got.body, body);
  EXPECT_EQ(w.origin.count(), 1U);
}

struct lost_answer {
  std::string name;
  fault what;
};

std::vector<lost_answer> lost_answers() {
  return {{"reset after the body", {.what = fault::kind::reset}},
          {"reset after the head", {.what = reset_unread}},
          {"closed", {.what = fault::kind::close}},
          {"garbage", {.what = garbage}},
          {"two framings", {.what = ambiguous_frame}},
          {"endless", {.what = endless_head}},
          {"never answered", {.what = hang}}};
}

TEST(write, a_lost_answer_is_an_unknown_outcome_and_nothing_is_sent_twice) {
  for (auto const& row : lost_answers()) {
    for (auto const* method : {"PUT", "POST", "DELETE"}) {
      world w({.adjust = [](proxy::limits& l) { l.origin.first_byte = std::chrono::milliseconds(150); }});
      w.origin.when(is(method), row.what, 99);
      auto const got = w.ask({method, "/bucket/k", {}, *method == 'D' ? "" : "hello"});
      EXPECT_EQ(got.status, 502U) << method << " " << row.name;
      EXPECT_NE(got.body.find("may or may not"), std::string::npos) << method << " " << row.name;
      EXPECT_EQ(w.origin.count(is(method)), 1U) << method << " " << row.name;
      EXPECT_EQ(told(w.access_lines(1)[0], "origin_calls"), "1");
    }
  }
}

TEST(write, an_unknown_outcome_counts_as_a_write) {
  auto rows = lost_answers();
  rows.push_back({"an error of the store", {.what = answer_status, .status = 500}});
  rows.push_back({"an error in a 200",
                  {.what = answer_status, .status = 200, .body = "<Error><Code>Slow</Code></Error>"}});
  for (auto const& row : rows) {
    world w({.adjust = [](proxy::limits& l) { l.origin.first_byte = std::chrono::milliseconds(150); }});
    w.origin.put_version("/bucket/k", 1, 1000);
    ASSERT_EQ(w.get("/bucket/k").status, 200U);
    w.origin.when(is("PUT"), row.what);
    w.put("/bucket/k", "hello");
    w.origin.put_version("/bucket/k", 2, 2000);
    auto const got = w.get("/bucket/k");
    EXPECT_EQ(got.body.size(), 2000U) << row.name;
    EXPECT_EQ(differs(got.body, 2, 0), std::nullopt) << row.name;
  }
}

TEST(write, a_write_is_tried_again_while_nothing_of_it_was_written) {
  world w;
  w.origin.stop_listening();
  auto const got = w.put("/bucket/k", "hello");
  EXPECT_EQ(got.status, 503U);
  EXPECT_EQ(got.error_code(), "ServiceUnavailable");
  EXPECT_EQ(told(w.access_lines(1)[0], "origin_calls"), "3");
}

TEST(write, a_passing_fault_of_the_store_is_not_retried_for_a_write) {
  world w;
  w.origin.next({.what = answer_status, .status = 503, .body = "<Error><Code>SlowDown</Code></Error>"}, 99);
  auto const got = w.put("/bucket/k", "hello");
  EXPECT_EQ(got.status, 503U);
  EXPECT_EQ(got.error_code(), "SlowDown");
  EXPECT_EQ(w.origin.count(), 1U);
}

TEST(write, an_interim_answer_does_not_stop_an_upload) {
  world w;
  auto const body = telling_bytes(3, 0, 4'000'000);
  w.origin.next({.what = fault::kind::interim_early});
  EXPECT_EQ(w.put("/bucket/k", body).status, 200U);
  EXPECT_TRUE(w.get("/bucket/k").body == body);
}

TEST(write, a_connection_lives_on_after_an_upload) {
  world w({.threads = 1});
  auto link = w.connect();
  for (int i = 0; i < 20; ++i) {
    link.send(w.signed_request({"PUT", "/bucket/k", {}, telling_bytes(1, 0, 200 * KiB)}));
    auto const got = link.read();
    ASSERT_EQ(got.status, 200U);
    ASSERT_EQ(got.header("connection"), "");
  }
  EXPECT_EQ(w.origin.connections(), 1U);
}

}  // namespace
}  // namespace s3proxy::test
