#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

using expected = std::vector<std::pair<std::string, std::string>>;

void expect_told(std::string const& line, expected const& want) {
  for (auto const& [name, value] : want) {
    EXPECT_EQ(told(line, name), value) << name << " in " << line;
  }
}

/// Asks and gives the line that it wrote. Every request of a world goes through here, so that the last line
/// is its own.
struct listening_world : world {
  explicit listening_world(choices with = {}) : world(std::move(with)) {}

  std::string line_of(request const& what) {
    last = ask(what);
    return access_lines(++asked).back();
  }
  std::string line_of_bytes(std::string const& bytes) {
    auto link = connect();
    link.send(bytes);
    last = link.read();
    return access_lines(++asked).back();
  }
  answer last;
  std::size_t asked = 0;
};

TEST(access_line, the_phases_of_an_objects_life) {
  listening_world w;
  w.origin.put_version("/bucket/dir/k", 1, 1'000'000);
  expect_told(w.line_of({"HEAD", "/bucket/dir/k"}), {{"method", "HEAD"},
                                                     {"op", "HeadObject"},
                                                     {"bucket", "bucket"},
                                                     {"key", "dir/k"},
                                                     {"status", "200"},
                                                     {"bytes", "0"},
                                                     {"phase", "miss"},
                                                     {"reason", "unknown_object"},
                                                     {"origin_calls", "1"},
                                                     {"range", ""},
                                                     {"error", "-"}});
  request const ranged{"GET", "/bucket/dir/k", {{"Range", "bytes=0-99"}}};
  expect_told(w.line_of(ranged), {{"op", "GetObject"},
                                  {"status", "206"},
                                  {"bytes", "100"},
                                  {"range", "bytes=0-99"},
                                  {"phase", "miss"},
                                  {"reason", "cells_missing"},
                                  {"origin_calls", "1"}});
  expect_told(w.line_of(ranged),
              {{"phase", "hit"}, {"reason", "-"}, {"origin_calls", "0"}, {"bytes", "100"}});
  expect_told(w.line_of({"GET", "/bucket/dir/k"}),
              {{"status", "200"}, {"bytes", "1000000"}, {"phase", "partial"}, {"reason", "cells_missing"}});
  w.clock.advance(2min);
  expect_told(w.line_of(ranged), {{"phase", "revalidate"}, {"reason", "stale"}, {"origin_calls", "1"}});
  expect_told(w.line_of({"GET", "/bucket/dir/k", {{"Cache-Control", "no-cache"}, {"Range", "bytes=0-99"}}}),
              {{"phase", "revalidate"}, {"reason", "client_no_cache"}});
  w.clock.advance(11min);
  w.origin.put_version("/bucket/dir/k", 2, 1'000'000);
  expect_told(w.line_of(ranged), {{"phase", "miss"}, {"status", "206"}});
  expect_told(w.line_of({"GET", "/bucket/dir/k", {{"Range", "bytes=0-1,5-6"}}}),
              {{"phase", "bypass"}, {"reason", "not_understood"}, {"origin_calls", "1"}});
}

TEST(access_line, what_is_no_object_read_has_no_phase) {
  listening_world w;
  expect_told(w.line_of({"PUT", "/bucket/k", {}, "hello"}), {{"method", "PUT"},
                                                             {"op", "PutObject"},
                                                             {"status", "200"},
                                                             {"phase", "-"},
                                                             {"reason", "-"},
                                                             {"origin_calls", "1"}});
  expect_told(
      w.line_of({"GET", "/bucket?list-type=2"}),
      {{"op", "ListObjectsV2"}, {"bucket", "bucket"}, {"key", ""}, {"status", "200"}, {"origin_calls", "1"}});
  expect_told(w.line_of({"POST", "/bucket?delete", {}, "<Delete/>"}), {{"op", "DeleteObjects"}});
  expect_told(w.line_of({"DELETE", "/bucket/k"}),
              {{"op", "DeleteObject"}, {"status", "204"}, {"bytes", "0"}});
  expect_told(w.line_of({"GET", "/bucket/k?acl"}),
              {{"op", "GetObjectAcl"}, {"status", "404"}, {"error", "-"}});
  expect_told(w.line_of({"GET", "/"}), {{"op", "ListBuckets"}, {"bucket", ""}});
  EXPECT_EQ(told(w.line_of({"GET", "/bucket?list-type=2"}), "bytes"), std::to_string(w.last.body.size()));
}

