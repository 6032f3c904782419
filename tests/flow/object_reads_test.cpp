#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

constexpr std::size_t size = 100 * 1024;

fault says(unsigned status, std::string const& extra = {}, std::string const& body = "<Error/>") {
  return {.what = answer_status, .status = status, .body = body, .extra_fields = extra};
}

TEST(object_reads, a_delete_marker_is_told_as_the_store_tells_it) {
  std::string const marker = "x-amz-delete-marker: true\r\nx-amz-version-id: m1\r\n";
  for (auto const& [target, status] : {std::pair{"/buc/k", 404U}, std::pair{"/buc/k?versionId=m1", 405U}}) {
    for (auto const* method : {"GET", "HEAD"}) {
      world w;
      w.origin.put_version("/buc/k", 1, size);
      auto const body = "<Error><Code>Marker</Code></Error>";
      w.origin.when(is(method), says(status, marker, body), 9);
      auto const got = w.ask({method, target});
      EXPECT_EQ(got.status, status) << method;
      EXPECT_EQ(got.header("x-amz-delete-marker"), "true") << method;
      EXPECT_EQ(got.header("x-amz-version-id"), "m1") << method;
      EXPECT_EQ(got.body, std::string(method) == "GET" ? body : "");
    }
  }
}

TEST(object_reads, a_version_that_became_a_delete_marker_is_not_served_any_more) {
  world w({.metadata_ttl = 60s});
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k?versionId=null");
  w.clock.advance(61s);
  w.origin.when(is("HEAD"), says(405, "x-amz-delete-marker: true\r\n"));
  w.origin.when(is("GET"), says(405, "x-amz-delete-marker: true\r\n"));
  EXPECT_EQ(w.get("/buc/k?versionId=null").status, 405U);
  auto const view = w.proxy->services().index.look(
      {base::bucket_name("buc"), base::object_key("k"), base::version_id("null")},
      base::principal_id(w.keys.key_id.str()));
  EXPECT_FALSE(view.facts);
}

TEST(object_reads, the_null_version_is_another_object_than_the_current_one) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.put_version("/buc/k", 2, size);
  EXPECT_EQ(w.get("/buc/k?versionId=null").header("etag"), "\"v2\"");
  EXPECT_EQ(w.origin.requests().back().target, "/buc/k?versionId=null");
  EXPECT_EQ(w.get("/buc/k").header("etag"), "\"v1\"") << "within the contract";
  w.origin.forget_requests();
  EXPECT_EQ(w.get("/buc/k?versionId=null&x-id=GetObject").header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.put("/buc/k", "new").status, 200U);
  EXPECT_EQ(w.get("/buc/k?versionId=null").body, "new") << "it is overwritten in place";
}

TEST(object_reads, a_range_beyond_the_end_is_refused_in_the_stores_own_words) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  for (auto const* warm : {"bytes=0-9", "bytes=0-9"}) {
    auto const got = w.get_range("/buc/k", "bytes=102400-");
    EXPECT_EQ(got.status, 416U);
    EXPECT_EQ(got.header("content-range"), "bytes */102400");
    EXPECT_NE(got.body.find("scripted"), std::string::npos) << got.body;
    EXPECT_EQ(w.origin.requests().back().header("range"), "bytes=102400-") << "the client's own";
    w.get_range("/buc/k", warm);
  }
}

TEST(object_reads, a_failed_condition_is_told_in_the_stores_own_words) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  for (auto const* method : {"GET", "HEAD"}) {
    w.get("/buc/k");
    auto const got = w.ask({method, "/buc/k", {{"If-Match", "\"other\""}}});
    EXPECT_EQ(got.status, 412U) << method;
    EXPECT_EQ(got.body.find("scripted") != std::string::npos, std::string(method) == "GET") << got.body;
    EXPECT_EQ(w.origin.requests().back().header("if-match"), "\"other\"");
  }
}

TEST(object_reads, a_304_of_the_cache_has_the_headers_of_a_304) {
  world w;
  w.origin.put("/buc/k", {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:00 GMT",
                          "Content-Type: text/plain\r\nCache-Control: max-age=9\r\nx-amz-meta-a: 1\r\n"});
  w.get("/buc/k");
  w.origin.forget_requests();
  for (auto const& condition :
       {fields{{"If-None-Match", "\"t\""}}, fields{{"If-None-Match", "*"}},
        fields{{"If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"}},
        fields{{"If-Match", "\"t\""}, {"If-None-Match", "\"t\""}},
        fields{{"If-None-Match", "\"t\""}, {"If-Modified-Since", "Wed, 31 Dec 2025 00:00:00 GMT"}},
        fields{{"If-None-Match", "\"t\""}, {"Range", "bytes=0-1"}}}) {
    auto const got = w.get("/buc/k", condition);
    EXPECT_EQ(got.status, 304U) << condition[0].first;
    EXPECT_EQ(got.header("etag"), "\"t\"");
    EXPECT_EQ(got.header("last-modified"), "Thu, 01 Jan 2026 00:00:00 GMT");
    EXPECT_EQ(got.header("cache-control"), "max-age=9");
    EXPECT_FALSE(got.headers.contains("content-type"));
    EXPECT_FALSE(got.headers.contains("x-amz-meta-a"));
    EXPECT_FALSE(got.headers.contains("content-length"));
    EXPECT_EQ(got.body, "");
  }
  EXPECT_EQ(w.origin.count(), 0U);
}

