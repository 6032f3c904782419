#include "s3proxy/cache/cells.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace s3proxy::cache {
namespace {

using base::byte_count;
using base::byte_span;

/// Every edge of a cell in three blocks, and the bytes beside it.
std::vector<byte_count> edges() {
  std::vector<byte_count> out;
  for (byte_count cell = 0; cell <= 3 * cells_in_block; ++cell) {
    auto const at = cell * cell_size;
    if (at > 0) {
      out.push_back(at - 1);
    }
    out.push_back(at);
    out.push_back(at + 1);
  }
  return out;
}

byte_span cell_of(std::uint64_t block, unsigned cell) {
  auto const begin = block * block_size + cell * cell_size;
  return {begin, begin + cell_size};
}

/// The mask of those cells of `block` of which `holds` is true.
template <class Predicate>
cell_mask mask_of(std::uint64_t block, Predicate const& holds) {
  cell_mask out = 0;
  for (unsigned cell = 0; cell < cells_in_block; ++cell) {
    if (holds(cell_of(block, cell))) {
      out = static_cast<cell_mask>(out | 1U << cell);
    }
  }
  return out;
}

TEST(cells, a_byte_has_one_block_and_one_cell) {
  struct {
    byte_count at;
    std::uint64_t block;
    unsigned cell;
  } const table[] = {{0, 0, 0},          {cell_size - 1, 0, 0},
                     {cell_size, 0, 1},  {block_size - 1, 0, 15},
                     {block_size, 1, 0}, {7 * block_size + 3 * cell_size + 5, 7, 3}};
  for (auto const& row : table) {
    EXPECT_EQ(block_of(row.at), row.block);
    EXPECT_EQ(cell_bit(row.at), 1U << row.cell);
    EXPECT_TRUE(block_span(row.block).contains(row.at));
    EXPECT_EQ(block_span(row.block).size(), block_size);
  }
}

TEST(cells, a_span_touches_the_cells_that_it_shares_a_byte_with) {
  auto const points = edges();
  for (auto const begin : points) {
    for (auto const end : points) {
      byte_span const span{begin, end};
      for (std::uint64_t block = 0; block < 4; ++block) {
        auto const expected =
            mask_of(block, [&](byte_span cell) { return !span.empty() && !intersect(cell, span).empty(); });
        ASSERT_EQ(cells_touched(block, span), expected) << begin << "-" << end << " in " << block;
      }
    }
  }
}

TEST(cells, a_widened_span_has_whole_cells_and_stays_within_the_object) {
  byte_count const size = block_size + 100;
  struct {
    byte_span asked, widened;
  } const table[] = {
      {{0, 1}, {0, cell_size}},
      {{cell_size - 1, cell_size + 1}, {0, 2 * cell_size}},
      {{cell_size, 2 * cell_size}, {cell_size, 2 * cell_size}},
      {{block_size - 1, block_size}, {block_size - cell_size, block_size}},
      {{block_size, size}, {block_size, size}},
      {{size - 1, size}, {block_size, size}},
      {{0, size}, {0, size}},
  };
  for (auto const& row : table) {
    EXPECT_EQ(align_to_cells(row.asked, size), row.widened) << row.asked.begin << "-" << row.asked.end;
  }
}

/// Byte by byte, cell by cell: how far one can read from `at`.
byte_count held_by_definition(byte_count at, cell_mask valid, byte_count size) {
  auto end = at;
  while (end < size && end / block_size == at / block_size && (valid & cell_bit(end)) != 0) {
    end = std::min(end - end % cell_size + cell_size, size);
  }
  return end - at;
}

TEST(cells, held_bytes_reach_to_the_first_gap_the_blocks_end_or_the_objects_end) {
  for (auto const size : {3 * block_size, 2 * block_size, block_size + 1, block_size + 5 * cell_size + 9}) {
    for (auto const at : {block_size, block_size + 1, block_size + cell_size - 1, block_size + 5 * cell_size,
                          2 * block_size - cell_size, 2 * block_size - 1}) {
      if (at >= size) {
        continue;
      }
      for (unsigned mask = 0; mask <= 0xffff; ++mask) {
        auto const valid = static_cast<cell_mask>(mask);
        ASSERT_EQ(held_from(at, valid, size), held_by_definition(at, valid, size))
            << at << " of " << size << " with " << mask;
      }
    }
  }
}

TEST(cells, nothing_is_held_beyond_the_object) {
  EXPECT_EQ(held_from(100, 0xffff, 100), 0U);
  EXPECT_EQ(held_from(200, 0xffff, 100), 0U);
}

}  // namespace
}  // namespace s3proxy::cache
