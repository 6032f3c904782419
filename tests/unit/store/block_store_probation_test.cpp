#include "s3proxy/store/block_store.hpp"

#include "guessed_store.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace s3proxy::store {
namespace {

using namespace guessed_store;

TEST(block_store_probation, a_speculative_block_is_evicted_before_any_other) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 22);
  ASSERT_EQ(land(blocks, cells(0, 0, 1)), cell_size);
  ASSERT_EQ(land(blocks, cells(1, 0, 1)), cell_size);
  demand_blocks(blocks, 100, 101);
  EXPECT_FALSE(blocks.holds(table, cells(0, 0, 1))) << "the older guess";
  EXPECT_TRUE(blocks.holds(table, cells(1, 0, 1)));
  demand_blocks(blocks, 101, 102);
  EXPECT_FALSE(blocks.holds(table, cells(1, 0, 1)));
  for (byte_count number = 0; number < 22; ++number) {
    EXPECT_TRUE(blocks.holds(other, cells(number, 0, 1))) << number;
  }
}

TEST(block_store_probation, speculation_never_evicts_what_demand_brought) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 24);
  EXPECT_EQ(land(blocks, blocks_from(0, 2)), 0U) << "the memory is all demand's";
  EXPECT_EQ(blocks.block_count(), 24U);
  for (byte_count number = 0; number < 24; ++number) {
    EXPECT_TRUE(blocks.holds(other, cells(number, 0, 1))) << number;
  }
  EXPECT_EQ(blocks.guesses().on_probation, 0U);
}

TEST(block_store_probation, demand_leaves_room_once_guesses_found_none) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 40);
  ASSERT_EQ(blocks.block_count(), 24U) << "without guesses all the memory is demand's";
  ASSERT_EQ(land(blocks, blocks_from(0, 1)), 0U);
  ASSERT_EQ(blocks.block_count(), 24U);
  demand_blocks(blocks, 40, 41);
  EXPECT_EQ(blocks.block_count(), 24 - places);
  EXPECT_EQ(land(blocks, blocks_from(0, 10)), places * block_size);
  read(blocks, blocks_from(0, 1));
  ASSERT_EQ(land(blocks, blocks_from(10, 11)), block_size) << "in the place of an older guess";
  EXPECT_EQ(blocks.block_count(), 24U) << "nobody lacked room: demand gave up nothing";
}

TEST(block_store_probation, demand_takes_the_room_that_it_left_when_no_guess_does) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 24);
  land(blocks, blocks_from(0, 1));
  demand_blocks(blocks, 100, 103);
  EXPECT_EQ(blocks.block_count(), 23U);
  demand_blocks(blocks, 103, 110);
  EXPECT_EQ(blocks.block_count(), 24U);
}

TEST(block_store_probation, the_first_read_of_a_guess_leaves_room_for_the_next) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 21);
  land(blocks, blocks_from(0, places));
  for (byte_count number = 0; number < places; ++number) {
    read(blocks, blocks_from(number, number + 1));
  }
  ASSERT_EQ(land(blocks, blocks_from(10, 13)), 0U);
  fill(blocks, other, cells(500, 0, 1));
  ASSERT_EQ(land(blocks, blocks_from(10, 13)), places * block_size);
  std::vector<block_store::look> reading;
  for (byte_count number = 10; number < 13; ++number) {
    reading.push_back(blocks.find(table, cells(number, 0, 1), use::peeks));
  }
  ASSERT_EQ(land(blocks, blocks_from(20, 21)), 0U);
  read(blocks, blocks_from(10, 11));
  EXPECT_EQ(land(blocks, blocks_from(20, 21)), block_size);
}

TEST(block_store_probation, a_guess_is_not_evicted_for_the_room_that_its_first_read_leaves) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 21);
  land(blocks, blocks_from(0, places));
  std::vector<block_store::look> reading;
  for (byte_count number = 0; number < 21; ++number) {
    reading.push_back(blocks.find(other, cells(number, 0, 1), use::peeks));
  }
  for (byte_count number = 0; number < places; ++number) {
    reading.push_back(blocks.find(table, cells(number, 0, 1), use::peeks));
  }
  ASSERT_EQ(land(blocks, blocks_from(20, 21)), 0U);
  reading.pop_back();
  auto const found = blocks.find(table, cells(places - 1, 0, 1));
  EXPECT_EQ(found.bytes, bytes_of(1, cells(places - 1, 0, 1)));
  EXPECT_EQ(blocks.block_count(), 24U);
}

TEST(block_store_probation, a_guess_takes_the_last_free_block_and_then_the_place_of_an_older_guess) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 23);
  EXPECT_EQ(land(blocks, blocks_from(0, 1)), block_size);
  EXPECT_EQ(land(blocks, blocks_from(1, 2)), block_size);
  EXPECT_FALSE(blocks.holds(table, blocks_from(0, 1)));
  EXPECT_TRUE(blocks.holds(table, blocks_from(1, 2)));
  EXPECT_EQ(blocks.block_count(), 24U);
}