// S3: If-Match true and If-Unmodified-Since false: 200. If-None-Match true and If-Modified-Since false: 200.
TEST(object_reads, of_two_conditions_the_entity_tag_decides) {
  world w;
  w.origin.put("/buc/k", {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:00 GMT", {}});
  w.get("/buc/k");
  for (auto const& condition :
       {fields{{"If-Match", "\"t\""}, {"If-Unmodified-Since", "Wed, 31 Dec 2025 00:00:00 GMT"}},
        fields{{"If-None-Match", "\"x\""}, {"If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"}}}) {
    auto const got = w.get("/buc/k", condition);
    EXPECT_EQ(got.status, 200U) << condition[0].first;
    EXPECT_EQ(got.body, "text");
  }
}

TEST(object_reads, what_only_its_asker_may_see_is_never_kept) {
  for (auto const& asked :
       {fields{{"x-amz-server-side-encryption-customer-algorithm", "AES256"},
               {"x-amz-server-side-encryption-customer-key", "a"},
               {"x-amz-server-side-encryption-customer-key-MD5", "b"}},
        fields{{"x-amz-request-payer", "requester"}}, fields{{"x-amz-expected-bucket-owner", "1"}}}) {
    world w;
    w.origin.put_version("/buc/k", 1, size);
    for (int i = 0; i < 2; ++i) {
      auto const got = w.get("/buc/k", asked);
      EXPECT_EQ(got.status, 200U);
      EXPECT_EQ(got.header("cache-status"), "s3proxy; fwd=bypass; detail=not_understood");
    }
    EXPECT_EQ(w.origin.count(is("GET")), 2U) << asked[0].first;
    EXPECT_EQ(w.origin.requests()[0].header(asked[0].first), asked[0].second);
    w.origin.when(is("GET"), says(403));
    w.origin.when(is("HEAD"), says(403));
    EXPECT_EQ(w.get("/buc/k").status, 403U) << "it gave no right to a plain read";
  }
}

TEST(object_reads, a_part_is_streamed_and_never_the_object) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  EXPECT_EQ(w.get("/buc/k").status, 200U);
  w.origin.when(is("GET"), {.what = answer_status,
                            .status = 206,
                            .body = "part",
                            .extra_fields = "ETag: \"v1\"\r\nContent-Range: bytes 0-3/102400\r\n"
                                            "x-amz-mp-parts-count: 2\r\n"});
  auto const got = w.get("/buc/k?partNumber=1");
  EXPECT_EQ(got.status, 206U);
  EXPECT_EQ(got.body, "part");
  EXPECT_EQ(got.header("x-amz-mp-parts-count"), "2");
  EXPECT_EQ(told(w.access_lines(2)[1], "op"), "GetObject");
  EXPECT_FALSE(w.head("/buc/k").headers.contains("x-amz-mp-parts-count"));
}

// SDKs learn the entity tag from the first part and ask for the rest by it.
TEST(object_reads, a_part_of_another_version_ends_the_one_that_is_held) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.put_version("/buc/k", 2, size);
  w.origin.when(is("GET"), {.what = answer_status,
                            .status = 206,
                            .body = "part",
                            .extra_fields = "ETag: \"v2\"\r\nContent-Range: bytes 0-3/102400\r\n"});
  EXPECT_EQ(w.get("/buc/k?partNumber=1").header("etag"), "\"v2\"");
  auto const got = w.get_range("/buc/k", "bytes=16-99");
  EXPECT_EQ(got.header("etag"), "\"v2\"");
  EXPECT_EQ(differs(got.body, 2, 16), std::nullopt);
}

TEST(object_reads, a_read_that_passed_the_cache_by_ends_an_older_version) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.put_version("/buc/k", 2, size);
  EXPECT_EQ(w.get("/buc/k", {{"x-amz-expected-bucket-owner", "1"}}).header("etag"), "\"v2\"");
  auto const got = w.get("/buc/k");
  EXPECT_EQ(got.header("etag"), "\"v2\"");
  EXPECT_EQ(differs(got.body, 2, 0), std::nullopt);
}

TEST(object_reads, overrides_are_of_one_answer) {
  world w;
  w.origin.put("/buc/k", {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Type: text/plain\r\n"});
  EXPECT_EQ(w.get("/buc/k?response-content-type=a/b").header("content-type"), "a/b");
  EXPECT_EQ(w.get("/buc/k").header("content-type"), "text/plain");
  auto const got = w.get("/buc/k?response-content-type=c/d&response-expires=0&x-id=GetObject");
  EXPECT_EQ(got.header("content-type"), "c/d");
  EXPECT_EQ(got.header("expires"), "0");
  EXPECT_EQ(got.header("cache-status"), "s3proxy; hit");
}

}  // namespace
}  // namespace s3proxy::test
