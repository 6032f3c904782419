#include "s3proxy/store/block_store.hpp"

#include "guessed_store.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace s3proxy::store {
namespace {

using namespace guessed_store;

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

constexpr byte_count object_size = 120 * block_size + 100;

/// One thread's life: it guesses, gives up half-way, claims and reads. Gives how many bytes of guesses it was
/// told to have touched first; `wrong` counts bytes that are not the version's.
byte_count live(block_store& blocks, unsigned seed, std::atomic<std::size_t>& wrong) {
  std::mt19937 random(seed);
  byte_count proven = 0;
  for (int i = 0; i < 300; ++i) {
    auto const facts = facts_of(1 + random() % 3, object_size);
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
  block_store blocks(256 * block_size);  // two shards, less than the data
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
  for (std::uint64_t generation = 1; generation <= 3; ++generation) {
    auto const facts = facts_of(generation, object_size);
    for (byte_count at = 0; at < facts.id.size; at += cell_size) {
      blocks.find(facts, {at, at + 1});
    }
  }
  auto const told = blocks.guesses();
  EXPECT_EQ(told.landed, told.used + told.lost) << "nothing is left that was not read";
  EXPECT_GT(told.lost, 0U);
  EXPECT_EQ(told.on_probation, 0U);
}

}  // namespace
}  // namespace s3proxy::store
