#pragma once

#include "filled_store.hpp"

#include <memory>
#include <optional>

namespace s3proxy::store::guessed_store {

using namespace filled_store;
using use = block_store::use;

// A store of few blocks has one shard, so that the order in which they go is known.
inline constexpr byte_count small_store = 24 * block_size;
inline constexpr byte_count places = 3;  ///< on probation, in a store of that size

inline cache::object_facts const table = facts_of(1, 1000 * block_size);
inline cache::object_facts const other = facts_of(2, 1000 * block_size);

constexpr byte_span cells(byte_count block, unsigned first, unsigned last) {
  return {block * block_size + first * cell_size, block * block_size + last * cell_size};
}
constexpr byte_span blocks_from(byte_count first, byte_count end) {
  return {first * block_size, end * block_size};
}

inline std::optional<fill_permit> guess(block_store& blocks, byte_span span,
                                        cache::object_facts const& facts = table) {
  return blocks.claim(facts, span, std::make_shared<flight>(), purpose::speculation);
}
/// Claims and fills what may be had of `span`; gives its length.
inline byte_count land(block_store& blocks, byte_span span, cache::object_facts const& facts = table) {
  auto permit = guess(blocks, span, facts);
  if (!permit->empty()) {
    write_span(*permit, facts.generation, permit->span());
  }
  return permit->span().size();
}
inline byte_count read(block_store& blocks, byte_span span, scan_tag reader = scan_tag::none) {
  return blocks.find(table, span, use::counts, reader).guessed;
}
/// Fills one cell of each of so many blocks of another object, and reads it.
inline void demand_blocks(block_store& blocks, byte_count first, byte_count end) {
  for (auto number = first; number < end; ++number) {
    fill(blocks, other, cells(number, 0, 1));
    blocks.find(other, cells(number, 0, 1));
  }
}

}  // namespace s3proxy::store::guessed_store
