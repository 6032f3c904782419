#include "s3proxy/store/block_store.hpp"

#include "filled_store.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace s3proxy::store {
namespace {

using namespace filled_store;
using spans = std::vector<byte_span>;

constexpr byte_count roomy = 256 * block_size;                      // two shards
constexpr byte_count large = 3 * block_size + 5 * cell_size + 100;  // the last cell has 100 bytes

std::shared_ptr<flight> new_flight() {
  return std::make_shared<flight>();
}

TEST(block_store, an_unknown_block_is_neither_held_nor_coming) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  auto const found = blocks.find(facts, {0, facts.id.size});
  EXPECT_TRUE(found.bytes.empty());
  EXPECT_FALSE(found.coming);
  EXPECT_FALSE(found.pin.get());
  EXPECT_EQ(blocks.missing(facts, {0, large}), (spans{{0, large}}));
  EXPECT_EQ(blocks.block_count(), 0U) << "looking makes nothing";
}

TEST(block_store, missing_runs_are_whole_cells_up_to_the_objects_end) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  EXPECT_EQ(blocks.missing(facts, {5, 6}), (spans{{0, cell_size}}));
  EXPECT_EQ(blocks.missing(facts, {cell_size - 1, cell_size + 1}), (spans{{0, 2 * cell_size}}));
  EXPECT_EQ(blocks.missing(facts, {block_size - 1, block_size + 1}),
            (spans{{block_size - cell_size, block_size + cell_size}}))
      << "a run does not stop at a block's end";
  EXPECT_EQ(blocks.missing(facts, {large - 1, large}), (spans{{large - 100, large}}));
  fill(blocks, facts, {cell_size, 2 * cell_size});
  EXPECT_EQ(blocks.missing(facts, {0, 3 * cell_size}),
            (spans{{0, cell_size}, {2 * cell_size, 3 * cell_size}}));
}

TEST(block_store, bytes_come_back_from_wherever_they_are_read) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  fill(blocks, facts, {0, large});
  EXPECT_TRUE(blocks.missing(facts, {0, large}).empty());
  for (byte_count const at : {byte_count{0}, byte_count{1}, cell_size - 1, cell_size, block_size - 1,
                              block_size, 2 * block_size + 77, large - 101, large - 100, large - 1}) {
    auto const to_blocks_end = std::min(base::round_down(at, block_size) + block_size, large) - at;
    EXPECT_EQ(held_and_right(blocks, facts, at), to_blocks_end) << at;
  }
}

TEST(block_store, a_find_ends_at_the_first_gap) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  fill(blocks, facts, {0, 2 * cell_size});
  fill(blocks, facts, {3 * cell_size, 4 * cell_size});
  EXPECT_EQ(held_and_right(blocks, facts, 10), 2 * cell_size - 10);
  EXPECT_EQ(held_and_right(blocks, facts, 2 * cell_size), 0U);
  EXPECT_EQ(held_and_right(blocks, facts, 3 * cell_size), cell_size);
}

TEST(block_store, versions_never_meet) {
  block_store blocks(roomy);
  auto const one = facts_of(1, large), two = facts_of(2, large);
  fill(blocks, one, {0, cell_size});
  EXPECT_EQ(held_and_right(blocks, two, 0), 0U);
  EXPECT_EQ(blocks.missing(two, {0, cell_size}), (spans{{0, cell_size}}));
  fill(blocks, two, {0, cell_size});
  EXPECT_EQ(held_and_right(blocks, one, 0), cell_size);
  EXPECT_EQ(held_and_right(blocks, two, 0), cell_size);
}

