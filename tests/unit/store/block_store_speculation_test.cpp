#include "s3proxy/store/block_store.hpp"

#include "filled_store.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace s3proxy::store {
namespace {

using namespace filled_store;
using use = block_store::use;

// A store of few blocks has one shard, so that the order in which they go is known.
constexpr byte_count small_store = 24 * block_size;
constexpr byte_count places = 3;  ///< on probation, in a store of that size

cache::object_facts const table = facts_of(1, 1000 * block_size);
cache::object_facts const other = facts_of(2, 1000 * block_size);

constexpr byte_span cells(byte_count block, unsigned first, unsigned last) {
  return {block * block_size + first * cell_size, block * block_size + last * cell_size};
}
constexpr byte_span blocks_from(byte_count first, byte_count end) {
  return {first * block_size, end * block_size};
}

std::optional<fill_permit> guess(block_store& blocks, byte_span span,
                                 cache::object_facts const& facts = table) {
  return blocks.claim(facts, span, std::make_shared<flight>(), purpose::speculation);
}
/// Claims and fills what may be had of `span`; gives its length.
byte_count land(block_store& blocks, byte_span span, cache::object_facts const& facts = table) {
  auto permit = guess(blocks, span, facts);
  if (!permit->empty()) {
    write_span(*permit, facts.generation, permit->span());
  }
  return permit->span().size();
}
byte_count read(block_store& blocks, byte_span span, scan_tag reader = scan_tag::none) {
  return blocks.find(table, span, use::counts, reader).guessed;
}
/// Fills one cell of each of so many blocks of another object, and reads it.
void demand_blocks(block_store& blocks, byte_count first, byte_count end) {
  for (auto number = first; number < end; ++number) {
    fill(blocks, other, cells(number, 0, 1));
    blocks.find(other, cells(number, 0, 1));
  }
}

TEST(block_store_speculation, a_speculative_block_is_evicted_before_any_other) {
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

TEST(block_store_speculation, speculation_never_evicts_what_demand_brought) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 24);
  EXPECT_EQ(land(blocks, blocks_from(0, 2)), 0U) << "the memory is all demand's";
  EXPECT_EQ(blocks.block_count(), 24U);
  for (byte_count number = 0; number < 24; ++number) {
    EXPECT_TRUE(blocks.holds(other, cells(number, 0, 1))) << number;
  }
  EXPECT_EQ(blocks.guesses().on_probation, 0U);
}

TEST(block_store_speculation, a_guess_takes_the_last_free_block_and_then_the_place_of_an_older_guess) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 23);
  EXPECT_EQ(land(blocks, blocks_from(0, 1)), block_size);
  EXPECT_EQ(land(blocks, blocks_from(1, 2)), block_size);
  EXPECT_FALSE(blocks.holds(table, blocks_from(0, 1)));
  EXPECT_TRUE(blocks.holds(table, blocks_from(1, 2)));
  EXPECT_EQ(blocks.block_count(), 24U);
}

TEST(block_store_speculation, guesses_in_a_block_of_demands_need_no_room) {
  block_store blocks(small_store);
  demand_blocks(blocks, 0, 24);
  EXPECT_EQ(land(blocks, cells(3, 0, 4), other), 3 * cell_size) << "what is held is not claimed";
  EXPECT_EQ(blocks.guesses().on_probation, 0U);
  EXPECT_EQ(blocks.find(other, cells(3, 0, 4)).guessed, 3 * cell_size);
}

