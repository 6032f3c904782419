#pragma once

#include "s3proxy/cache/cells.hpp"
#include "s3proxy/cache/s3_fifo.hpp"
#include "s3proxy/store/block_store.hpp"
#include "s3proxy/store/flight.hpp"
#include "s3proxy/store/slab_supply.hpp"

#include <algorithm>
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
  constexpr std::size_t operator()(block_key key) const {
    auto mixed = key.generation * 0x9e3779b97f4a7c15ULL + key.number;
    mixed ^= mixed >> 32;
    mixed *= 0xd6e8feb86659fd93ULL;
    return mixed ^ (mixed >> 32);
  }
};

// Few shards of many blocks: each evicts for itself, and a read that lacks one of its blocks is no hit.
constexpr std::size_t most_shards = 16;
constexpr std::size_t blocks_per_shard_at_least = 128;  // 32 MiB
constexpr std::uint64_t neighbours = 8;                 // 2 MiB: what comes together goes together

constexpr std::size_t shards_for(std::size_t blocks) {
  return std::clamp<std::size_t>(blocks / blocks_per_shard_at_least, 1, most_shards);
}
/// Which of `count` shards has the block.
constexpr std::size_t place_of(block_key key, std::size_t count) {
  return block_key_hash{}({key.generation, key.number / neighbours}) % count;
}

/// What a new block is like.
struct block_shape {
  base::byte_count length;           // what the object has of it
  cache::eviction_node::kind share;  // whose memory it takes
};
block_shape shape_of(cache::object_facts const& facts, std::uint64_t number);

constexpr cache::cell_mask without(cache::cell_mask from, cache::cell_mask cells) {
  return static_cast<cache::cell_mask>(from & ~cells);
}

/// One block. `valid` and `coming` are guarded by the shard's lock; bytes of valid cells never change, bytes
/// of coming cells belong to their permit. A cell is in `valid`, in one mask of `coming`, or in neither.
struct block : cache::eviction_node {
  block_key key{};
  char* bytes = nullptr;
  base::byte_count length = 0;    // what the object has of it
  bool borrowed = false;          // from the heap, not from the region
  std::atomic<bool> lent{false};  // its memory, to the kernel: somebody may have to be sent it still
  bool on_probation = false;      // its node is there, or was when it was evicted
  cache::cell_mask valid = 0;
  cache::cell_mask guessed = 0;  // of the valid: brought by speculation and not read yet
  scan_tag reader = scan_tag::none;
  std::uint64_t guess_number = 0;  // the order in which blocks came on probation, over all shards
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
  /// The object's bytes in `cells`: the last one may be short.
  base::byte_count bytes_in(cache::cell_mask cells) const;
};

constexpr base::byte_count probation_part = 8;  // wrong guesses cost demand at most an eighth of its memory

/// What all shards know of guesses together.
struct guess_account {
  explicit guess_account(base::byte_count most) : most_on_probation(most) {}

  /// Takes a block's place on probation, unless all are taken.
  bool enter();
  void leave() { on_probation -= cache::block_size; }

  base::byte_count const most_on_probation;
  std::atomic<base::byte_count> on_probation{0};
  std::atomic<base::byte_count> landed{0};
  std::atomic<base::byte_count> used{0};
  std::atomic<base::byte_count> lost{0};
  std::atomic<std::uint64_t> numbers{0};
};

/// A share of the blocks with its own lock, memory and eviction order. Everything but `in_flight` and
/// `room_wanted` is used under the lock.
struct block_shard {
  block_shard(std::size_t capacity, slab_supply& from, guess_account& account)
      : order(capacity), slabs(from), guesses(account) {}
  ~block_shard();

  block* look_up(block_key key) const;
  /// The block of `key`, made if need be: takes free memory, evicts for it, or borrows.
  block& obtain(block_key key, block_shape shape);
  /// The same for speculation, which may evict only its own: none when there is no room for it.
  block* obtain_for_guess(block_key key, block_shape shape);
  bool is_full() const { return order.charge() + cache::block_size > order.capacity(); }
  /// Demand wants the block: it is no mere guess any more.
  void admit(block& held);
  /// Demand gives up blocks of its own until guesses have room for their part of this shard.
  void leave_room();
  /// Counts a demand read of valid cells. Gives the bytes of those that were a guess until now.
  base::byte_count count_read(block& held, cache::cell_mask cells, scan_tag reader);
  /// Counts cells that became valid.
  void count_landed(block& held, cache::cell_mask cells, purpose why);
  /// Memory for one block: a free one of its slabs, or of a new one. None when all are taken.
  char* take_memory();
  block* oldest_guess() const;
  void drop(block& victim);
  void let_go(block& victim);

  std::atomic<base::byte_count>& in_flight(purpose why) {
    return why == purpose::demand ? demanded_in_flight : guessed_in_flight;
  }

  std::mutex mutex;
  std::unordered_map<block_key, std::unique_ptr<block>, block_key_hash> blocks;
  cache::s3_fifo order;
  slab_supply& slabs;
  base::byte_count supplied = 0;  // of slabs; at most the capacity
  std::vector<char*> free;
  guess_account& guesses;
  std::atomic<bool> room_wanted{false};  // guesses found none; cleared when demand left some
  std::atomic<base::byte_count> demanded_in_flight{0};
  std::atomic<base::byte_count> guessed_in_flight{0};
};

}  // namespace s3proxy::store
