#include "s3proxy/cache/s3_fifo.hpp"

#include <algorithm>
#include <cassert>

namespace s3proxy::cache {

void s3_fifo::insert(eviction_node& node) {
  assert(node.where == eviction_node::place::none);
  node.uses = 0;
  auto const seen_before = ghosts_.erase(node.fingerprint) > 0;
  seen_before ? push(main_, node, eviction_node::place::main)
              : push(small_, node, eviction_node::place::small);
}

void s3_fifo::insert_on_probation(eviction_node& node) {
  assert(node.where == eviction_node::place::none);
  node.uses = 0;
  push(probation_, node, eviction_node::place::probation);
}

void s3_fifo::admit(eviction_node& node) {
  assert(node.where == eviction_node::place::probation);
  take(node);
  insert(node);
}

void s3_fifo::erase(eviction_node& node) {
  if (node.where != eviction_node::place::none) {
    take(node);
  }
}

void s3_fifo::recharge(eviction_node& node, std::size_t charge) {
  auto& home = queue_of(node);
  home.charge = home.charge - node.charge + charge;
  node.charge = charge;
}

eviction_node* s3_fifo::evict(std::function<bool(eviction_node const&)> const& may_go) {
  if (auto* victim = evict_from_probation(may_go)) {
    return victim;
  }
  auto const small_is_full = small_.charge * 10 >= capacity_ || main_.count == 0;
  if (small_is_full) {
    if (auto* victim = evict_small(may_go)) {
      return victim;
    }
    return evict_main(may_go);
  }
  if (auto* victim = evict_main(may_go)) {
    return victim;
  }
  if (auto* victim = evict_small(may_go)) {
    return victim;
  }
  return evict_main(may_go);  // what was read twice has just moved there
}

eviction_node* s3_fifo::oldest_on_probation(std::function<bool(eviction_node const&)> const& may_go) const {
  auto* node = probation_.oldest;
  while (node && !may_go(*node)) {
    node = node->next;
  }
  return node;
}

eviction_node* s3_fifo::evict_from_probation(std::function<bool(eviction_node const&)> const& may_go) {
  auto* const victim = oldest_on_probation(may_go);
  if (victim) {
    take(*victim);
  }
  return victim;
}

eviction_node* s3_fifo::evict_small(std::function<bool(eviction_node const&)> const& may_go) {
  for (auto left = small_.count; left > 0 && small_.oldest; --left) {
    auto& node = *small_.oldest;
    take(node);
    // The first read is why it was fetched; a second one is reuse.
    if (node.uses > 1) {
      node.uses = 0;
      push(main_, node, eviction_node::place::main);
    } else if (!may_go(node)) {
      push(small_, node, eviction_node::place::small);
    } else {
      remember(node.fingerprint);
      return &node;
    }
  }
  return nullptr;
}

eviction_node* s3_fifo::evict_main(std::function<bool(eviction_node const&)> const& may_go) {
  // Each node loses one use a round: after four rounds every one that may go has gone.
  for (auto left = main_.count * 4; left > 0 && main_.oldest; --left) {
    auto& node = *main_.oldest;
    take(node);
    if (node.uses > 0 || !may_go(node)) {
      node.uses = node.uses > 0 ? static_cast<std::uint8_t>(node.uses - 1) : node.uses;
      push(main_, node, eviction_node::place::main);
    } else {
      return &node;
    }
  }
  return nullptr;
}

void s3_fifo::push(queue& to, eviction_node& node, eviction_node::place where) {
  node.where = where;
  node.previous = to.newest;
  node.next = nullptr;
  (to.newest ? to.newest->next : to.oldest) = &node;
  to.newest = &node;
  to.charge += node.charge;
  ++to.count;
}

void s3_fifo::take(eviction_node& node) {
  auto& from = queue_of(node);
  (node.previous ? node.previous->next : from.oldest) = node.next;
  (node.next ? node.next->previous : from.newest) = node.previous;
  from.charge -= node.charge;
  --from.count;
  node.previous = node.next = nullptr;
  node.where = eviction_node::place::none;
}

s3_fifo::queue& s3_fifo::queue_of(eviction_node const& node) {
  assert(node.where != eviction_node::place::none);
  if (node.where == eviction_node::place::probation) {
    return probation_;
  }
  return node.where == eviction_node::place::small ? small_ : main_;
}

void s3_fifo::remember(std::uint64_t fingerprint) {
  if (ghosts_.insert(fingerprint).second) {
    ghost_order_.push_back(fingerprint);
  }
  auto const most = std::max<std::size_t>(main_.count + small_.count, 64);
  while (ghost_order_.size() > most) {
    ghosts_.erase(ghost_order_.front());
    ghost_order_.pop_front();
  }
}

}  // namespace s3proxy::cache