TEST(block_store, a_cell_has_one_flight) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  auto const first = new_flight(), second = new_flight();
  auto const mine = blocks.claim(facts, {0, 2 * cell_size}, first);
  EXPECT_EQ(mine.span(), (byte_span{0, 2 * cell_size}));
  EXPECT_TRUE(blocks.claim(facts, {5, 6}, second).empty());
  auto const rest = blocks.claim(facts, {0, 3 * cell_size}, second);
  EXPECT_EQ(rest.span(), (byte_span{2 * cell_size, 3 * cell_size}));
  EXPECT_TRUE(blocks.missing(facts, {0, 3 * cell_size}).empty()) << "what is coming is not missing";
  EXPECT_EQ(blocks.find(facts, {0, facts.id.size}).coming, first);
  EXPECT_EQ(blocks.find(facts, {2 * cell_size - 1, facts.id.size}).coming, first);
  EXPECT_EQ(blocks.find(facts, {2 * cell_size, facts.id.size}).coming, second);
  EXPECT_FALSE(blocks.find(facts, {3 * cell_size, facts.id.size}).coming);
}

TEST(block_store, a_claim_reaches_from_its_first_missing_cell_to_its_last) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  fill(blocks, facts, {0, cell_size});
  fill(blocks, facts, {block_size, 2 * block_size});
  EXPECT_EQ(blocks.claim(facts, {0, large}, new_flight()).span(), (byte_span{cell_size, large}));
  fill(blocks, facts, {2 * block_size, large});
  EXPECT_EQ(blocks.claim(facts, {0, large}, new_flight()).span(), (byte_span{cell_size, block_size}));
}

TEST(block_store, an_empty_span_claims_nothing_and_leaves_no_trace) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  for (auto const at : {byte_count{0}, byte_count{5}, cell_size, block_size + cell_size, large, large + 1}) {
    EXPECT_TRUE(blocks.claim(facts, {at, at}, new_flight()).empty()) << at;
    EXPECT_TRUE(blocks.missing(facts, {at, at}).empty()) << at;
  }
  EXPECT_TRUE(blocks.claim(facts, {large, large + 5}, new_flight()).empty()) << "beyond the object";
  EXPECT_TRUE(blocks.claim(facts_of(2, 0), {0, 0}, new_flight()).empty()) << "an empty object";
  EXPECT_EQ(blocks.block_count(), 0U);
}

TEST(block_store, a_cell_is_valid_with_its_last_byte_and_not_before) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  auto const owner = new_flight();
  auto permit = blocks.claim(facts, {0, 3 * cell_size}, owner);
  constexpr byte_count piece = 777;
  for (byte_count at = 0; at < 3 * cell_size; at += piece) {
    auto const end = std::min(at + piece, 3 * cell_size);
    permit.write(at, bytes_of(1, {at, end}));
    auto const whole = base::round_down(end, cell_size);
    ASSERT_EQ(held_and_right(blocks, facts, 0), whole) << end;
    ASSERT_EQ(blocks.in_flight(), 3 * cell_size - whole);
    if (whole < 3 * cell_size) {
      ASSERT_EQ(blocks.find(facts, {whole, facts.id.size}).coming, owner);
    }
  }
}

TEST(block_store, one_byte_before_a_cells_end_changes_nothing_and_that_byte_does) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  auto permit = blocks.claim(facts, {0, cell_size}, new_flight());
  permit.write(0, bytes_of(1, {0, cell_size - 1}));
  EXPECT_EQ(held_and_right(blocks, facts, 0), 0U);
  permit.write(cell_size - 1, bytes_of(1, {cell_size - 1, cell_size}));
  EXPECT_EQ(held_and_right(blocks, facts, 0), cell_size);
}

TEST(block_store, the_last_cell_is_whole_at_the_objects_end) {
  for (auto const size :
       {byte_count{1}, byte_count{100}, cell_size, cell_size + 1, block_size, block_size + 1}) {
    block_store blocks(roomy);
    auto const facts = facts_of(1, size);
    auto permit = blocks.claim(facts, {size - 1, size}, new_flight());
    ASSERT_EQ(permit.span().end, size);
    write_span(permit, 1, {permit.span().begin, size - 1});
    EXPECT_EQ(held_and_right(blocks, facts, size - 1), 0U) << size;
    permit.write(size - 1, bytes_of(1, {size - 1, size}));
    EXPECT_EQ(held_and_right(blocks, facts, size - 1), 1U) << size;
    EXPECT_EQ(blocks.in_flight(), 0U);
  }
}

