#include "block_shard.hpp"

#include <bit>
#include <cstdlib>
#include <new>

namespace s3proxy::store {
namespace {

using base::byte_count;
using cache::cell_mask;

bool is_unpinned(cache::eviction_node const& node) {
  return static_cast<block const&>(node).pins.load() == 0;
}

std::unique_ptr<block> make_block(block_key key, block_shape shape) {
  auto made = std::make_unique<block>();
  made->key = key;
  made->length = shape.length;
  made->what = shape.share;
  made->fingerprint = block_key_hash{}(key);
  made->charge = cache::block_size;
  return made;
}

}  // namespace

block_shape shape_of(cache::object_facts const& facts, std::uint64_t number) {
  using kind = cache::eviction_node::kind;
  return {base::intersect(cache::block_span(number), {0, facts.id.size}).size(),
          cache::has_tail(facts, number) ? kind::tail : kind::data};
}

byte_count block::bytes_in(cell_mask cells) const {
  auto const whole = static_cast<byte_count>(std::popcount(cells)) * cache::cell_size;
  auto const has_last = (cells & cache::cell_bit(length - 1)) != 0;
  return has_last ? whole - (base::round_up(length, cache::cell_size) - length) : whole;
}

bool guess_account::enter() {
  auto taken = on_probation.load();
  while (taken + cache::block_size <= most_on_probation) {
    if (on_probation.compare_exchange_weak(taken, taken + cache::block_size)) {
      return true;
    }
  }
  return false;
}

block_shard::~block_shard() {
  for (auto& [key, held] : blocks) {
    order.erase(*held);
    if (held->borrowed) {
      std::free(held->bytes);
    }
  }
}

block* block_shard::look_up(block_key key) const {
  auto const found = blocks.find(key);
  return found == blocks.end() ? nullptr : found->second.get();
}

char* block_shard::take_memory() {
  if (free.empty() && supplied < order.capacity()) {
    auto const slab = slabs.take(order.capacity() - supplied);
    supplied += slab.size();
    for (auto end = slab.size(); end > 0; end -= cache::block_size) {
      free.push_back(slab.data() + end - cache::block_size);  // the lowest is taken first
    }
  }
  if (free.empty()) {
    return nullptr;
  }
  auto* const out = free.back();
  free.pop_back();
  return out;
}

block& block_shard::obtain(block_key key, block_shape shape) {
  auto& place = blocks[key];
  if (place) {
    return *place;
  }
  place = make_block(key, shape);
  auto& made = *place;
  made.pins = 1;  // not its own victim
  order.insert(made);
  while (order.charge() > order.capacity()) {
    auto* victim = order.evict(is_unpinned);
    if (!victim) {
      break;
    }
    drop(static_cast<block&>(*victim));
  }
  leave_room();
  made.bytes = take_memory();
  if (!made.bytes) {
    made.borrowed = true;
    made.bytes = static_cast<char*>(std::malloc(cache::block_size));
    if (!made.bytes) {
      order.erase(made);
      blocks.erase(key);
      throw std::bad_alloc();
    }
  }
  made.pins = 0;
  return made;
}

block* block_shard::obtain_for_guess(block_key key, block_shape shape) {
  if (auto* held = look_up(key)) {
    return held;
  }
  while (is_full()) {
    auto* victim = oldest_guess();
    if (!victim) {
      return nullptr;
    }
    drop(*victim);
  }
  if (!guesses.enter()) {
    return nullptr;
  }
  auto& made = *(blocks[key] = make_block(key, shape));
  made.on_probation = true;
  made.guess_number = guesses.numbers++;
  made.bytes = take_memory();  // there is some: a shard that is not full has lent out less than its share
  order.insert_on_probation(made);
  return &made;
}

void block_shard::admit(block& held) {
  if (held.on_probation) {
    order.admit(held);
    held.on_probation = false;
    guesses.leave();
    block_pin const not_its_own_victim(held);
    leave_room();
  }
}

void block_shard::leave_room() {
  if (!room_wanted.load(std::memory_order_relaxed)) {
    return;
  }
  room_wanted = false;
  auto const part = base::round_down(order.capacity() / probation_part, cache::block_size);
  while (order.admitted_charge() + part > order.capacity()) {
    auto* victim = order.evict_admitted(is_unpinned);
    if (!victim) {
      return;
    }
    drop(static_cast<block&>(*victim));
  }
}

byte_count block_shard::count_read(block& held, cell_mask cells, scan_tag reader) {
  admit(held);
  if (reader == scan_tag::none || reader != held.reader) {
    held.touch();
    held.reader = reader;
  }
  auto const proven = static_cast<cell_mask>(held.guessed & cells);
  if (proven == 0) {
    return 0;
  }
  held.guessed = without(held.guessed, proven);
  auto const bytes = held.bytes_in(proven);
  guesses.used += bytes;
  return bytes;
}

void block_shard::count_landed(block& held, cell_mask cells, purpose why) {
  if (why == purpose::speculation) {
    held.guessed = static_cast<cell_mask>(held.guessed | cells);
    guesses.landed += held.bytes_in(cells);
  }
}

block* block_shard::oldest_guess() const {
  return static_cast<block*>(order.oldest_on_probation(is_unpinned));
}

void block_shard::drop(block& victim) {
  order.erase(victim);
  if (victim.on_probation) {
    guesses.leave();
  }
  if (victim.guessed != 0) {  // the account is everyone's: demand's evictions leave it alone
    guesses.lost += victim.bytes_in(victim.guessed);
  }
  let_go(victim);
  auto const key = victim.key;
  blocks.erase(key);
}

void block_shard::let_go(block& victim) {
  if (victim.borrowed) {
    std::free(victim.bytes);
  } else if (victim.lent.load(std::memory_order_relaxed)) {
    // Not to be overwritten: the kernel may have to send it yet, whatever its counters say.
    slabs.give_back({victim.bytes, cache::block_size});
    supplied -= cache::block_size;
  } else {
    free.push_back(victim.bytes);
  }
}

}  // namespace s3proxy::store