TEST(access_line, a_refusal_in_the_stores_own_words_has_a_reason_and_no_error) {
  listening_world w;
  w.origin.put_version("/bucket/k", 1, 10);
  expect_told(w.line_of({"GET", "/bucket/k", {{"Range", "bytes=50-"}}}),
              {{"status", "416"}, {"error", "-"}, {"phase", "bypass"}, {"reason", "unsatisfiable"}});
  expect_told(w.line_of({"GET", "/bucket/k", {{"If-Match", "\"no\""}}}),
              {{"status", "412"}, {"error", "-"}, {"phase", "bypass"}, {"reason", "condition"}});
}

TEST(access_line, an_error_of_ours_is_named) {
  listening_world w;
  expect_told(w.line_of_bytes(plain_bytes({"GET", "/bucket/k"}, w.proxy->port())),
              {{"status", "403"}, {"error", "AccessDenied"}, {"origin_calls", "0"}, {"phase", "-"}});
  expect_told(w.line_of_bytes("nonsense\r\n\r\n"),
              {{"status", "400"}, {"error", "BadRequest"}, {"method", ""}, {"op", "Other"}});
  w.origin.next({.what = fault::kind::reset}, 9);
  expect_told(w.line_of({"GET", "/bucket/other"}),
              {{"status", "502"}, {"error", "BadGateway"}, {"origin_calls", "3"}});
}

TEST(access_line, the_request_id_is_the_one_that_the_client_was_told) {
  listening_world w;
  w.origin.put_version("/bucket/k", 1, 10);
  std::string before;
  for (auto const* target : {"/bucket/k", "/bucket/k", "/-/k"}) {
    auto const line = w.line_of({"GET", target});
    EXPECT_EQ(told(line, "id"), w.last.header("x-amz-request-id")) << target;
    EXPECT_NE(told(line, "id"), before) << "each its own";
    before = told(line, "id");
  }
}

TEST(access_line, a_key_cannot_forge_a_field_or_a_line) {
  listening_world w;
  auto const line = w.line_of({"GET", "/bucket/a%22,%22status%22:%22999%0A%5C%C3%A4"});
  EXPECT_EQ(told(line, "status"), "404");
  EXPECT_NE(line.find("a\\\",\\\"status\\\":\\\"999\\u000a\\\\\\u00c3\\u00a4\""), std::string::npos) << line;
  EXPECT_EQ(w.access_lines(1).size(), 1U);
}

TEST(access_line, times_are_those_of_the_clock) {
  listening_world w;
  w.origin.put_version("/bucket/k", 1, 100'000);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k"}));
  held->wait_for_arrivals(1);
  w.clock.advance(7ms);
  held->open();
  EXPECT_EQ(link.read().status, 200U);
  expect_told(w.access_lines(1)[0],
              {{"first_byte_us", "7000"}, {"total_us", "7000"}, {"time", "2026-01-02T03:04:05Z"}});
}

TEST(access_line, the_client_is_named_by_its_address) {
  listening_world w;
  auto const line = w.line_of({"GET", "/bucket/k"});
  EXPECT_EQ(told(line, "client").substr(0, 10), "127.0.0.1:") << line;
}

TEST(access_line, a_truncated_answer_is_told_as_one) {
  listening_world w;
  w.origin.put_version("/bucket/k", 1, 400'000);
  w.origin.next({.what = fault::kind::cut_body, .bytes = 200'000});
  auto const line = w.line_of({"GET", "/bucket/k?acl"});
  EXPECT_FALSE(w.last.complete);
  expect_told(line, {{"status", "200"}, {"error", "BadGateway"}, {"bytes", "200000"}});
}

TEST(access_line, waiting_for_anothers_fetch_is_no_call_of_ones_own) {
  listening_world w;
  w.origin.put_version("/bucket/k", 1, 100'000);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  auto first = w.connect();
  first.send(w.signed_request({"GET", "/bucket/k"}));
  held->wait_for_arrivals(1);
  auto second = w.connect();
  second.send(w.signed_request({"GET", "/bucket/k"}));
  held->open();
  EXPECT_EQ(first.read().status, 200U);
  EXPECT_EQ(second.read().status, 200U);
  auto const lines = w.access_lines(2);
  EXPECT_EQ(std::stoi(told(lines[0], "origin_calls")) + std::stoi(told(lines[1], "origin_calls")), 1);
}

}  // namespace
}  // namespace s3proxy::test
