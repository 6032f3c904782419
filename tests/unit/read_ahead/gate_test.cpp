#include "s3proxy/read_ahead/gate.hpp"

#include <gtest/gtest.h>

namespace s3proxy::read_ahead {
namespace {

TEST(gate, believes_its_prior_until_something_was_seen) {
  EXPECT_DOUBLE_EQ(gate(0.75).probability(), 0.75);
  EXPECT_DOUBLE_EQ(gate().probability(), 0.5);
}

TEST(gate, tends_to_what_is_seen) {
  gate good(0.1);
  gate bad(0.9);
  for (int seen = 0; seen < 50; ++seen) {
    good.came_true();
    bad.came_to_nothing();
  }
  EXPECT_GT(good.probability(), 0.9);
  EXPECT_LT(bad.probability(), 0.1);
}

TEST(gate, forgets_a_good_past_in_a_dozen_outcomes) {
  gate one;
  for (int seen = 0; seen < 1'000; ++seen) {
    one.came_true();
  }
  auto losses = 0;
  for (; one.probability() >= 0.5; ++losses) {
    one.came_to_nothing();
  }
  EXPECT_GE(losses, 5);
  EXPECT_LE(losses, 12);
}

TEST(gate, what_looks_like_it_comes_true_counts_but_is_not_kept) {
  gate one(0.25);
  EXPECT_DOUBLE_EQ(one.probability_with(2), 0.75);
  EXPECT_DOUBLE_EQ(one.probability(), 0.25);
}

}  // namespace
}  // namespace s3proxy::read_ahead
