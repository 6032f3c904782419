#pragma once

#include "s3proxy/cache/cells.hpp"
#include "s3proxy/cache/s3_fifo.hpp"
#include "s3proxy/store/flight.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace s3proxy::store {

struct block_key {
  std::uint64_t generation;
  std::uint64_t number;
  friend bool operator==(block_key, block_key) = default;
};

struct block_key_hash {
  std::size_t operator()(block_key key) const {
    auto mixed = key.generation * 0x9e3779b97f4a7c15ULL + key.number;
    mixed ^= mixed >> 32;
    mixed *= 0xd6e8feb86659fd93ULL;
    return mixed ^ (mixed >> 32);
  }
};

/// One block. `valid` and `coming` are guarded by the shard's lock; bytes of valid cells never change, bytes
/// of coming cells belong to their permit. A cell is in `valid`, in one mask of `coming`, or in neither.
struct block : cache::eviction_node {
  block_key key{};
  char* bytes = nullptr;
  bool borrowed = false;  // from the heap, not from the region
  cache::cell_mask valid = 0;
  std::vector<std::pair<cache::cell_mask, std::shared_ptr<flight>>> coming;
  // Raised under the shard's lock only, so that zero under the lock means nobody holds it; lowered without.
  std::atomic<unsigned> pins{0};

  cache::cell_mask coming_cells() const {
    cache::cell_mask all = 0;
    for (auto const& [cells, owner] : coming) {
      all = static_cast<cache::cell_mask>(all | cells);
    }
    return all;
  }
};

/// A share of the blocks with its own lock, memory and eviction order.
struct block_shard {
  explicit block_shard(std::size_t capacity) : order(capacity) {}
  ~block_shard();

  /// The block of `key`, made if need be: takes free memory, evicts for it, or borrows. Under the lock.
  block& obtain(block_key key);
  void drop(block& victim);

  std::mutex mutex;
  std::unordered_map<block_key, std::unique_ptr<block>, block_key_hash> blocks;
  cache::s3_fifo order;
  std::vector<char*> free;
  std::atomic<base::byte_count> in_flight{0};
};

}  // namespace s3proxy::store