TEST(block_store_probation, guesses_in_a_block_of_demands_need_no_room) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 24);
  EXPECT_EQ(land(blocks, cells(3, 0, 4), other), 3 * cell_size) << "what is held is not claimed";
  EXPECT_EQ(blocks.guesses().on_probation, 0U);
  EXPECT_EQ(blocks.find(other, cells(3, 0, 4)).guessed, 3 * cell_size);
}

TEST(block_store_probation, probation_is_at_most_an_eighth) {
  block_store blocks(small_store);
  EXPECT_EQ(land(blocks, blocks_from(0, 10)), places * block_size) << "a permit does not evict its own";
  for (byte_count number = 20; number < 40; ++number) {
    ASSERT_EQ(land(blocks, cells(number, 0, 1)), cell_size);
    ASSERT_EQ(blocks.guesses().on_probation, places * block_size);
    ASSERT_EQ(blocks.block_count(), places);
  }
  for (byte_count number = 37; number < 40; ++number) {
    EXPECT_TRUE(blocks.holds(table, cells(number, 0, 1))) << "the newest stay";
  }
}

TEST(block_store_probation, the_eighth_is_shared_by_all_shards) {
  block_store blocks(512 * block_size);
  EXPECT_EQ(land(blocks, blocks_from(0, 64)), 64 * block_size) << "no shard has a bound of its own";
  EXPECT_EQ(land(blocks, blocks_from(100, 110)), 10 * block_size);
  EXPECT_EQ(blocks.guesses().on_probation, 64 * block_size);
  for (byte_count number = 0; number < 64; ++number) {
    EXPECT_EQ(blocks.holds(table, blocks_from(number, number + 1)), number >= 10) << "the oldest went";
  }
}

TEST(block_store_probation, a_store_of_less_than_eight_blocks_takes_no_guesses) {
  block_store blocks(7 * block_size);
  EXPECT_EQ(land(blocks, blocks_from(0, 1)), 0U);
  EXPECT_EQ(blocks.block_count(), 0U);
}

TEST(block_store_probation, a_permit_is_shorter_or_empty_when_no_guess_may_go) {
  block_store blocks(small_store);
  auto const first = guess(blocks, blocks_from(0, 2));
  EXPECT_EQ(guess(blocks, blocks_from(10, 12))->span(), blocks_from(10, 11)) << "one place was left";
  auto const second = guess(blocks, blocks_from(10, 11));
  EXPECT_TRUE(guess(blocks, blocks_from(20, 21))->empty()) << "all are coming";
  EXPECT_EQ(blocks.in_flight(purpose::speculation), 3 * block_size);
}

TEST(block_store_probation, a_guess_that_is_being_read_does_not_go) {
  block_store blocks(small_store);
  land(blocks, blocks_from(0, 3));
  auto const peeked = blocks.find(table, cells(0, 0, 1), use::peeks);
  land(blocks, blocks_from(10, 13));
  EXPECT_TRUE(blocks.holds(table, blocks_from(0, 1)));
  EXPECT_EQ(peeked.bytes, bytes_of(1, cells(0, 0, 1)));
  EXPECT_EQ(blocks.guesses().on_probation, places * block_size);
}

TEST(block_store_probation, speculation_claims_only_what_nobody_brings) {
  block_store blocks(small_store);
  fill(blocks, table, cells(0, 2, 3));
  auto const coming = blocks.claim(table, cells(0, 4, 5), std::make_shared<flight>());
  auto const permit = guess(blocks, cells(0, 2, 8));
  EXPECT_EQ(permit->span(), cells(0, 3, 8));
  EXPECT_EQ(blocks.in_flight(purpose::speculation), 4 * cell_size);
  EXPECT_TRUE(guess(blocks, cells(0, 2, 8))->empty());
}

TEST(block_store_probation, what_was_read_once_is_no_guess_any_more) {
  block_store blocks(small_store);
  land(blocks, blocks_from(0, 1));
  read(blocks, cells(0, 5, 6));
  demand_blocks(blocks, 0, 20);
  EXPECT_EQ(land(blocks, blocks_from(10, 13)), places * block_size);
  EXPECT_EQ(land(blocks, blocks_from(20, 30)), places * block_size);
  EXPECT_TRUE(blocks.holds(table, blocks_from(0, 1)));
}

TEST(block_store_probation, a_demand_claim_of_other_cells_takes_a_block_off_probation) {
  block_store blocks(small_store);
  land(blocks, cells(0, 0, 4));
  fill(blocks, table, cells(0, 0, 4));
  EXPECT_EQ(blocks.guesses().on_probation, block_size) << "nothing was missing, nothing was claimed";
  fill(blocks, table, cells(0, 3, 5));
  EXPECT_EQ(blocks.guesses().on_probation, 0U);
  EXPECT_EQ(read(blocks, cells(0, 0, 8)), 4 * cell_size) << "its cells are guesses until they are read";
}

}  // namespace
}  // namespace s3proxy::store
