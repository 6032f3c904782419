#include "s3proxy/store/block_store.hpp"

#include "filled_store.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace s3proxy::store {
namespace {

using namespace filled_store;
using spans = std::vector<byte_span>;

// A store of few blocks has one shard, so that the order in which they go is known.

std::shared_ptr<flight> new_flight() {
  return std::make_shared<flight>();
}

TEST(block_store_eviction, the_budget_is_whole_blocks) {
  EXPECT_EQ(block_store(4 * block_size + 1).budget(), 4 * block_size);
}

TEST(block_store_eviction, a_scan_stays_within_the_budget) {
  for (auto const count : {1U, 4U, 200U}) {
    block_store blocks(count * block_size);
    auto const facts = facts_of(1, 1000 * block_size);
    for (byte_count number = 0; number < 300; ++number) {
      fill(blocks, facts, {number * block_size, number * block_size + cell_size});
      ASSERT_LE(blocks.block_count(), count);
      ASSERT_EQ(held_and_right(blocks, facts, number * block_size), cell_size);
    }
  }
}

TEST(block_store_eviction, a_pinned_block_stays_whatever_comes) {
  block_store blocks(4 * block_size);
  auto const facts = facts_of(1, 100 * block_size);
  std::vector<block_store::look> readers;
  for (byte_count number = 0; number < 6; ++number) {
    fill(blocks, facts, {number * block_size, number * block_size + cell_size});
    readers.push_back(blocks.find(facts, {number * block_size, facts.id.size}));
  }
  for (byte_count number = 6; number < 60; ++number) {
    fill(blocks, facts, {number * block_size, (number + 1) * block_size});
  }
  for (byte_count number = 0; number < 6; ++number) {
    auto const begin = number * block_size;
    EXPECT_EQ(readers[number].bytes, bytes_of(1, {begin, begin + cell_size})) << number;
    EXPECT_EQ(held_and_right(blocks, facts, begin), cell_size);
  }
  EXPECT_LE(blocks.block_count(), 7U) << "six that may not go, and the newest";
}

TEST(block_store_eviction, a_block_that_is_being_filled_stays) {
  block_store blocks(2 * block_size);
  auto const facts = facts_of(1, 100 * block_size);
  auto permit = blocks.claim(facts, {0, 5 * block_size}, new_flight());
  for (byte_count number = 10; number < 40; ++number) {
    fill(blocks, facts, {number * block_size, (number + 1) * block_size});
  }
  write_span(permit, 1, {0, 5 * block_size});
  for (byte_count number = 0; number < 5; ++number) {
    EXPECT_EQ(held_and_right(blocks, facts, number * block_size), block_size) << number;
  }
}

TEST(block_store_eviction, borrowed_blocks_return_once_they_are_let_go) {
  block_store blocks(2 * block_size);
  auto const facts = facts_of(1, 100 * block_size);
  {
    auto const permit = blocks.claim(facts, {0, 9 * block_size}, new_flight());
  }
  EXPECT_EQ(blocks.block_count(), 0U);
  {
    auto permit = blocks.claim(facts, {0, 9 * block_size}, new_flight());
    write_span(permit, 1, permit.span());
    EXPECT_EQ(blocks.block_count(), 9U);
  }
  fill(blocks, facts, {50 * block_size, 51 * block_size});
  EXPECT_EQ(blocks.block_count(), 2U);
  for (byte_count number = 60; number < 70; ++number) {
    fill(blocks, facts, {number * block_size, (number + 1) * block_size});
    ASSERT_EQ(held_and_right(blocks, facts, number * block_size), block_size);
  }
}

TEST(block_store_eviction, a_use_keeps_a_block_and_a_peek_does_not) {
  for (auto const kind : {block_store::use::counts, block_store::use::peeks}) {
    block_store blocks(10 * block_size);
    auto const facts = facts_of(1, 100 * block_size);
    fill(blocks, facts, {0, cell_size});
    for (int reads = 0; reads < 2; ++reads) {
      blocks.find(facts, {0, facts.id.size}, kind);
    }
    for (byte_count number = 1; number < 40; ++number) {
      fill(blocks, facts, {number * block_size, number * block_size + cell_size});
    }
    EXPECT_EQ(held_and_right(blocks, facts, 0), kind == block_store::use::counts ? cell_size : 0U);
  }
}

TEST(block_store_eviction, an_evicted_block_is_missing_again) {
  block_store blocks(2 * block_size);
  auto const facts = facts_of(1, 100 * block_size);
  for (byte_count number = 0; number < 5; ++number) {
    fill(blocks, facts, {number * block_size, (number + 1) * block_size});
  }
  EXPECT_EQ(blocks.missing(facts, {0, block_size}), (spans{{0, block_size}}));
  fill(blocks, facts, {0, cell_size});
  EXPECT_EQ(held_and_right(blocks, facts, 0), cell_size) << "no cell of its former life is valid";
}

TEST(block_store_eviction, a_reader_that_waits_for_a_cell_finds_it_whatever_came_meanwhile) {
  block_store blocks(2 * block_size);
  auto const facts = facts_of(1, 100 * block_size);
  block_store::look waiting;
  {
    auto permit = blocks.claim(facts, {0, cell_size}, new_flight());
    waiting = blocks.find(facts, {5, facts.id.size});
    ASSERT_TRUE(waiting.coming);
    write_span(permit, 1, {0, cell_size});
  }
  for (byte_count number = 10; number < 40; ++number) {
    fill(blocks, facts, {number * block_size, (number + 1) * block_size});
  }
  EXPECT_EQ(held_and_right(blocks, facts, 0), cell_size);
  waiting = {};
  for (byte_count number = 10; number < 40; ++number) {
    fill(blocks, facts, {number * block_size, (number + 1) * block_size});
  }
  EXPECT_EQ(held_and_right(blocks, facts, 0), 0U) << "once it left, the block goes its way";
}

TEST(block_store_eviction, a_block_that_was_filled_may_go_while_its_fill_goes_on) {
  // Or one long fill would pin all that it brought, far beyond the budget.
  block_store blocks(4 * block_size);
  auto const facts = facts_of(1, 100 * block_size);
  auto permit = blocks.claim(facts, {0, 10 * block_size}, new_flight());
  write_span(permit, 1, {0, 9 * block_size});
  fill(blocks, facts, {50 * block_size, 51 * block_size});
  EXPECT_LE(blocks.block_count(), 4U);
  write_span(permit, 1, {9 * block_size, 10 * block_size});
  EXPECT_EQ(held_and_right(blocks, facts, 9 * block_size), block_size) << "what was still coming stayed";
}

TEST(block_store_eviction, a_fill_that_broke_off_leaves_room_for_the_next_once_its_waiters_have_left) {
  block_store blocks(2 * block_size);
  auto const facts = facts_of(1, 100 * block_size);
  {
    std::vector<block_store::look> waiting;
    auto const permit = blocks.claim(facts, {0, 2 * block_size}, new_flight());
    waiting.push_back(blocks.find(facts, {0, facts.id.size}));
    waiting.push_back(blocks.find(facts, {block_size, facts.id.size}));
  }
  fill(blocks, facts, {0, 1});
  EXPECT_EQ(held_and_right(blocks, facts, 0), cell_size);
  fill(blocks, facts, {50 * block_size, 52 * block_size});
  EXPECT_LE(blocks.block_count(), 2U);
}

}  // namespace
}  // namespace s3proxy::store
