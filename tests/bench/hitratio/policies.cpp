#include "policies.hpp"

#include "store/block_shard.hpp"

#include <algorithm>
#include <bit>
#include <deque>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace s3proxy::hitratio {
namespace {

using cache::cell_mask;

/// Plays `asked` through a cache that tells of an access (by its place) which cells it held, and holds them
/// then.
template <typename Cache>
outcome play(block_trace const& asked, Cache& through) {
  outcome out;
  for (std::size_t i = 0; i < asked.requests(); ++i) {
    auto is_hit = true;
    base::byte_count held = 0;
    base::byte_count wanted = 0;
    for (auto at = asked.first[i]; at < asked.first[i + 1]; ++at) {
      auto const cells = asked.accesses[at].cells;
      auto const found = static_cast<cell_mask>(through.use(at, asked.scans[i]) & cells);
      is_hit = is_hit && found == cells;
      held += static_cast<base::byte_count>(std::popcount(found)) * cache::cell_size;
      wanted += static_cast<base::byte_count>(std::popcount(cells)) * cache::cell_size;
    }
    if (i >= warm_up(asked.requests())) {
      out.count(is_hit, wanted, held);
    }
  }
  return out;
}

class lru_cache {
 public:
  lru_cache(block_trace const& asked, std::size_t blocks)
      : asked_(asked), capacity_(blocks), items_(asked.blocks() + 1), end_(asked.blocks()) {
    items_[end_].next = items_[end_].previous = end_;
  }

  cell_mask use(std::size_t at, std::uint32_t /*scan*/) {
    auto const [block, cells] = asked_.accesses[at];
    auto& one = items_[block];
    auto const held = one.held;
    if (held != 0) {
      unlink(block);
    } else if (count_ == capacity_) {
      auto const oldest = items_[end_].next;
      unlink(oldest);
      items_[oldest].held = 0;
    } else {
      ++count_;
    }
    one.held = static_cast<cell_mask>(held | cells);
    one.previous = items_[end_].previous;
    one.next = end_;
    items_[one.previous].next = block;
    items_[end_].previous = block;
    return held;
  }

 private:
  struct item {
    std::size_t previous = 0;
    std::size_t next = 0;
    cell_mask held = 0;
  };
  void unlink(std::size_t which) {
    items_[items_[which].previous].next = items_[which].next;
    items_[items_[which].next].previous = items_[which].previous;
  }

  block_trace const& asked_;
  std::size_t capacity_;
  std::size_t count_ = 0;
  std::vector<item> items_;
  std::size_t end_;
};

class s3_fifo_cache {
 public:
  s3_fifo_cache(block_trace const& asked, std::size_t blocks, spread over, cache::s3_fifo_limits limits)
      : asked_(asked), items_(asked.blocks()) {
    auto const count = parts_of(blocks, over);
    for (std::size_t i = 0; i < count; ++i) {
      auto const share = blocks * (i + 1) / count - blocks * i / count;
      orders_.emplace_back(share * cache::block_size, limits);
    }
    for (std::size_t i = 0; i < items_.size(); ++i) {
      auto const& place = asked.places[i];
      auto& one = items_[i];
      store::block_key const key{std::uint64_t{place.object} + 1, place.number};
      one.fingerprint = store::block_key_hash{}(key);
      one.charge = cache::block_size;
      one.what = place.is_tail ? cache::eviction_node::kind::tail : cache::eviction_node::kind::data;
      one.home = &orders_[over == spread::scattered ? one.fingerprint % count : store::place_of(key, count)];
    }
  }
  ~s3_fifo_cache() {
    for (auto& one : items_) {
      one.home->erase(one);
    }
  }

  cell_mask use(std::size_t at, std::uint32_t scan) {
    auto const [block, cells] = asked_.accesses[at];
    auto& one = items_[block];
    auto const held = one.held;
    if (held == 0) {
      one.reader = 0;
      one.home->insert(one);
      make_room(one);
    }
    one.held = static_cast<cell_mask>(held | cells);
    if (one.reader != scan) {
      one.touch();
      one.reader = scan;
    }
    return held;
  }

 private:
  struct item : cache::eviction_node {
    cell_mask held = 0;
    std::uint32_t reader = 0;
    cache::s3_fifo* home = nullptr;
  };
  static std::size_t parts_of(std::size_t blocks, spread over) {
    switch (over) {
      case spread::as_the_store:
        return store::shards_for(blocks);
      case spread::scattered:
        return std::clamp<std::size_t>(blocks / 32, 1, store::most_shards);
      case spread::together:
        break;
    }
    return 1;
  }
  static void make_room(item const& newest) {
    auto const may_go = [&](cache::eviction_node const& node) { return &node != &newest; };
    while (newest.home->charge() > newest.home->capacity()) {
      auto* const victim = newest.home->evict(may_go);
      if (!victim) {
        return;
      }
      static_cast<item*>(victim)->held = 0;
    }
  }

  block_trace const& asked_;
  std::vector<item> items_;
  std::deque<cache::s3_fifo> orders_;
};

class belady_cache {
 public:
  belady_cache(block_trace const& asked, std::size_t blocks)
      : asked_(asked), capacity_(blocks), next_(asked.accesses.size()), held_(asked.blocks()) {
    std::vector<std::size_t> seen(asked.blocks(), never);
    for (auto at = asked.accesses.size(); at-- > 0;) {
      next_[at] = std::exchange(seen[asked.accesses[at].block], at);
    }
  }

  cell_mask use(std::size_t at, std::uint32_t /*scan*/) {
    auto const [block, cells] = asked_.accesses[at];
    auto const held = held_[block];
    if (held != 0) {
      by_next_use_.erase({at, block});
    }
    held_[block] = static_cast<cell_mask>(held | cells);
    by_next_use_.insert({next_[at], block});
    if (by_next_use_.size() > capacity_) {
      auto const last = std::prev(by_next_use_.end());
      held_[last->second] = 0;
      by_next_use_.erase(last);
    }
    return held;
  }

 private:
  static constexpr auto never = std::numeric_limits<std::size_t>::max();

  block_trace const& asked_;
  std::size_t capacity_;
  std::vector<std::size_t> next_;
  std::vector<cell_mask> held_;
  std::set<std::pair<std::size_t, std::uint32_t>> by_next_use_;
};

}  // namespace

outcome play_lru(block_trace const& asked, std::size_t blocks) {
  lru_cache through(asked, blocks);
  return play(asked, through);
}

outcome play_s3_fifo(block_trace const& asked, std::size_t blocks, spread over,
                     cache::s3_fifo_limits limits) {
  s3_fifo_cache through(asked, blocks, over, limits);
  return play(asked, through);
}

outcome play_belady(block_trace const& asked, std::size_t blocks) {
  belady_cache through(asked, blocks);
  return play(asked, through);
}

}  // namespace s3proxy::hitratio
