#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::test {
namespace {

using kind = fault::kind;
using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;
constexpr std::size_t size = 1000 * KiB;

proxy::limits& impatient(proxy::limits& limits) {
  limits.origin.first_byte = 150ms;
  limits.origin.idle = 150ms;
  return limits;
}

TEST(fill, a_body_that_breaks_once_is_resumed_where_it_broke) {
  for (auto const what : {kind::cut_body, kind::reset_body, kind::stall_body}) {
    world w({.adjust = [](proxy::limits& l) { impatient(l); }});
    w.origin.put_version("/buc/k", 1, size);
    w.head("/buc/k");
    w.origin.forget_requests();
    w.origin.next({.what = what, .bytes = 300 * KiB});
    auto const got = w.get("/buc/k");
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
    ASSERT_EQ(w.origin.count(), 2U);
    auto const again = w.origin.requests()[1];
    EXPECT_EQ(again.header("if-match"), "\"v1\"");
    EXPECT_NE(again.header("range"), "bytes=0-1023999");
  }
}

TEST(fill, a_truncated_origin_body_is_never_cached_and_never_ends_cleanly) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.head("/buc/k");
  w.origin.next({.what = kind::cut_body, .bytes = 100 * KiB + 1});
  w.origin.next({.what = kind::cut_body, .bytes = 100}, 1000);
  auto const got = w.get("/buc/k");
  EXPECT_FALSE(got.complete);
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_LT(got.body.size(), size);
  w.origin.clear_rules();
  auto const whole = w.get("/buc/k");
  EXPECT_TRUE(whole.complete);
  EXPECT_EQ(differs(whole.body, 1, 0), std::nullopt);
}

TEST(fill, a_body_longer_than_it_said_gives_nothing_to_the_next_answer) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.origin.put_version("/buc/l", 2, size);
  w.origin.next({.what = kind::long_body}, 2);
  EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);
  EXPECT_EQ(differs(w.get("/buc/l").body, 2, 0), std::nullopt);
  EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);
}

TEST(fill, a_body_in_drips_arrives_whole) {
  world w;
  w.origin.put_version("/buc/k", 1, 40 * KiB + 3);
  w.origin.next({.what = kind::drip, .bytes = 511});
  EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);
  w.origin.forget_requests();
  EXPECT_EQ(differs(w.get_range("/buc/k", "bytes=-20000").body, 1, 40 * KiB + 3 - 20000), std::nullopt);
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(fill, a_store_that_ignores_range_still_gives_the_right_bytes) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.origin.next({.what = kind::ignore_range}, 1000);
  for (auto const* range : {"bytes=500000-600000", "bytes=-10", "bytes=0-0"}) {
    auto const got = w.get_range("/buc/k", range);
    EXPECT_EQ(got.status, 206U) << range;
    auto const text = got.header("content-range");
    auto const begin = std::stoull(text.substr(6));
    EXPECT_EQ(differs(got.body, 1, begin), std::nullopt) << range;
  }
}

TEST(fill, a_range_that_was_not_asked_for_is_never_stored) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.head("/buc/k");
  w.origin.next({.what = kind::wrong_range}, 3);
  w.get_range("/buc/k", "bytes=100000-200000");
  w.origin.clear_rules();
  auto const got = w.get_range("/buc/k", "bytes=100000-200000");
  EXPECT_EQ(differs(got.body, 1, 100000), std::nullopt);
}

TEST(fill, a_passing_fault_before_the_first_byte_is_invisible) {
  for (auto const what : {kind::reset, kind::close, kind::answer_status}) {
    world w;
    w.origin.put_version("/buc/k", 1, size);
    w.origin.next({.what = what, .status = 503}, 2);
    auto const got = w.get("/buc/k");
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
    EXPECT_EQ(w.origin.count(), 3U);
  }
}

TEST(fill, a_fault_that_stays_is_told_with_our_own_sentence) {
  struct row {
    kind what;
    unsigned status;
  };
  for (auto const& r :
       {row{kind::reset, 502}, row{kind::close, 502}, row{kind::hang, 504}, row{kind::garbage, 502},
        row{kind::ambiguous_frame, 502}, row{kind::endless_head, 502}}) {
    world w({.adjust = [](proxy::limits& l) { impatient(l); }});
    w.origin.put_version("/buc/k", 1, size);
    w.head("/buc/k");
    w.origin.next({.what = r.what}, 1000);
    auto const got = w.get("/buc/k");
    EXPECT_EQ(got.status, r.status);
    EXPECT_EQ(got.error_code(), r.status == 504 ? "GatewayTimeout" : "BadGateway");
    w.origin.clear_rules();
    EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);
  }
}

TEST(fill, the_stores_own_error_reaches_the_client_as_it_is) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.head("/buc/k");
  std::string const body = "<Error><Code>SlowDown</Code><Message>the store's own words</Message></Error>";
  w.origin.next({.what = kind::answer_status, .status = 503, .body = body}, 1000);
  auto const got = w.get("/buc/k");
  EXPECT_EQ(got.status, 503U);
  EXPECT_EQ(got.body, body);
}

TEST(fill, a_refused_connection_is_told_and_held_bytes_are_served_on) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.stop_listening();
  EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);
  auto const cold = w.get("/buc/other");
  EXPECT_EQ(cold.status, 503U);
  EXPECT_EQ(cold.error_code(), "ServiceUnavailable");
}

}  // namespace
}  // namespace s3proxy::test
