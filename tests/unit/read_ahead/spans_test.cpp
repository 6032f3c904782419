#include "s3proxy/read_ahead/spans.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <random>

namespace s3proxy::read_ahead {
namespace {

using base::byte_span;

span_set sorted(span_set of) {
  std::ranges::sort(of, {}, &byte_span::begin);
  return of;
}

TEST(spans, what_is_taken_from_the_middle_leaves_both_ends) {
  span_set from{{10, 20}, {30, 40}};
  EXPECT_EQ(take(from, {15, 35}), 10u);
  EXPECT_EQ(sorted(from), (span_set{{10, 15}, {35, 40}}));
  EXPECT_EQ(take(from, {36, 38}), 2u);
  EXPECT_EQ(sorted(from), (span_set{{10, 15}, {35, 36}, {38, 40}}));
  EXPECT_EQ(take(from, {15, 35}), 0u);
  EXPECT_EQ(take(from, {0, 100}), 8u);
  EXPECT_TRUE(from.empty());
}

TEST(spans, what_is_added_twice_is_there_once) {
  span_set to;
  add(to, {10, 20});
  add(to, {30, 40});
  add(to, {15, 18});
  EXPECT_EQ(sorted(to), (span_set{{10, 20}, {30, 40}}));
  add(to, {20, 30});  // touches both
  EXPECT_EQ(to, (span_set{{10, 40}}));
}

TEST(spans, not_in_gives_what_is_missing_in_order) {
  EXPECT_EQ(not_in({0, 100}, {{60, 70}, {10, 20}, {90, 120}}), (span_set{{0, 10}, {20, 60}, {70, 90}}));
  EXPECT_EQ(not_in({0, 10}, {}), (span_set{{0, 10}}));
  EXPECT_TRUE(not_in({5, 10}, {{0, 20}}).empty());
}

TEST(spans, are_joined_over_gaps_that_are_small_enough) {
  EXPECT_EQ(joined_over(5, {{40, 50}, {0, 10}, {15, 20}, {26, 30}}), (span_set{{0, 20}, {26, 30}, {40, 50}}));
  EXPECT_EQ(joined_over(0, {{0, 10}, {10, 20}, {5, 8}}), (span_set{{0, 20}}));
}

TEST(spans, hold_the_bytes_that_a_bitmap_holds) {
  std::mt19937 random(7);
  auto const any = [&] {
    auto const begin = random() % 250;
    return byte_span{begin, begin + 1 + random() % 6};
  };
  span_set set;
  std::bitset<256> bits;
  for (int round = 0; round < 2'000; ++round) {
    auto const span = any();
    std::size_t held = 0;
    for (auto at = span.begin; at < span.end; ++at) {
      held += bits[at] ? 1 : 0;
      bits[at] = round % 2 == 0;
    }
    if (round % 2 == 0) {
      EXPECT_EQ(size_of(not_in(span, set)), span.size() - held);
      add(set, span);
    } else {
      EXPECT_EQ(take(set, span), held);
    }
    ASSERT_EQ(size_of(set), bits.count());
  }
}

}  // namespace
}  // namespace s3proxy::read_ahead
