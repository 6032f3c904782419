#include "s3proxy/cache/s3_fifo.hpp"

#include <algorithm>
#include <cassert>

namespace s3proxy::cache {

s3_fifo::s3_fifo(std::size_t capacity, s3_fifo_limits limits)
    : capacity_(capacity),
      limits_(limits),
      tail_share_(capacity / limits.tail_part),
      small_bound_(std::max<std::size_t>(capacity / limits.first_small, 1)) {}

void s3_fifo::insert(eviction_node& node) {
  assert(node.where == eviction_node::place::none);
  node.uses = 0;
  if (node.what == eviction_node::kind::tail && node.charge <= tail_share_) {
    push(tails_, node, eviction_node::place::tails);
    keep_tails_in_their_share();
  } else {
    insert_data(node);
  }
}

// What returns was seen before: it goes to main, and tells which of the queues was too short for it.
void s3_fifo::insert_data(eviction_node& node) {
  auto const step = limits_.step * node.charge;
  auto const since_small = small_ghosts_.take(node.fingerprint);
  if (since_small && *since_small < recent()) {
    auto const most = capacity_ - capacity_ / limits_.least_main;
    small_bound_ = std::min(small_bound_ + step, most);
  }
  auto const since_main = main_ghosts_.take(node.fingerprint);
  if (since_main && *since_main < recent()) {
    auto const least = std::max<std::size_t>(capacity_ / limits_.least_small, 1);
    small_bound_ = std::max(small_bound_ - std::min(step, small_bound_), least);
  }
  since_small || since_main ? push(main_, node, eviction_node::place::main)
                            : push(small_, node, eviction_node::place::small);
}

// As in the small queue, the first read is why it was fetched. A tail that others displace is no ghost: it
// has not left.
void s3_fifo::keep_tails_in_their_share() {
  while (tails_.charge > tail_share_) {
    auto& oldest = *tails_.oldest;
    take(oldest);
    if (oldest.uses > 1) {
      --oldest.uses;
      push(tails_, oldest, eviction_node::place::tails);
    } else {
      oldest.uses = 0;
      insert_data(oldest);
    }
  }
}

std::size_t s3_fifo::recent() const {
  return std::max<std::size_t>((small_.count + main_.count) / limits_.recent, 8);
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
  return evict_admitted(may_go);
}

eviction_node* s3_fifo::evict_admitted(std::function<bool(eviction_node const&)> const& may_go) {
  auto const small_is_full = small_.charge >= small_bound_ || main_.count == 0;
  auto* victim = small_is_full ? evict_small(may_go) : evict_main(may_go);
  if (!victim && !small_is_full) {
    victim = evict_small(may_go);
  }
  if (!victim) {
    victim = evict_main(may_go);  // also what was read twice, and has just moved there
  }
  return victim ? victim : evict_tail(may_go);
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
      small_ghosts_.add(node.fingerprint, std::max(main_.count + small_.count, limits_.least_ghosts));
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
      main_ghosts_.add(node.fingerprint, recent());
      return &node;
    }
  }
  return nullptr;
}

// Only when no data may go: what was read is no better than what was not.
eviction_node* s3_fifo::evict_tail(std::function<bool(eviction_node const&)> const& may_go) {
  auto* node = tails_.oldest;
  while (node && !may_go(*node)) {
    node = node->next;
  }
  if (node) {
    take(*node);
  }
  return node;
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
  switch (node.where) {
    case eviction_node::place::probation:
      return probation_;
    case eviction_node::place::small:
      return small_;
    case eviction_node::place::tails:
      return tails_;
    case eviction_node::place::main:
    case eviction_node::place::none:
      break;
  }
  assert(node.where == eviction_node::place::main);
  return main_;
}

}  // namespace s3proxy::cache