TEST(block_store_speculation, probation_is_at_most_an_eighth) {
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

TEST(block_store_speculation, the_eighth_is_shared_by_all_shards) {
  block_store blocks(512 * block_size);
  EXPECT_EQ(land(blocks, blocks_from(0, 64)), 64 * block_size) << "no shard has a bound of its own";
  EXPECT_EQ(land(blocks, blocks_from(100, 110)), 10 * block_size);
  EXPECT_EQ(blocks.guesses().on_probation, 64 * block_size);
  for (byte_count number = 0; number < 64; ++number) {
    EXPECT_EQ(blocks.holds(table, blocks_from(number, number + 1)), number >= 10) << "the oldest went";
  }
}

TEST(block_store_speculation, a_store_of_less_than_eight_blocks_takes_no_guesses) {
  block_store blocks(7 * block_size);
  EXPECT_EQ(land(blocks, blocks_from(0, 1)), 0U);
  EXPECT_EQ(blocks.block_count(), 0U);
}

TEST(block_store_speculation, a_permit_is_shorter_or_empty_when_no_guess_may_go) {
  block_store blocks(small_store);
  auto const first = guess(blocks, blocks_from(0, 2));
  EXPECT_EQ(guess(blocks, blocks_from(10, 12))->span(), blocks_from(10, 11)) << "one place was left";
  auto const second = guess(blocks, blocks_from(10, 11));
  EXPECT_TRUE(guess(blocks, blocks_from(20, 21))->empty()) << "all are coming";
  EXPECT_EQ(blocks.in_flight(purpose::speculation), 3 * block_size);
}

TEST(block_store_speculation, a_guess_that_is_being_read_does_not_go) {
  block_store blocks(small_store);
  land(blocks, blocks_from(0, 3));
  auto const peeked = blocks.find(table, cells(0, 0, 1), use::peeks);
  land(blocks, blocks_from(10, 13));
  EXPECT_TRUE(blocks.holds(table, blocks_from(0, 1)));
  EXPECT_EQ(peeked.bytes, bytes_of(1, cells(0, 0, 1)));
  EXPECT_EQ(blocks.guesses().on_probation, places * block_size);
}

TEST(block_store_speculation, speculation_claims_only_what_nobody_brings) {
  block_store blocks(small_store);
  fill(blocks, table, cells(0, 2, 3));
  auto const coming = blocks.claim(table, cells(0, 4, 5), std::make_shared<flight>());
  auto const permit = guess(blocks, cells(0, 2, 8));
  EXPECT_EQ(permit->span(), cells(0, 3, 8));
  EXPECT_EQ(blocks.in_flight(purpose::speculation), 4 * cell_size);
  EXPECT_TRUE(guess(blocks, cells(0, 2, 8))->empty());
}

TEST(block_store_speculation, the_first_demand_read_is_birth_not_reuse) {
  for (auto const reads : {1, 2}) {
    block_store blocks(small_store);
    land(blocks, blocks_from(0, 1));
    for (int i = 0; i < reads; ++i) {
      read(blocks, cells(0, 0, 1));
    }
    EXPECT_EQ(blocks.guesses().on_probation, 0U);
    demand_blocks(blocks, 0, 60);
    EXPECT_EQ(blocks.holds(table, cells(0, 0, 1)), reads == 2) << "only a second read is reuse";
  }
}

TEST(block_store_speculation, what_was_read_once_is_no_guess_any_more) {
  block_store blocks(small_store);
  land(blocks, blocks_from(0, 1));
  read(blocks, cells(0, 5, 6));
  demand_blocks(blocks, 0, 20);
  EXPECT_EQ(land(blocks, blocks_from(10, 13)), places * block_size);
  EXPECT_EQ(land(blocks, blocks_from(20, 30)), places * block_size);
  EXPECT_TRUE(blocks.holds(table, blocks_from(0, 1)));
}

TEST(block_store_speculation, a_demand_claim_of_other_cells_takes_a_block_off_probation) {
  block_store blocks(small_store);
  land(blocks, cells(0, 0, 4));
  fill(blocks, table, cells(0, 0, 4));
  EXPECT_EQ(blocks.guesses().on_probation, block_size) << "nothing was missing, nothing was claimed";
  fill(blocks, table, cells(0, 3, 5));
  EXPECT_EQ(blocks.guesses().on_probation, 0U);
  EXPECT_EQ(read(blocks, cells(0, 0, 8)), 4 * cell_size) << "its cells are guesses until they are read";
}

TEST(block_store_speculation, a_peek_leaves_no_mark) {
  block_store blocks(small_store);
  land(blocks, blocks_from(0, 1));
  EXPECT_EQ(blocks.find(table, cells(0, 0, 4), use::peeks).guessed, 0U);
  EXPECT_EQ(blocks.guesses().on_probation, block_size);
  EXPECT_EQ(blocks.guesses().used, 0U);
  EXPECT_EQ(read(blocks, cells(0, 0, 4)), 4 * cell_size);
}

TEST(block_store_speculation, guessed_bytes_are_counted_once) {
  block_store blocks(small_store);
  land(blocks, cells(0, 0, 8));
  EXPECT_EQ(blocks.guesses().landed, 8 * cell_size);
  auto const found = blocks.find(table, {5, 2 * cell_size + 1});
  EXPECT_EQ(found.bytes.size(), 2 * cell_size - 4) << "no more than is wanted";
  EXPECT_EQ(found.guessed, 3 * cell_size) << "cells that were touched, whole";
  EXPECT_EQ(read(blocks, cells(0, 0, 3)), 0U);
  EXPECT_EQ(read(blocks, cells(0, 2, 4)), cell_size);
  EXPECT_EQ(blocks.guesses().used, 4 * cell_size);
  fill(blocks, table, cells(0, 8, 9));
  EXPECT_EQ(read(blocks, cells(0, 8, 9)), 0U) << "demand brought it";
  EXPECT_EQ(read(blocks, cells(0, 4, 16)), 4 * cell_size);
  EXPECT_EQ(blocks.guesses().used, 8 * cell_size);
}

TEST(block_store_speculation, a_short_last_cell_counts_its_own_bytes) {
  for (byte_count const size : {byte_count{1}, cell_size - 1, cell_size, block_size, block_size + 7}) {
    block_store blocks(small_store);
    auto const facts = facts_of(3, size);
    land(blocks, {0, size}, facts);
    EXPECT_EQ(blocks.guesses().landed, size);
    auto const last = blocks.find(facts, {base::round_down(size - 1, block_size), size});
    EXPECT_EQ(last.guessed, last.bytes.size()) << size;
  }
}

TEST(block_store_speculation, lost_bytes_are_counted_at_eviction) {
  block_store blocks(small_store);
  land(blocks, cells(0, 0, 8));
  land(blocks, cells(1, 0, 8));
  read(blocks, cells(0, 0, 3));
  EXPECT_EQ(blocks.guesses().lost, 0U);
  land(blocks, blocks_from(10, 13));
  EXPECT_EQ(blocks.guesses().lost, 8 * cell_size) << "the block that nobody read";
  demand_blocks(blocks, 0, 60);
  EXPECT_FALSE(blocks.holds(table, cells(0, 0, 1)));
  auto const told = blocks.guesses();
  EXPECT_EQ(told.lost, 8 * cell_size + places * block_size + 5 * cell_size) << "and what was left of others";
  EXPECT_EQ(told.landed, told.used + told.lost);
  EXPECT_EQ(told.on_probation, 0U);
}

TEST(block_store_speculation, a_guess_that_never_came_is_neither_landed_nor_lost) {
  block_store blocks(small_store);
  {
    auto permit = guess(blocks, blocks_from(0, 2));
    write_span(*permit, 1, {0, cell_size + 5});
    EXPECT_EQ(blocks.in_flight(purpose::speculation), 2 * block_size - cell_size);
  }
  auto const told = blocks.guesses();
  EXPECT_EQ(told.landed, cell_size);
  EXPECT_EQ(told.lost, 0U);
  EXPECT_EQ(told.on_probation, block_size) << "the empty block left no trace";
  EXPECT_EQ(blocks.in_flight(purpose::speculation), 0U);
  EXPECT_EQ(blocks.block_count(), 1U);
}

TEST(block_store_speculation, each_purpose_has_its_own_bytes_in_flight) {
  block_store blocks(small_store);
  auto demanded = blocks.claim(table, blocks_from(10, 12), std::make_shared<flight>());
  auto guessed = guess(blocks, blocks_from(0, 1));
  EXPECT_EQ(blocks.in_flight(purpose::demand), 2 * block_size);
  EXPECT_EQ(blocks.in_flight(purpose::speculation), block_size);
  EXPECT_EQ(blocks.in_flight(), 3 * block_size);
  write_span(*guessed, 1, cells(0, 0, 1));
  EXPECT_EQ(blocks.in_flight(purpose::demand), 2 * block_size);
  EXPECT_EQ(blocks.in_flight(purpose::speculation), block_size - cell_size);
  demanded.release();
  guessed.reset();
  EXPECT_EQ(blocks.in_flight(), 0U);
}

TEST(block_store_speculation, a_span_is_held_when_each_of_its_cells_is_valid_or_coming) {
  block_store blocks(small_store);
  fill(blocks, table, cells(0, 0, 16));
  auto const coming = guess(blocks, cells(1, 0, 2));
  EXPECT_TRUE(blocks.holds(table, {5, block_size + 2 * cell_size}));
  EXPECT_FALSE(blocks.holds(table, {5, block_size + 2 * cell_size + 1}));
  EXPECT_FALSE(blocks.holds(other, cells(0, 0, 1)));
  EXPECT_TRUE(blocks.holds(facts_of(9, 100), {100, 200})) << "nothing of it is missing";
}

TEST(block_store_speculation, the_reads_of_one_scan_count_once) {
  struct {
    char const* why;
    std::array<scan_tag, 3> readers;
    bool stays;
  } const table_of_reads[] = {
      {"one scan", {scan_tag{7}, scan_tag{7}, scan_tag{7}}, false},
      {"two scans", {scan_tag{7}, scan_tag{7}, scan_tag{8}}, true},
      {"reads of no scan", {scan_tag::none, scan_tag::none, scan_tag::none}, true},
      {"a read of no scan after a scan's", {scan_tag{7}, scan_tag{7}, scan_tag::none}, true},
  };
  for (auto const& row : table_of_reads) {
    block_store blocks(small_store);
    fill(blocks, table, blocks_from(0, 1));
    for (auto const reader : row.readers) {
      read(blocks, cells(0, 0, 1), reader);
    }
    demand_blocks(blocks, 0, 60);
    EXPECT_EQ(blocks.holds(table, cells(0, 0, 1)), row.stays) << row.why;
  }
}

/// One thread's life: it guesses, gives up half-way, claims and reads. Gives how many bytes of guesses it was
/// told to have touched first; `wrong` counts bytes that are not the version's.
byte_count live(block_store& blocks, unsigned seed, std::atomic<std::size_t>& wrong) {
  std::mt19937 random(seed);
  byte_count proven = 0;
  for (int i = 0; i < 300; ++i) {
    auto const facts = facts_of(1 + random() % 3, 30 * block_size + 100);
    auto const begin = random() % facts.id.size;
    byte_span const span{begin, std::min<byte_count>(begin + 1 + random() % block_size, facts.id.size)};
    auto const why = random() % 3 == 0 ? purpose::demand : purpose::speculation;
    auto permit = blocks.claim(facts, span, std::make_shared<flight>(), why);
    if (!permit.empty()) {
      auto const claimed = permit.span();
      auto const end = random() % 3 == 0 ? claimed.begin + claimed.size() / 2 : claimed.end;
      write_span(permit, facts.generation, {claimed.begin, end}, 50'000);
    }
    auto const kind = random() % 2 == 0 ? use::counts : use::peeks;
    auto const found = blocks.find(facts, span, kind, scan_tag{seed});
    wrong += found.bytes != bytes_of(facts.generation, {begin, begin + found.bytes.size()});
    wrong += blocks.guesses().on_probation > blocks.budget() / 8;
    proven += found.guessed;
  }
  return proven;
}

TEST(block_store_threads, guesses_are_used_or_lost_once_whatever_is_evicted_meanwhile) {
  block_store blocks(64 * block_size);  // two shards, less than the data
  std::atomic<std::size_t> wrong{0};
  std::atomic<byte_count> proven{0};
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i <= 4; ++i) {
      threads.emplace_back([&, i] { proven += live(blocks, i, wrong); });
    }
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(blocks.in_flight(), 0U);
  EXPECT_EQ(blocks.guesses().used, proven);
  EXPECT_GT(proven, 0U);
  // What is left is read or pushed out: then each byte that landed was used or lost.
  auto const pushing = facts_of(9, 600 * block_size);
  for (byte_count number = 0; number < 600; ++number) {
    fill(blocks, pushing, cells(number, 0, 1));
  }
  auto const told = blocks.guesses();
  EXPECT_EQ(told.landed, told.used + told.lost);
  EXPECT_EQ(told.on_probation, 0U);
}

}  // namespace
}  // namespace s3proxy::store
