#include "s3proxy/base/units.hpp"

#include <gtest/gtest.h>

namespace s3proxy::base {
namespace {

TEST(units, are_powers_of_two) {
  EXPECT_EQ(1_B, 1u);
  EXPECT_EQ(1_KiB, 1024u);
  EXPECT_EQ(256_KiB, 262144u);
  EXPECT_EQ(2_MiB, 2097152u);
  EXPECT_EQ(3_GiB, 3221225472u);
}

TEST(byte_span, is_half_open) {
  constexpr byte_span span{10, 20};
  EXPECT_EQ(span.size(), 10u);
  EXPECT_FALSE(span.empty());
  EXPECT_FALSE(span.contains(9));
  EXPECT_TRUE(span.contains(10));
  EXPECT_TRUE(span.contains(19));
  EXPECT_FALSE(span.contains(20));
  EXPECT_TRUE((byte_span{10, 10}.empty()));
  EXPECT_TRUE(byte_span{}.empty());
}

TEST(byte_span, contains_another_that_does_not_stick_out) {
  constexpr byte_span span{10, 20};
  EXPECT_TRUE(span.contains(byte_span{10, 20}));
  EXPECT_TRUE(span.contains(byte_span{12, 15}));
  EXPECT_TRUE(span.contains(byte_span{15, 15}));
  EXPECT_FALSE(span.contains(byte_span{9, 20}));
  EXPECT_FALSE(span.contains(byte_span{10, 21}));
}

TEST(byte_span, an_intersection_holds_what_both_hold) {
  EXPECT_EQ(intersect({0, 10}, {5, 15}), (byte_span{5, 10}));
  EXPECT_EQ(intersect({5, 15}, {0, 10}), (byte_span{5, 10}));
  EXPECT_EQ(intersect({0, 10}, {2, 3}), (byte_span{2, 3}));
  EXPECT_EQ(intersect({0, 10}, {0, 10}), (byte_span{0, 10}));
}

TEST(byte_span, an_intersection_of_strangers_is_empty_and_has_size_zero) {
  for (auto const& other : {byte_span{10, 20}, byte_span{15, 20}, byte_span{4, 4}}) {
    EXPECT_TRUE(intersect({0, 10}, other).empty());
    EXPECT_EQ(intersect({0, 10}, other).size(), 0u);
    EXPECT_EQ(intersect(other, {0, 10}).size(), 0u);
  }
}

TEST(rounding, goes_to_the_next_multiple_or_stays) {
  EXPECT_EQ(round_down(0, 16), 0u);
  EXPECT_EQ(round_down(15, 16), 0u);
  EXPECT_EQ(round_down(16, 16), 16u);
  EXPECT_EQ(round_up(0, 16), 0u);
  EXPECT_EQ(round_up(1, 16), 16u);
  EXPECT_EQ(round_up(16, 16), 16u);
  EXPECT_EQ(round_up(17, 16), 32u);
}

}  // namespace
}  // namespace s3proxy::base
