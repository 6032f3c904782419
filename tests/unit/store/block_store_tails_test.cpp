#include "s3proxy/store/block_store.hpp"

#include "filled_store.hpp"

#include <gtest/gtest.h>

namespace s3proxy::store {
namespace {

using namespace filled_store;

constexpr byte_count budget = 120 * block_size;  // of one shard: six blocks are the tails'

cache::object_facts columnar(std::uint64_t generation, byte_count size) {
  auto out = facts_of(generation, size);
  out.form = cache::object_form::columnar;
  return out;
}

void read_whole(block_store& blocks, cache::object_facts const& facts, byte_span span) {
  for (auto at = span.begin; at < span.end; at += block_size) {
    fill(blocks, facts, {at, std::min(at + cell_size, span.end)});
    blocks.find(facts, {at, at + 1});
  }
}

/// The last two blocks of three files.
void read_tails(block_store& blocks) {
  for (std::uint64_t file = 1; file <= 3; ++file) {
    read_whole(blocks, columnar(file, 100 * block_size), {98 * block_size, 100 * block_size});
  }
}
byte_count held_tails(block_store& blocks, cache::object_form form) {
  byte_count held = 0;
  for (std::uint64_t file = 1; file <= 3; ++file) {
    auto facts = columnar(file, 100 * block_size);
    facts.form = form;
    for (byte_count number = 98; number < 100; ++number) {
      held += blocks.find(facts, {number * block_size, facts.id.size}).bytes.empty() ? 0U : 1U;
    }
  }
  return held;
}

TEST(block_store_tails, a_scan_of_ten_times_the_budget_leaves_the_tails_of_columnar_files) {
  block_store blocks(budget);
  read_tails(blocks);
  read_whole(blocks, columnar(9, 5000 * block_size), {0, 10 * budget});
  EXPECT_EQ(held_tails(blocks, cache::object_form::columnar), 6U);
}

TEST(block_store_tails, the_end_of_another_file_is_data) {
  block_store blocks(budget);
  for (std::uint64_t file = 1; file <= 3; ++file) {
    read_whole(blocks, facts_of(file, 100 * block_size), {98 * block_size, 100 * block_size});
  }
  read_whole(blocks, columnar(9, 5000 * block_size), {0, 10 * budget});
  EXPECT_EQ(held_tails(blocks, cache::object_form::other), 0U);
}

TEST(block_store_tails, tails_keep_no_more_than_their_share_from_data) {
  block_store blocks(budget);
  for (std::uint64_t file = 1; file <= 120; ++file) {
    read_whole(blocks, columnar(file, 100 * block_size), {99 * block_size, 100 * block_size});
  }
  EXPECT_EQ(blocks.block_count(), 120U) << "nobody else wanted the memory";
  auto const data = facts_of(500, 5000 * block_size);
  read_whole(blocks, data, {0, budget});
  byte_count held = 0;
  for (byte_count number = 0; number < 120; ++number) {
    held += blocks.find(data, {number * block_size, data.id.size}).bytes.empty() ? 0U : 1U;
  }
  EXPECT_EQ(held, 114U);
}

}  // namespace
}  // namespace s3proxy::store
