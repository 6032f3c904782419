#pragma once

#include "s3proxy/cache/s3_fifo.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace s3proxy::cache::shelf_of_items {

using place = eviction_node::place;
using kind = eviction_node::kind;

struct item : eviction_node {
  explicit item(std::uint64_t name, std::size_t bytes = 1) {
    fingerprint = name;
    charge = bytes;
  }
  bool pinned = false;
};

inline bool anything(eviction_node const&) {
  return true;
}
inline bool unpinned(eviction_node const& node) {
  return !static_cast<item const&>(node).pinned;
}

/// Items 0, 1, ... that live as long as the test.
struct shelf {
  explicit shelf(std::size_t capacity) : order(capacity) {}
  ~shelf() {
    for (auto& one : items) {
      order.erase(*one);
    }
  }
  item& put(std::uint64_t name, std::size_t bytes = 1) {
    auto& made = *items.emplace_back(std::make_unique<item>(name, bytes));
    order.insert(made);
    return made;
  }
  item& put_on_probation(std::uint64_t name) {
    auto& made = *items.emplace_back(std::make_unique<item>(name));
    order.insert_on_probation(made);
    return made;
  }
  item& put_tail(std::uint64_t name) {
    auto& made = *items.emplace_back(std::make_unique<item>(name));
    made.what = kind::tail;
    order.insert(made);
    return made;
  }
  /// As a cache does it: insert, then make room.
  item& put_and_make_room(std::uint64_t name) {
    auto& made = put(name);
    while (order.charge() > order.capacity()) {
      auto const* victim = order.evict([&](eviction_node const& node) { return &node != &made; });
      if (!victim) {
        break;
      }
    }
    return made;
  }
  std::vector<std::uint64_t> evict_all() {
    std::vector<std::uint64_t> names;
    while (auto const* victim = order.evict(anything)) {
      names.push_back(victim->fingerprint);
    }
    return names;
  }

  s3_fifo order;
  std::vector<std::unique_ptr<item>> items;
};

}  // namespace s3proxy::cache::shelf_of_items
