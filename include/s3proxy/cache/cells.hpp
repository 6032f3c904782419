#pragma once

#include "s3proxy/base/units.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace s3proxy::cache {

// Bytes are kept in blocks of 256 KiB, aligned, each valid by cells of 16 KiB (docs/decisions/0008):
// exact-range keys have no reuse, and whole blocks would pull twice the bytes that engines ask for.
inline constexpr base::byte_count cell_size = 16 * 1024;
inline constexpr base::byte_count block_size = 256 * 1024;
inline constexpr unsigned cells_in_block = block_size / cell_size;

/// One bit a cell of a block; the lowest is the first cell.
using cell_mask = std::uint16_t;
static_assert(sizeof(cell_mask) * 8 == cells_in_block);

/// The number of the block that holds byte `at`.
constexpr std::uint64_t block_of(base::byte_count at) {
  return at / block_size;
}
constexpr base::byte_span block_span(std::uint64_t number) {
  return {number * block_size, (number + 1) * block_size};
}
/// The bit of the cell that holds byte `at`, within its block.
constexpr cell_mask cell_bit(base::byte_count at) {
  return static_cast<cell_mask>(1U << (at % block_size / cell_size));
}

/// The cells of block `number` that `span` touches.
constexpr cell_mask cells_touched(std::uint64_t number, base::byte_span span) {
  auto const inside = base::intersect(block_span(number), span);
  if (inside.empty()) {
    return 0;
  }
  auto const first = inside.begin % block_size / cell_size;
  auto const last = (inside.end - 1) % block_size / cell_size;
  auto const up_to_last = (2U << last) - 1;
  auto const below_first = (1U << first) - 1;
  return static_cast<cell_mask>(up_to_last & ~below_first);
}

/// `span` widened to whole cells, but not beyond the object.
constexpr base::byte_span align_to_cells(base::byte_span span, base::byte_count object_size) {
  return {base::round_down(span.begin, cell_size),
          std::min(base::round_up(span.end, cell_size), object_size)};
}

/// How many bytes from `at` on are held without a gap within its block, given the block's valid cells; none
/// beyond the object.
constexpr base::byte_count held_from(base::byte_count at, cell_mask valid, base::byte_count object_size) {
  auto const cell = at % block_size / cell_size;
  auto const run = static_cast<unsigned>(std::countr_one(static_cast<unsigned>(valid) >> cell));
  if (run == 0 || at >= object_size) {
    return 0;
  }
  auto const end = base::round_down(at, cell_size) + run * cell_size;
  return std::min(end, object_size) - at;
}

}  // namespace s3proxy::cache
