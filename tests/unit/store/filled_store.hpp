#pragma once

#include "s3proxy/cache/cells.hpp"
#include "s3proxy/cache/object.hpp"
#include "s3proxy/store/block_store.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace s3proxy::store::filled_store {

using base::byte_count;
using base::byte_span;
using cache::block_size;
using cache::cell_size;

inline cache::object_facts facts_of(std::uint64_t generation, byte_count size) {
  cache::object_facts out;
  out.id = {base::etag("\"a\""), size, base::version_id("")};
  out.generation = generation;
  return out;
}

/// The byte of a version at an offset: every version and every place has its own.
inline char byte_at(std::uint64_t generation, byte_count at) {
  auto mixed = (generation * 0x9e3779b97f4a7c15ULL) ^ (at * 0xd6e8feb86659fd93ULL);
  mixed ^= mixed >> 29;
  return static_cast<char>(mixed * 0xbf58476d1ce4e5b9ULL >> 56);
}

inline std::string bytes_of(std::uint64_t generation, byte_span span) {
  std::string out(static_cast<std::size_t>(span.size()), '\0');
  for (auto at = span.begin; at < span.end; ++at) {
    out[static_cast<std::size_t>(at - span.begin)] = byte_at(generation, at);
  }
  return out;
}

/// Writes `span` of the version in pieces of `piece` bytes, as a socket brings them.
inline void write_span(fill_permit& permit, std::uint64_t generation, byte_span span,
                       byte_count piece = 100'000) {
  for (auto at = span.begin; at < span.end; at += piece) {
    permit.write(at, bytes_of(generation, {at, std::min(at + piece, span.end)}));
  }
}

/// Claims and fills what is missing of `span`.
inline void fill(block_store& blocks, cache::object_facts const& facts, byte_span span) {
  auto permit = blocks.claim(facts, span, std::make_shared<flight>());
  if (!permit.empty()) {
    write_span(permit, facts.generation, permit.span());
  }
}

/// The length held from `at` on; the bytes are compared with the version's own. Nothing when they differ.
inline std::optional<byte_count> held_and_right(block_store& blocks, cache::object_facts const& facts,
                                                byte_count at,
                                                block_store::use kind = block_store::use::peeks) {
  auto const found = blocks.find(facts, {at, facts.id.size}, kind);
  auto const is_right = found.bytes == bytes_of(facts.generation, {at, at + found.bytes.size()});
  return is_right ? std::optional<byte_count>(found.bytes.size()) : std::nullopt;
}

}  // namespace s3proxy::store::filled_store
