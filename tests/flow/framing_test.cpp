#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

constexpr std::size_t KiB = 1024;
std::string const host = "Host: 127.0.0.1\r\n";

struct bad_frame {
  std::string bytes;
  unsigned status;
  std::string code;
};

// Sends the frame with a good request right behind it and returns what came back before the connection ended.
void expect_refused(world& w, bad_frame const& frame) {
  auto link = w.connect();
  link.send(frame.bytes + w.signed_request({"GET", "/bucket/k"}));
  auto const got = link.read();
  EXPECT_EQ(got.status, frame.status) << frame.bytes;
  EXPECT_EQ(got.error_code(), frame.code) << frame.bytes;
  EXPECT_EQ(got.header("connection"), "close") << frame.bytes;
  EXPECT_FALSE(got.header("x-amz-request-id").empty()) << frame.bytes;
  EXPECT_TRUE(link.at_end()) << frame.bytes;
  EXPECT_FALSE(link.was_reset()) << frame.bytes;
}

void expect_all_refused(std::vector<bad_frame> const& frames) {
  world w;
  w.origin.put_version("/bucket/k", 1, 100);
  for (auto const& frame : frames) {
    expect_refused(w, frame);
  }
  EXPECT_EQ(w.origin.count(), 0U);
  EXPECT_EQ(w.access_lines(frames.size()).size(), frames.size())
      << "one line for each refused frame, none behind it";
}

std::string put_with(std::string const& fields) {
  return "PUT /bucket/k HTTP/1.1\r\n" + host + fields + "\r\nhello";
}
std::string get_with(std::string const& fields) {
  return "GET /bucket/k HTTP/1.1\r\n" + host + fields + "\r\n";
}
std::string get_of(std::string const& target) {
  return "GET " + target + " HTTP/1.1\r\n" + host + "\r\n";
}

TEST(framing, a_body_with_two_meanings_is_refused_and_nothing_behind_it_is_read) {
  std::vector<bad_frame> frames;
  for (auto const* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                             "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n",
                             "Transfer-Encoding: gzip\r\n",
                             "Transfer-Encoding: chunked, gzip\r\n",
                             "Transfer-Encoding: gzip, chunked\r\n",
                             "Transfer-Encoding: ,chunked\r\n",
                             "Transfer-Encoding: chunked,chunked\r\n",
                             "Transfer-Encoding: chunked;q=1\r\n",
                             "Transfer-Encoding: identity\r\n",
                             "Transfer-Encoding: \xa0"
                             "chunked\r\n",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                             "Content-Length: 5\r\nContent-Length: 5\r\n",
                             "Content-Length: 5, 5\r\n",
                             "Content-Length: +5\r\n",
                             "Content-Length: -1\r\n",
                             "Content-Length: 0x5\r\n",
                             "Content-Length: 5 0\r\n",
                             "Content-Length:\r\n",
                             "Content-Length: 9223372036854775808\r\n",
                             "Transfer_Encoding: chunked\r\n",
                             "Content_Length: 5\r\n",
                             "x_amz_acl: private\r\n"}) {
    frames.push_back({put_with(fields), 400, "BadRequest"});
  }
  expect_all_refused(frames);
}

TEST(framing, a_body_where_none_belongs_is_refused) {
  std::vector<bad_frame> frames;
  for (auto const* method : {"GET", "HEAD", "DELETE"}) {
    for (auto const* fields : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
      frames.push_back(
          {std::string(method) + " /bucket/k HTTP/1.1\r\n" + host + fields + "\r\n", 400, "BadRequest"});
    }
  }
  frames.push_back(
      {"PUT /bucket/k HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n", 400, "BadRequest"});
  expect_all_refused(frames);
}

TEST(framing, a_line_that_others_may_read_differently_is_refused) {
  using namespace std::string_literals;
  std::vector<bad_frame> frames;
  for (auto const& fields : {"x-a: 1\r\n folded\r\n"s, "x-a: 1\nx-b: 2\r\n"s, "x-a: 1\rx-b: 2\r\n"s,
                             "x-a: \0\r\n"s, "x-a: \x01\r\n"s, "x-a : 1\r\n"s, ": 1\r\n"s, "x-\xe4: 1\r\n"s,
                             "no colon\r\n"s, "Host: 127.0.0.1\r\n"s}) {
    frames.push_back({get_with(fields), 400, "BadRequest"});
  }
  for (auto const* other :
       {"", "Host:\r\n", "Host: a@b\r\n", "Host: a/b\r\n", "Host: a:70000\r\n", "Host: a b\r\n"}) {
    frames.push_back({"GET /bucket/k HTTP/1.1\r\n"s + other + "\r\n", 400, "BadRequest"});
  }
  frames.push_back({"\r\n" + get_with(""), 400, "BadRequest"});
  frames.push_back({"GET /bucket/k\r\n\r\n", 400, "BadRequest"});
  frames.push_back({"GET /bucket/k http/1.1\r\n" + host + "\r\n", 400, "BadRequest"});
  expect_all_refused(frames);
}

