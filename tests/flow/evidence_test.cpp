#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <future>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t size = 100 * 1024;

TEST(evidence, a_listing_confirms_what_is_held) {
  world w({.metadata_ttl = 60s});
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.clock.advance(50s);
  EXPECT_EQ(w.list("buc").status, 200U);
  w.clock.advance(50s);  // stale by its own age, fresh by the listing's
  w.origin.forget_requests();
  EXPECT_EQ(w.get("/buc/k").header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(evidence, after_a_listing_with_another_tag_no_range_of_the_old_version_is_served) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.put_version("/buc/k", 2, size + 16);
  EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);  // within the contract
  w.list("buc");
  auto const got = w.get_range("/buc/k", "bytes=32-63");
  EXPECT_EQ(got.header("etag"), "\"v2\"");
  EXPECT_EQ(differs(got.body, 2, 32), std::nullopt);
}

TEST(evidence, a_listing_takes_effect_before_the_last_byte_of_its_entry_reaches_the_client) {
  world w;
  w.origin.put_version("/buc/a", 1, size);
  w.origin.put_version("/buc/b", 1, size);
  w.get("/buc/a");
  w.get("/buc/b");
  w.origin.put_version("/buc/a", 2, size);
  w.origin.put_version("/buc/b", 2, size);
  // The store stops in the middle: the entry of `a` has passed, the one of `b` has not ended.
  auto const whole = w.list("buc").body;
  w.get("/buc/a");
  w.get("/buc/b");
  w.origin.put_version("/buc/a", 3, size);
  w.origin.put_version("/buc/b", 3, size);
  auto const cut = whole.find("</Contents>") + std::string("</Contents>").size();
  w.origin.next({.what = fault::kind::stall_body, .bytes = cut});
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/buc?list-type=2"}));
  link.read_head();
  std::string seen;
  while (seen.find("</Contents>") == std::string::npos) {
    seen += link.read_some(1 << 20);
  }
  EXPECT_EQ(differs(w.get("/buc/a").body, 3, 0), std::nullopt);
  EXPECT_EQ(differs(w.get("/buc/b").body, 2, 0), std::nullopt);
}

TEST(evidence, a_listing_supplies_if_match_for_the_first_fill) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.list("buc");
  w.origin.forget_requests();
  EXPECT_EQ(w.get_range("/buc/k", "bytes=0-9").status, 206U);
  ASSERT_EQ(w.origin.count(), 1U);
  EXPECT_EQ(w.origin.requests()[0].header("if-match"), "\"v1\"");
}

TEST(evidence, a_412_of_our_own_condition_is_never_shown) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.list("buc");
  w.origin.put_version("/buc/k", 2, size);
  auto const got = w.get_range("/buc/k", "bytes=0-9");
  EXPECT_EQ(got.status, 206U);
  EXPECT_EQ(differs(got.body, 2, 0), std::nullopt);
}

TEST(evidence, a_listing_never_answers_a_head) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.list("buc");
  w.origin.forget_requests();
  EXPECT_EQ(w.head("/buc/k").status, 200U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 1U);
}

TEST(evidence, a_newer_mtime_under_the_same_tag_drops_the_headers_and_keeps_the_blocks) {
  world w;
  w.origin.put("/buc/k", {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:00 GMT", "x-amz-meta-a: 1\r\n"});
  w.get("/buc/k");
  w.origin.put("/buc/k", {"text", "\"t\"", "Thu, 01 Jan 2026 00:00:01 GMT", "x-amz-meta-a: 2\r\n"});
  w.list("buc");
  w.origin.forget_requests();
  auto const got = w.get("/buc/k");
  EXPECT_EQ(got.header("x-amz-meta-a"), "2");
  EXPECT_EQ(got.body, "text");
  EXPECT_EQ(w.origin.count(is("GET")), 0U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 1U);
}

// The order in which origin requests began decides, not the order in which they ended.
TEST(evidence, an_answer_never_replaces_what_began_later) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  auto const late = std::make_shared<gate>();
  // The listing begins first; its answer is made before the overwrite, and held.
  w.origin.when([](received const& r) { return r.target.find("list-type") != std::string::npos; },
                {.what = fault::kind::late_answer, .then = [late] { late->pass(); }});
  auto listing = std::async(std::launch::async, [&] { return w.list("buc"); });
  late->wait_for_arrivals(1);
  w.origin.put_version("/buc/k", 2, size);
  EXPECT_EQ(differs(w.get("/buc/k").body, 2, 0), std::nullopt);  // began after the listing
  late->open();
  EXPECT_NE(listing.get().body.find("v1"), std::string::npos);
  w.origin.forget_requests();
  EXPECT_EQ(differs(w.get("/buc/k").body, 2, 0), std::nullopt);
  EXPECT_EQ(w.origin.count(is("GET")), 0U);  // what the older listing said was not believed
}

// A listing and a HEAD overlap: whichever the store served first, a client that saw the listing's tag must
// get it.
TEST(evidence, older_evidence_that_disagrees_makes_the_next_read_ask) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  auto const held = std::make_shared<gate>();
  w.origin.hold([](received const& r) { return r.target.find("list-type") != std::string::npos; }, held);
  auto listing = std::async(std::launch::async, [&] { return w.list("buc"); });
  held->wait_for_arrivals(1);
  w.get("/buc/k");  // began after the listing, answered before it
  w.origin.put_version("/buc/k", 2, size);
  held->open();
  EXPECT_NE(listing.get().body.find("v2"), std::string::npos);
  auto const got = w.get_range("/buc/k", "bytes=0-99");
  EXPECT_EQ(got.header("etag"), "\"v2\"");
  EXPECT_EQ(differs(got.body, 2, 0), std::nullopt);
}

TEST(evidence, an_answer_that_crossed_a_write_is_not_installed) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  auto const late = std::make_shared<gate>();
  w.origin.when(is("HEAD"), {.what = fault::kind::late_answer, .then = [late] { late->pass(); }});
  auto old = std::async(std::launch::async, [&] { return w.head("/buc/k"); });
  late->wait_for_arrivals(1);  // the head of version 1 is made, and under way
  auto const written = w.put("/buc/k", "new bytes");
  EXPECT_EQ(written.status, 200U);
  late->open();
  old.get();
  auto const got = w.get("/buc/k");
  EXPECT_EQ(got.body, "new bytes");
  EXPECT_EQ(got.header("etag"), written.header("etag"));
}

}  // namespace
}  // namespace s3proxy::test
