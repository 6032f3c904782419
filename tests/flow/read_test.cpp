#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

constexpr std::size_t KiB = 1024;

TEST(read, a_second_get_is_a_hit_without_an_origin_request) {
  world w;
  w.origin.put_version("/b1b/k", 1, 300 * KiB);
  auto const first = w.get("/b1b/k");
  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(differs(first.body, 1, 0), std::nullopt);
  EXPECT_EQ(first.body.size(), 300 * KiB);
  EXPECT_EQ(first.header("cache-status"), "s3proxy; fwd=uri-miss; stored; detail=unknown_object");
  w.origin.forget_requests();
  auto const second = w.get("/b1b/k");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.header("etag"), "\"v1\"");
  EXPECT_EQ(second.header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(read, headers_that_an_sdk_sends_with_every_request_do_not_bypass_the_cache) {
  world w;
  w.origin.put_version("/b1b/k", 1, 300 * KiB);
  fields const of_the_sdk_for_cpp{{"x-amz-api-version", "2006-03-01"},
                                  {"x-amz-checksum-mode", "enabled"},
                                  {"amz-sdk-request", "attempt=1"},
                                  {"Content-Type", "application/xml"}};
  EXPECT_EQ(w.get("/b1b/k", of_the_sdk_for_cpp).status, 200U);
  EXPECT_EQ(w.get("/b1b/k", of_the_sdk_for_cpp).header("cache-status"), "s3proxy; hit");
}

TEST(read, every_range_has_its_own_bytes_and_exact_headers) {
  world w;
  w.origin.put_version("/b1b/k", 1, 1000 * KiB + 7);
  struct row {
    std::string range;
    std::uint64_t begin, end;
  };
  std::uint64_t const size = 1000 * KiB + 7;
  for (auto const& r :
       {row{"bytes=0-0", 0, 1}, row{"bytes=0-", 0, size}, row{"bytes=16383-16384", 16383, 16385},
        row{"bytes=262143-262144", 262143, 262145}, row{"bytes=-1", size - 1, size},
        row{"bytes=-999999999", 0, size}, row{"bytes=1000000-99999999", 1000000, size},
        row{"bytes=300000-700000", 300000, 700001}}) {
    for (int again = 0; again < 2; ++again) {
      auto const got = w.get_range("/b1b/k", r.range);
      EXPECT_EQ(got.status, 206U) << r.range;
      EXPECT_EQ(got.body.size(), r.end - r.begin) << r.range;
      EXPECT_EQ(differs(got.body, 1, r.begin), std::nullopt) << r.range;
      EXPECT_EQ(got.header("content-range"), "bytes " + std::to_string(r.begin) + "-" +
                                                 std::to_string(r.end - 1) + "/" + std::to_string(size));
    }
  }
}

TEST(read, a_cold_range_fetches_its_cells_and_no_more) {
  world w;
  w.origin.put_version("/b1b/k", 1, 4096 * KiB);
  ASSERT_EQ(w.head("/b1b/k").status, 200U);
  w.origin.forget_requests();
  auto const got = w.get_range("/b1b/k", "bytes=20000-50000");
  EXPECT_EQ(differs(got.body, 1, 20000), std::nullopt);
  ASSERT_EQ(w.origin.count(), 1U);
  EXPECT_EQ(w.origin.requests()[0].header("range"), "bytes=16384-65535");
  EXPECT_EQ(w.origin.requests()[0].header("if-match"), "\"v1\"");
}

TEST(read, an_answer_says_hit_only_when_nothing_of_it_comes_from_the_store) {
  world w;
  w.origin.put_version("/b1b/k", 1, 3072 * KiB);
  w.get_range("/b1b/k", "bytes=0-9");
  auto const rest = w.get("/b1b/k");
  EXPECT_EQ(rest.header("cache-status").substr(0, 20), "s3proxy; fwd=partial");
  EXPECT_EQ(w.get("/b1b/k").header("cache-status"), "s3proxy; hit");
}

TEST(read, the_end_of_an_empty_object_is_the_whole_of_it) {
  world w;
  w.origin.put("/b1b/empty", {"", "\"e\""});
  for (int again = 0; again < 2; ++again) {
    auto const end = w.get_range("/b1b/empty", "bytes=-5");
    EXPECT_EQ(end.status, 200U);
    EXPECT_EQ(end.header("content-length"), "0");
    auto const begin = w.get_range("/b1b/empty", "bytes=0-5");
    EXPECT_EQ(begin.status, 416U);
    EXPECT_NE(begin.body.find("scripted"), std::string::npos) << "the store says it";
    EXPECT_EQ(begin.header("content-range"), "bytes */0");
  }
}

TEST(read, a_date_that_has_not_come_yet_is_no_condition) {
  world w;
  w.origin.put_version("/b1b/k", 1, 10 * KiB);
  EXPECT_EQ(w.get("/b1b/k", {{"If-Modified-Since", "Fri, 01 Jan 2027 00:00:00 GMT"}}).status, 200U);
  EXPECT_EQ(w.get("/b1b/k", {{"If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"}}).status, 304U);
}

TEST(read, response_parameters_change_the_answer_and_not_what_is_kept) {
  world w;
  w.origin.put("/b1b/k", {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Type: text/plain\r\n"});
  EXPECT_EQ(w.get("/b1b/k?response-content-type=a%2Fb").header("content-type"), "a/b");
  EXPECT_EQ(w.get("/b1b/k").header("content-type"), "text/plain");
  EXPECT_EQ(w.get("/b1b/k?response-content-type=a%0D%0AX-Evil:1").header("x-evil"), "");
  EXPECT_EQ(w.origin.count(), 1U);
}

TEST(read, checksums_are_shown_on_whole_answers_to_those_who_ask) {
  world w;
  w.origin.put("/b1b/k",
               {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:00 GMT", "x-amz-checksum-crc32: AAAAAA==\r\n"});
  fields const ask{{"x-amz-checksum-mode", "ENABLED"}};
  EXPECT_EQ(w.get("/b1b/k", ask).header("x-amz-checksum-crc32"), "AAAAAA==");
  EXPECT_EQ(w.get("/b1b/k").header("x-amz-checksum-crc32"), "");
  EXPECT_EQ(w.head("/b1b/k", ask).header("x-amz-checksum-crc32"), "AAAAAA==");
  EXPECT_EQ(w.get("/b1b/k", {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-1"}})
                .header("x-amz-checksum-crc32"),
            "");
  EXPECT_EQ(w.head("/b1b/k", {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-1"}})
                .header("x-amz-checksum-crc32"),
            "");
  EXPECT_EQ(w.origin.count(), 1U);
}

TEST(read, a_head_with_a_range_is_partial_and_has_its_length) {
  world w;
  w.origin.put_version("/b1b/k", 1, 10 * KiB);
  auto const got = w.head("/b1b/k", {{"Range", "bytes=0-99"}});
  EXPECT_EQ(got.status, 206U);
  EXPECT_EQ(got.header("content-length"), "100");
  EXPECT_EQ(got.header("content-range"), "bytes 0-99/10240");
}

}  // namespace
}  // namespace s3proxy::test