TEST(framing, another_target_method_or_version_is_refused_by_its_own_name) {
  expect_all_refused({{get_of("http://other/bucket/k"), 400, "InvalidURI"},
                      {get_of("bucket/k"), 400, "InvalidURI"},
                      {get_of("/bucket/k#part"), 400, "InvalidURI"},
                      {get_of("/bucket/\xc3\xa4"), 400, "InvalidURI"},
                      {get_of(" /bucket/k"), 400, "InvalidURI"},
                      {"CONNECT other:443 HTTP/1.1\r\n" + host + "\r\n", 400, "InvalidURI"},
                      {"OPTIONS * HTTP/1.1\r\n" + host + "\r\n", 400, "InvalidURI"},
                      {"TRACE /bucket/k HTTP/1.1\r\n" + host + "\r\n", 405, "MethodNotAllowed"},
                      {"get /bucket/k HTTP/1.1\r\n" + host + "\r\n", 405, "MethodNotAllowed"},
                      {"BREW /bucket/k HTTP/1.1\r\n" + host + "\r\n", 405, "MethodNotAllowed"},
                      {"GET /bucket/k HTTP/1.2\r\n" + host + "\r\n", 505, "HttpVersionNotSupported"},
                      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HttpVersionNotSupported"}});
}

TEST(framing, a_head_beyond_the_bounds_is_refused) {
  std::string many;
  for (int i = 0; i < 129; ++i) {
    many += "x-" + std::to_string(i) + ": 1\r\n";
  }
  std::string const code = "RequestHeaderSectionTooLarge";
  expect_all_refused({{get_with("x-long: " + std::string(33 * KiB, 'x') + "\r\n"), 400, code},
                      {get_of("/bucket/" + std::string(17 * KiB, 'x')), 400, code},
                      {get_with(many), 400, code},
                      {std::string(40 * KiB, 'x'), 400, code}});
}

TEST(framing, a_chunked_upload_is_told_to_give_its_length_and_its_chunks_are_not_read_as_requests) {
  world w;
  auto link = w.connect();
  auto const smuggled = w.signed_request({"GET", "/bucket/k"});
  link.send(w.signed_request(
      {"PUT", "/bucket/k", {{"Transfer-Encoding", "chunked"}}, "0\r\n\r\n" + smuggled, "UNSIGNED-PAYLOAD"}));
  auto const got = link.read();
  EXPECT_EQ(got.status, 411U);
  EXPECT_EQ(got.error_code(), "MissingContentLength");
  EXPECT_TRUE(link.at_end());
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(framing, two_pipelined_requests_are_answered_in_order) {
  world w;
  w.origin.put_version("/bucket/one", 1, 300 * KiB);
  w.origin.put_version("/bucket/two", 2, 20 * KiB);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/one"}) + w.signed_request({"GET", "/bucket/two"}));
  auto const first = link.read();
  auto const second = link.read();
  EXPECT_EQ(first.body.size(), 300 * KiB);
  EXPECT_EQ(differs(first.body, 1, 0), std::nullopt);
  EXPECT_EQ(second.body.size(), 20 * KiB);
  EXPECT_EQ(differs(second.body, 2, 0), std::nullopt);
}

TEST(framing, a_request_behind_a_body_is_found_where_the_body_ends) {
  world w;
  auto link = w.connect();
  auto const body = telling_bytes(7, 0, 5000);
  link.send(w.signed_request({"PUT", "/bucket/k", {}, body}) + w.signed_request({"GET", "/bucket/k"}) +
            w.signed_request({"HEAD", "/bucket/k"}) + w.signed_request({"DELETE", "/bucket/k"}));
  EXPECT_EQ(link.read().status, 200U);
  EXPECT_EQ(link.read().body, body);
  EXPECT_EQ(link.read("HEAD").header("content-length"), "5000");
  EXPECT_EQ(link.read().status, 204U);
}

TEST(framing, one_connection_serves_many_requests) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  auto link = w.connect();
  for (int i = 0; i < 200; ++i) {
    link.send(w.signed_request({i % 3 == 0 ? "HEAD" : "GET", "/bucket/k"}));
    auto const got = link.read(i % 3 == 0 ? "HEAD" : "GET");
    ASSERT_EQ(got.status, 200U) << i;
    ASSERT_TRUE(got.complete) << i;
    ASSERT_EQ(got.header("connection"), "") << i;
  }
}

TEST(framing, a_head_may_come_byte_by_byte) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  auto link = w.connect();
  for (auto const c : w.signed_request({"GET", "/bucket/k"})) {
    link.send(std::string_view(&c, 1));
  }
  EXPECT_EQ(link.read().status, 200U);
}

std::string in_version_1_0(std::string request) {
  return request.replace(request.find("HTTP/1.1"), 8, "HTTP/1.0");
}

TEST(framing, a_client_of_http_1_0_gets_one_answer_and_the_end) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  auto link = w.connect();
  link.send(in_version_1_0(w.signed_request({"GET", "/bucket/k"})));
  auto const got = link.read();
  EXPECT_EQ(got.status, 200U);
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_EQ(got.body.size(), 1000U);
  EXPECT_TRUE(link.at_end());
}

