#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t size = 100 * 1024;

TEST(freshness, metadata_is_trusted_for_its_ttl_and_not_longer) {
  world w({.metadata_ttl = 60s});
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.put_version("/buc/k", 2, size);  // behind our back
  w.clock.advance(59s);
  EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);
  w.clock.advance(2s);
  auto const later = w.get("/buc/k");
  EXPECT_EQ(differs(later.body, 2, 0), std::nullopt);
  EXPECT_EQ(later.header("etag"), "\"v2\"");
}

TEST(freshness, stale_metadata_of_held_bytes_is_revalidated_by_one_head) {
  world w({.metadata_ttl = 60s});
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.clock.advance(61s);
  w.origin.forget_requests();
  auto const got = w.get("/buc/k");
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_EQ(got.header("cache-status"), "s3proxy; fwd=stale; detail=stale");
  ASSERT_EQ(w.origin.count(), 1U);
  EXPECT_EQ(w.origin.requests()[0].method, "HEAD");
  w.get("/buc/k");
  EXPECT_EQ(w.origin.count(), 1U);  // fresh again
}

TEST(freshness, a_ttl_of_zero_revalidates_every_read) {
  world w({.metadata_ttl = 0s});
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.put_version("/buc/k", 2, size);
  EXPECT_EQ(differs(w.get("/buc/k").body, 2, 0), std::nullopt);
  w.origin.forget_requests();
  w.head("/buc/k");
  w.head("/buc/k");
  EXPECT_EQ(w.origin.count(), 2U);
}

TEST(freshness, immutable_objects_are_trusted_for_ever) {
  world w({.metadata_ttl = 0s, .immutable = {"buc/data/**"}});
  w.origin.put_version("/buc/data/a/k", 1, size);
  w.origin.put_version("/buc/other", 1, size);
  w.get("/buc/data/a/k");
  w.get("/buc/other");
  w.clock.advance(9min);  // within the rights' life
  w.origin.forget_requests();
  EXPECT_EQ(w.get("/buc/data/a/k").header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.origin.count(), 0U);
  w.get("/buc/other");
  EXPECT_EQ(w.origin.count(), 1U);
}

TEST(freshness, a_client_that_says_no_cache_gets_a_new_look) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.put_version("/buc/k", 2, size);
  auto const got = w.get("/buc/k", {{"Cache-Control", "no-cache"}});
  EXPECT_EQ(differs(got.body, 2, 0), std::nullopt);
}

TEST(freshness, revalidation_replaces_all_stored_headers) {
  world w({.metadata_ttl = 60s});
  w.origin.put("/buc/k", {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:00 GMT",
                          "Content-Type: a/a\r\nx-amz-meta-old: 1\r\n"});
  EXPECT_EQ(w.get("/buc/k").header("x-amz-meta-old"), "1");
  w.origin.put("/buc/k", {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:01 GMT",
                          "Content-Type: b/b\r\nx-amz-meta-new: 2\r\n"});
  w.clock.advance(61s);
  auto const got = w.get("/buc/k");
  EXPECT_EQ(got.header("content-type"), "b/b");
  EXPECT_EQ(got.header("x-amz-meta-new"), "2");
  EXPECT_FALSE(got.headers.contains("x-amz-meta-old"));
}

TEST(freshness, errors_are_never_remembered) {
  world w;
  EXPECT_EQ(w.get("/buc/k").status, 404U);
  EXPECT_EQ(w.head("/buc/k").status, 404U);
  w.origin.put_version("/buc/k", 1, size);
  EXPECT_EQ(w.get("/buc/k").status, 200U);
  w.origin.next({.what = fault::kind::answer_status,
                 .status = 403,
                 .body = "<Error><Code>AccessDenied</Code></Error>"});
  EXPECT_EQ(w.get("/buc/other").status, 403U);
  w.origin.put_version("/buc/other", 1, size);
  EXPECT_EQ(w.get("/buc/other").status, 200U);
}

TEST(freshness, an_answer_that_may_not_be_kept_is_passed_through) {
  struct row {
    fault::kind what;
    std::string extra;
  };
  for (auto const& r :
       {row{fault::kind::no_tag, ""}, row{fault::kind::weak_tag, ""},
        row{fault::kind::none, "Cache-Control: no-store\r\n"},
        row{fault::kind::none, "x-amz-server-side-encryption-customer-algorithm: AES256\r\n"}}) {
    world w;
    w.origin.put_version("/buc/k", 1, size);
    w.origin.next({.what = r.what, .extra_fields = r.extra}, 1000);
    for (int i = 0; i < 2; ++i) {
      w.origin.forget_requests();
      auto const got = w.get_range("/buc/k", "bytes=5000-6000");
      EXPECT_EQ(got.status, 206U);
      EXPECT_EQ(differs(got.body, 1, 5000), std::nullopt);
      EXPECT_GE(w.origin.count(), 1U);
      EXPECT_EQ(got.header("cache-status").substr(0, 20), "s3proxy; fwd=bypass;");
    }
  }
}

}  // namespace
}  // namespace s3proxy::test
