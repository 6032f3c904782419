#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/s3_fifo.hpp"

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

  void count(bool is_hit, base::byte_count wanted, base::byte_count held) {
    ++requests;
    hits += is_hit ? 1 : 0;
    bytes += wanted;
    hit_bytes += held;
  }
  double request_ratio() const { return static_cast<double>(hits) / static_cast<double>(requests); }
  double byte_ratio() const { return static_cast<double>(hit_bytes) / static_cast<double>(bytes); }
};

/// How the blocks of a cache are spread over parts that evict each for itself.
enum class spread {
  as_the_store,
  scattered,  ///< as the store did at first: no two neighbours together, parts of 32 blocks and more
  together,   ///< one part
};

/// Requests that fill the caches before any is counted.
constexpr std::size_t warm_up(std::size_t requests) {
  return requests / 4;
}

// Each plays the whole trace through an empty cache of `blocks` blocks, whose cells come as they are asked
// for.
outcome play_lru(block_trace const& asked, std::size_t blocks);
/// The policy of the store itself, which counts the reads of one scan once.
outcome play_s3_fifo(block_trace const& asked, std::size_t blocks, spread over = spread::as_the_store,
                     cache::s3_fifo_limits limits = {});
/// Belady's: what is needed last goes first, be it what has just come. The optimum for blocks read whole.
outcome play_belady(block_trace const& asked, std::size_t blocks);

}  // namespace s3proxy::hitratio