TEST(framing, a_client_of_http_1_0_may_ask_to_stay) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  auto link = w.connect();
  for (int i = 0; i < 3; ++i) {
    link.send(in_version_1_0(w.signed_request({"GET", "/bucket/k", {{"Connection", "keep-alive"}}})));
    auto const got = link.read();
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(got.header("connection"), "keep-alive");
  }
}

TEST(framing, an_answer_of_unknown_length_is_never_chunked_for_http_1_0) {
  world w;
  w.origin.put_version("/bucket/k", 1, 50000);
  w.origin.next({.what = fault::kind::no_length});
  auto link = w.connect();
  link.send(in_version_1_0(w.signed_request({"GET", "/bucket/k?acl", {{"Connection", "keep-alive"}}})));
  auto const got = link.read();
  EXPECT_EQ(got.header("transfer-encoding"), "");
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_EQ(got.body, telling_bytes(1, 0, 50000));
  EXPECT_FALSE(link.was_reset());
}

TEST(framing, a_client_that_asks_to_close_is_closed) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k", {{"Connection", "close"}}}) +
            w.signed_request({"GET", "/bucket/k"}));
  EXPECT_EQ(link.read().status, 200U);
  EXPECT_TRUE(link.at_end());
}

TEST(framing, an_error_before_the_body_was_read_reaches_a_client_that_is_still_sending) {
  world w({.adjust = [](proxy::limits& l) { l.client.lingering = std::chrono::seconds(10); }});
  auto const request = signed_bytes({"PUT", "/bucket/k", {}, std::string(600 * KiB, 'x')}, w.proxy->port(),
                                    {w.keys.key_id, base::secret("another secret"), {}}, w.clock.wall_now());
  for (std::size_t const first : {100 * KiB, request.size()}) {
    auto link = w.connect();
    EXPECT_TRUE(link.send(std::string_view(request).substr(0, first)));
    auto const got = link.read();
    EXPECT_EQ(got.status, 403U);
    EXPECT_EQ(got.error_code(), "SignatureDoesNotMatch");
    EXPECT_EQ(got.header("connection"), "close");
    EXPECT_TRUE(link.send(std::string_view(request).substr(first))) << "the rest is taken, and thrown away";
    EXPECT_TRUE(link.at_end());
    EXPECT_FALSE(link.was_reset());
  }
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(framing, a_refused_upload_is_drained_by_a_bounded_amount) {
  world w({.adjust = [](proxy::limits& l) {
    l.client.lingering_bytes = 64 * KiB;
    l.client.lingering = std::chrono::seconds(60);
  }});
  auto const request =
      signed_bytes({"PUT", "/bucket/k", {}, std::string(64 * KiB * KiB, 'x')}, w.proxy->port(),
                   {w.keys.key_id, base::secret("another secret"), {}}, w.clock.wall_now());
  auto link = w.connect();
  auto const taken = link.offer(request, std::chrono::seconds(10));
  EXPECT_LT(taken, 48 * KiB * KiB);
  EXPECT_EQ(w.origin.count(), 0U);
}

}  // namespace
}  // namespace s3proxy::test
