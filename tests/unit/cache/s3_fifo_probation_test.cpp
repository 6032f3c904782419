#include "s3proxy/cache/s3_fifo.hpp"

#include "shelf_of_items.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace s3proxy::cache {
namespace {

using namespace shelf_of_items;

TEST(s3_fifo_probation, what_is_on_probation_goes_first_and_oldest_first) {
  shelf s(10);
  s.put(1);
  s.put_on_probation(2);
  s.put(3);
  s.put_on_probation(4);
  EXPECT_EQ(s.order.charge(), 4U);
  EXPECT_EQ(s.order.count(), 4U);
  EXPECT_EQ(s.evict_all(), (std::vector<std::uint64_t>{2, 4, 1, 3}));
}

TEST(s3_fifo_probation, a_pinned_item_on_probation_keeps_its_turn) {
  shelf s(10);
  auto& first = s.put_on_probation(1);
  auto& second = s.put_on_probation(2);
  s.put_on_probation(3);
  first.pinned = true;
  EXPECT_EQ(s.order.oldest_on_probation(unpinned), &second);
  EXPECT_EQ(s.order.count(), 3U) << "looking takes nothing out";
  EXPECT_EQ(s.order.evict_from_probation(unpinned), &second);
  first.pinned = false;
  EXPECT_EQ(s.order.evict(unpinned), &first);
}

TEST(s3_fifo_probation, eviction_from_probation_takes_nothing_else) {
  shelf s(10);
  s.put(1);
  EXPECT_EQ(s.order.oldest_on_probation(anything), nullptr);
  EXPECT_EQ(s.order.evict_from_probation(anything), nullptr);
  EXPECT_EQ(s.order.count(), 1U);
}

TEST(s3_fifo_probation, probation_may_be_passed_over) {
  shelf s(10);
  s.put_on_probation(1);
  s.put(2);
  EXPECT_EQ(s.order.admitted_charge(), 1U);
  EXPECT_EQ(s.order.evict_admitted(anything)->fingerprint, 2U);
  EXPECT_EQ(s.order.evict_admitted(anything), nullptr);
  EXPECT_EQ(s.order.count(), 1U);
}

TEST(s3_fifo_probation, an_admitted_item_is_newborn) {
  shelf s(10);
  auto& guess = s.put_on_probation(1);
  s.put(2);
  guess.touch();
  guess.touch();
  s.order.admit(guess);
  EXPECT_EQ(guess.where, place::small);
  EXPECT_EQ(guess.uses, 0U);
  EXPECT_EQ(s.evict_all(), (std::vector<std::uint64_t>{2, 1})) << "behind what came before its first read";
}

TEST(s3_fifo_probation, what_left_on_probation_is_no_ghost) {
  shelf s(10);
  s.put_on_probation(1);
  ASSERT_EQ(s.order.evict(anything)->fingerprint, 1U);
  EXPECT_EQ(s.put(1).where, place::small);
}

TEST(s3_fifo_probation, a_guess_at_a_ghost_goes_to_the_main_queue_once_it_is_admitted) {
  shelf s(10);
  s.put(1);
  s.order.evict(anything);
  auto& guess = s.put_on_probation(1);
  EXPECT_EQ(guess.where, place::probation);
  s.order.admit(guess);
  EXPECT_EQ(guess.where, place::main);
}

}  // namespace
}  // namespace s3proxy::cache