TEST(block_store, room_ends_with_the_block_the_object_and_before_what_is_not_to_be_filled) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  fill(blocks, facts, {2 * cell_size, 3 * cell_size});
  auto const permit = blocks.claim(facts, {0, large}, new_flight());
  EXPECT_EQ(permit.room(0).size(), 2 * cell_size);
  EXPECT_EQ(permit.room(cell_size + 5).size(), cell_size - 5);
  EXPECT_TRUE(permit.room(2 * cell_size).empty()) << "held";
  EXPECT_TRUE(permit.room(3 * cell_size - 1).empty()) << "held";
  EXPECT_EQ(permit.room(3 * cell_size).size(), block_size - 3 * cell_size);
  EXPECT_EQ(permit.room(3 * block_size).size(), 5 * cell_size + 100);
  EXPECT_EQ(permit.room(large - 1).size(), 1U);
  EXPECT_TRUE(permit.room(large).empty());
  EXPECT_TRUE(permit.room(large + block_size).empty());
  auto const part = blocks.claim(facts_of(2, large), {cell_size, 2 * cell_size}, new_flight());
  EXPECT_TRUE(part.room(cell_size - 1).empty());
  EXPECT_EQ(part.room(cell_size).size(), cell_size);
  EXPECT_TRUE(part.room(2 * cell_size).empty()) << "not claimed";
}

TEST(block_store, bytes_put_into_the_room_count_when_their_cell_is_told_written) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  {
    auto permit = blocks.claim(facts, {0, large}, new_flight());
    for (auto at = byte_count{0}; at < block_size + cell_size + 5;) {
      auto const room = permit.room(at);
      auto const end = std::min(at + std::min<byte_count>(room.size(), 10'000), block_size + cell_size + 5);
      std::ranges::copy(bytes_of(1, {at, end}), room.begin());
      EXPECT_EQ(held_and_right(blocks, facts, base::round_down(at, cell_size)), 0U) << "before it is told";
      auto const landed = permit.written(at, static_cast<std::size_t>(end - at));
      EXPECT_EQ(landed, end / cell_size > at / cell_size) << at;
      at = end;
    }
  }
  EXPECT_EQ(blocks.missing(facts, {0, large}), (spans{{block_size + cell_size, large}}));
  EXPECT_EQ(held_and_right(blocks, facts, 0), block_size);
  EXPECT_EQ(held_and_right(blocks, facts, block_size), cell_size);
  EXPECT_EQ(blocks.in_flight(), 0U);
}

TEST(block_store, a_fill_that_brings_nothing_leaves_no_trace) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  {
    auto permit = blocks.claim(facts, {0, large}, new_flight());
    EXPECT_EQ(blocks.block_count(), 4U);
    EXPECT_EQ(blocks.in_flight(), 3 * block_size + 6 * cell_size);
    permit.write(0, bytes_of(1, {0, cell_size - 1}));
  }
  EXPECT_EQ(blocks.block_count(), 0U);
  EXPECT_EQ(blocks.in_flight(), 0U);
  EXPECT_EQ(blocks.missing(facts, {0, large}), (spans{{0, large}}));
  fill(blocks, facts, {0, large});
  EXPECT_EQ(held_and_right(blocks, facts, 0), block_size);
}

TEST(block_store, a_short_fill_keeps_its_whole_cells_and_gives_up_the_rest) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  {
    auto permit = blocks.claim(facts, {0, large}, new_flight());
    write_span(permit, 1, {0, block_size + 2 * cell_size + 5});
  }
  EXPECT_EQ(held_and_right(blocks, facts, 0), block_size);
  EXPECT_EQ(held_and_right(blocks, facts, block_size), 2 * cell_size);
  EXPECT_EQ(blocks.missing(facts, {0, large}), (spans{{block_size + 2 * cell_size, large}}));
  EXPECT_EQ(blocks.block_count(), 2U);
  EXPECT_EQ(blocks.in_flight(), 0U);
}

