#pragma once

#include "s3proxy/base/units.hpp"

#include "trace.hpp"

#include <cstddef>
#include <cstdint>

namespace s3proxy::hitratio {

/// What a cache did with a trace, from its warm-up on.
struct outcome {
  std::size_t requests = 0;
  std::size_t hits = 0;  ///< requests that found all they needed
  base::byte_count bytes = 0;
  base::byte_count hit_bytes = 0;  ///< of cells that were held, also of requests that found only some

  double request_ratio() const { return static_cast<double>(hits) / static_cast<double>(requests); }
  double byte_ratio() const { return static_cast<double>(hit_bytes) / static_cast<double>(bytes); }
};

/// Parts of a cache that evict each for itself, and how many blocks in a row are in the same one.
struct shards {
  std::size_t count;
  std::uint64_t neighbours;
};
/// As the store divides itself (src/store/block_store.cpp).
shards shards_of_store(std::size_t blocks);

/// Requests that fill the caches before any is counted.
constexpr std::size_t warm_up(std::size_t requests) {
  return requests / 4;
}

// Each plays the whole trace through an empty cache of `blocks` blocks, whose cells come as they are asked
// for.
outcome play_lru(block_trace const& asked, std::size_t blocks);
/// The policy of the store itself, which counts the reads of one scan once.
outcome play_s3_fifo(block_trace const& asked, std::size_t blocks, shards into);
/// Belady's: what is needed last goes first, be it what has just come. The optimum for blocks read whole.
outcome play_belady(block_trace const& asked, std::size_t blocks);

}  // namespace s3proxy::hitratio