TEST(block_store, a_fill_may_resume_at_the_cell_that_it_broke_off) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  auto permit = blocks.claim(facts, {0, 3 * cell_size}, new_flight());
  permit.write(0, bytes_of(1, {0, cell_size + 99}));
  write_span(permit, 1, {cell_size, 3 * cell_size});
  EXPECT_EQ(held_and_right(blocks, facts, 0), 3 * cell_size);
}

TEST(block_store, a_permit_that_dies_ends_the_flight_of_a_task_that_did_not) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  auto const coming = new_flight();
  bool missing_when_woken = false;
  {
    auto permit = blocks.claim(facts, {0, cell_size}, coming);
    coming->wait(coming->progress(),
                 [&] { missing_when_woken = !blocks.missing(facts, {0, cell_size}).empty(); });
    auto const moved = std::move(permit);
    EXPECT_FALSE(coming->finished());
  }
  EXPECT_TRUE(missing_when_woken) << "whoever wakes must be able to claim";
  EXPECT_TRUE(coming->finished());
}

TEST(block_store, a_permit_leaves_the_outcome_that_its_task_gave) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  for (auto const outcome : {std::optional<base::errc>(), std::optional(base::errc::origin_stalled)}) {
    auto const coming = new_flight();
    {
      auto permit = blocks.claim(facts, {0, cell_size}, coming);
      permit.release();
      EXPECT_FALSE(coming->finished()) << "releasing the cells does not end the flight";
      coming->finish(outcome);
    }
    EXPECT_EQ(coming->outcome(), outcome);
  }
}

TEST(block_store, a_permit_that_ends_leaves_the_cells_of_others) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  auto const other = new_flight();
  auto theirs = blocks.claim(facts, {cell_size, 2 * cell_size}, other);
  {
    auto const mine = blocks.claim(facts, {0, 4 * cell_size}, new_flight());
  }
  EXPECT_EQ(blocks.find(facts, {cell_size, facts.id.size}).coming, other);
  EXPECT_EQ(blocks.missing(facts, {0, 4 * cell_size}),
            (spans{{0, cell_size}, {2 * cell_size, 4 * cell_size}}));
  write_span(theirs, 1, {cell_size, 2 * cell_size});
  EXPECT_EQ(held_and_right(blocks, facts, cell_size), cell_size);
}

TEST(block_store, bytes_of_cells_that_were_not_claimed_are_passed_over) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  auto const other = new_flight();
  fill(blocks, facts, {cell_size, 2 * cell_size});
  auto const theirs = blocks.claim(facts, {2 * cell_size, 3 * cell_size}, other);
  auto mine = blocks.claim(facts, {0, 4 * cell_size}, new_flight());
  ASSERT_EQ(mine.span(), (byte_span{0, 4 * cell_size}));
  mine.write(0, bytes_of(1, {0, cell_size}));
  mine.write(cell_size, std::string(2 * cell_size, 'x'));  // the bridged gap: not ours to say
  mine.write(3 * cell_size, bytes_of(1, {3 * cell_size, 4 * cell_size}));
  EXPECT_EQ(held_and_right(blocks, facts, 0), 2 * cell_size);
  EXPECT_EQ(blocks.find(facts, {2 * cell_size, facts.id.size}).coming, other);
  EXPECT_EQ(held_and_right(blocks, facts, 3 * cell_size), cell_size);
}

TEST(block_store, a_moved_permit_is_released_once) {
  block_store blocks(roomy);
  auto const facts = facts_of(1, large);
  std::optional<fill_permit> kept;
  {
    auto permit = blocks.claim(facts, {0, cell_size}, new_flight());
    kept.emplace(std::move(permit));
  }
  EXPECT_EQ(blocks.in_flight(), cell_size);
  write_span(*kept, 1, {0, cell_size});
  EXPECT_EQ(held_and_right(blocks, facts, 0), cell_size);
  kept->release();
  EXPECT_TRUE(kept->empty());
  kept->release();
  kept.reset();
  EXPECT_EQ(blocks.in_flight(), 0U);
  EXPECT_EQ(held_and_right(blocks, facts, 0), cell_size);
}

}  // namespace
}  // namespace s3proxy::store
