#include "s3proxy/store/block_store.hpp"

#include "block_shard.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace s3proxy::store {
namespace {

using base::byte_count;
using base::byte_span;
using cache::cell_mask;

constexpr auto most_resident_ahead = 48 * slab_size;  // 96 MiB: what a cold query of a second brings
constexpr byte_count resident_part = 8;               // of the budget: a small cache keeps less ahead

std::size_t shards_of(byte_count budget) {
  return shards_for(static_cast<std::size_t>(budget / cache::block_size));
}

/// Whole blocks; whole slabs where several shards share them.
byte_count whole_budget(byte_count asked) {
  auto const blocks = base::round_down(asked, cache::block_size);
  return shards_of(blocks) == 1 ? blocks : base::round_down(blocks, slab_size);
}

byte_count bytes_of(cell_mask cells) {
  return static_cast<byte_count>(std::popcount(cells)) * cache::cell_size;
}

/// The cells of `span` within the object; none when it has no byte there, or a block would be made that
/// nobody fills.
byte_span whole_cells(cache::object_facts const& facts, byte_span span) {
  auto const inside = base::intersect(span, {0, facts.id.size});
  return inside.empty() ? byte_span{} : cache::align_to_cells(inside, facts.id.size);
}

}  // namespace

block_pin::block_pin(block& pinned) : pinned_(&pinned) {
  pinned.pins.fetch_add(1, std::memory_order_relaxed);
}

block_pin::~block_pin() {
  if (pinned_) {
    pinned_->pins.fetch_sub(1, std::memory_order_release);
  }
}

bool block_pin::lend() {
  if (pinned_->borrowed) {
    return false;  // the heap hands it to anybody
  }
  pinned_->lent.store(true, std::memory_order_relaxed);  // seen by whoever sees the pin gone
  return true;
}

fill_permit::~fill_permit() {
  release();
  // Whoever waits on a flight whose task never came to an end of its own is woken, and asks for itself.
  if (owner_ && !owner_->finished()) {
    owner_->finish(std::nullopt);
  }
}

byte_span fill_permit::bytes_of_cell(piece const& in, unsigned cell) const {
  auto const begin = in.number * cache::block_size + cell * cache::cell_size;
  return {begin, std::min(begin + cache::cell_size, object_size_)};
}

std::span<char> fill_permit::room(byte_count at) const {
  auto const number = cache::block_of(at);
  auto const found = std::ranges::find(pieces_, number, &piece::number);
  if (found == pieces_.end()) {
    return {};
  }
  auto end = at;
  for (auto cell = static_cast<unsigned>(at % cache::block_size / cache::cell_size);
       cell < cache::cells_in_block && (found->pending & (1U << cell)) != 0; ++cell) {
    end = bytes_of_cell(*found, cell).end;
  }
  if (end <= at) {
    return {};
  }
  return {found->pin.get()->bytes + at % cache::block_size, static_cast<std::size_t>(end - at)};
}

bool fill_permit::write(byte_count at, std::string_view bytes) {
  auto const end = at + bytes.size();
  for (auto next = at; next < end;) {
    auto const to = room(next);
    auto const until = to.empty() ? base::round_down(next, cache::cell_size) + cache::cell_size
                                  : next + static_cast<byte_count>(to.size());
    auto const part = bytes.substr(static_cast<std::size_t>(next - at),
                                   static_cast<std::size_t>(std::min(until, end) - next));
    if (!to.empty()) {
      std::memcpy(to.data(), part.data(), part.size());
    }
    next += part.size();
  }
  return written(at, bytes.size());
}

bool fill_permit::written(byte_count at, std::size_t count) {
  byte_span const span{at, at + count};
  auto any = false;
  for (auto& piece : pieces_) {
    auto const touched = static_cast<cell_mask>(cache::cells_touched(piece.number, span) & piece.pending);
    auto whole = cell_mask{0};
    for (unsigned cell = 0; cell < cache::cells_in_block; ++cell) {
      auto const bit = static_cast<cell_mask>(1U << cell);
      if ((touched & bit) != 0 && bytes_of_cell(piece, cell).end <= span.end) {
        whole = static_cast<cell_mask>(whole | bit);  // written in ascending order: its beginning is there
      }
    }
    if (whole != 0) {
      land(piece, whole);
      any = true;
    }
  }
  return any;
}

void fill_permit::land(piece& in, cell_mask whole) {
  in.pending = without(in.pending, whole);
  std::lock_guard const lock(in.home->mutex);
  auto& held = *in.pin.get();
  held.valid = static_cast<cell_mask>(held.valid | whole);
  in.home->count_landed(held, whole, purpose_);
  for (auto& [cells, owner] : held.coming) {
    if (owner == owner_) {
      cells = without(cells, whole);
    }
  }
  std::erase_if(held.coming, [](auto const& c) { return c.first == 0; });
  in.home->in_flight(purpose_) -= bytes_of(whole);
  if (in.pending == 0) {
    in.pin = block_pin();  // its readers pin it now, or nobody does
  }
}

void fill_permit::release() {
  for (auto& piece : pieces_) {
    if (piece.pending == 0) {
      continue;
    }
    std::lock_guard const lock(piece.home->mutex);
    auto& held = *piece.pin.get();
    std::erase_if(held.coming, [&](auto const& c) { return c.second == owner_; });
    piece.home->in_flight(purpose_) -= bytes_of(piece.pending);
    piece.pin = block_pin();
    if (held.valid == 0 && held.coming.empty() && held.pins.load() == 0) {
      piece.home->drop(held);  // nothing came: the block leaves no trace
    }
  }
  pieces_.clear();
}

block_store::block_store(byte_count budget, recycling how)
    : budget_(whole_budget(budget)),
      slabs_(std::make_unique<slab_supply>(budget_, std::min(budget_ / resident_part, most_resident_ahead),
                                           how)),
      guesses_(std::make_unique<guess_account>(budget_ / probation_part)) {
  auto const count = shards_of(budget_);
  auto const unit = count == 1 ? cache::block_size : slab_size;
  for (std::size_t i = 0; i < count; ++i) {
    auto const units = budget_ / unit;
    auto const share = units * (i + 1) / count - units * i / count;
    shards_.push_back(std::make_unique<block_shard>(share * unit, *slabs_, *guesses_));
  }
}

block_store::~block_store() = default;

block_shard& block_store::shard_of(std::uint64_t generation, std::uint64_t number) const {
  return *shards_[place_of({generation, number}, shards_.size())];
}

block_store::look block_store::find(cache::object_facts const& facts, byte_span wanted, use kind,
                                    scan_tag reader) {
  look out;
  auto const at = wanted.begin;
  auto const number = cache::block_of(at);
  auto& home = shard_of(facts.generation, number);
  std::lock_guard const lock(home.mutex);
  auto* const found = home.look_up({facts.generation, number});
  if (!found || wanted.empty()) {
    return out;
  }
  auto& held = *found;
  auto const length = std::min(cache::held_from(at, held.valid, facts.id.size), wanted.size());
  if (length > 0) {
    if (kind == use::counts) {
      out.guessed = home.count_read(held, cache::cells_touched(number, {at, at + length}), reader);
    }
    out.pin = block_pin(held);
    out.bytes = {held.bytes + at % cache::block_size, static_cast<std::size_t>(length)};
    return out;
  }
  for (auto const& [cells, owner] : held.coming) {
    if (cells & cache::cell_bit(at)) {
      out.coming = owner;
      out.pin = block_pin(held);
    }
  }
  return out;
}

cell_mask block_store::absent_cells(cache::object_facts const& facts, std::uint64_t number,
                                    byte_span wanted) const {
  auto const cells = cache::cells_touched(number, wanted);
  auto& home = shard_of(facts.generation, number);
  std::lock_guard const lock(home.mutex);
  auto const* const held = home.look_up({facts.generation, number});
  return held ? without(cells, static_cast<cell_mask>(held->valid | held->coming_cells())) : cells;
}

bool block_store::holds(cache::object_facts const& facts, byte_span span) const {
  auto const wanted = whole_cells(facts, span);
  for (auto number = cache::block_of(wanted.begin); number * cache::block_size < wanted.end; ++number) {
    if (absent_cells(facts, number, wanted) != 0) {
      return false;
    }
  }
  return true;
}

std::vector<byte_span> block_store::missing(cache::object_facts const& facts, byte_span span) const {
  std::vector<byte_span> runs;
  auto const wanted = whole_cells(facts, span);
  for (auto number = cache::block_of(wanted.begin); number * cache::block_size < wanted.end; ++number) {
    auto const absent = absent_cells(facts, number, wanted);
    for (unsigned cell = 0; cell < cache::cells_in_block; ++cell) {
      if ((absent & (1U << cell)) == 0) {
        continue;
      }
      auto const begin = number * cache::block_size + cell * cache::cell_size;
      auto const end = std::min(begin + cache::cell_size, facts.id.size);
      if (!runs.empty() && runs.back().end == begin) {
        runs.back().end = end;
      } else {
        runs.push_back({begin, end});
      }
    }
  }
  return runs;
}

fill_permit block_store::claim(cache::object_facts const& facts, byte_span span,
                               std::shared_ptr<flight> owner, purpose why) {
  fill_permit permit(facts.id.size, why, owner);
  auto const wanted = whole_cells(facts, span);
  permit.pieces_.reserve(static_cast<std::size_t>(wanted.size() / cache::block_size + 2));
  for (auto number = cache::block_of(wanted.begin); number * cache::block_size < wanted.end; ++number) {
    block_key const key{facts.generation, number};
    auto const shape = shape_of(facts, number);
    auto& home = shard_of(facts.generation, number);
    std::unique_lock lock(home.mutex);
    auto* const held =
        why == purpose::demand ? &home.obtain(key, shape) : obtain_for_guess(lock, home, key, shape);
    if (!held) {
      break;
    }
    auto const taken = static_cast<cell_mask>(held->valid | held->coming_cells());
    auto const mine = without(cache::cells_touched(number, wanted), taken);
    if (mine == 0) {
      continue;
    }
    if (why == purpose::demand) {
      home.admit(*held);
    }
    held->coming.emplace_back(mine, owner);
    home.in_flight(why) += bytes_of(mine);
    permit.pieces_.push_back({&home, block_pin(*held), number, mine});
    auto const base = number * cache::block_size;
    auto const first = base + static_cast<unsigned>(std::countr_zero(mine)) * cache::cell_size;
    auto const last = base + static_cast<unsigned>(std::bit_width(mine)) * cache::cell_size;
    if (permit.span_.empty()) {
      permit.span_.begin = first;
    }
    permit.span_.end = std::min(last, facts.id.size);
  }
  return permit;
}

block* block_store::obtain_for_guess(std::unique_lock<std::mutex>& lock, block_shard& home,
                                     block_key const& key, block_shape const& shape) {
  auto* const made = home.obtain_for_guess(key, shape);
  if (made) {
    return made;
  }
  if (home.is_full()) {
    for (auto const& part : shards_) {  // the next guess falls into another
      part->room_wanted = true;
    }
    return nullptr;
  }
  // All places on probation are taken, here or in other shards; no two shards are locked at a time.
  lock.unlock();
  evict_oldest_guess();
  lock.lock();
  return home.obtain_for_guess(key, shape);
}

void block_store::evict_oldest_guess() {
  block_shard* home = nullptr;
  auto oldest = std::numeric_limits<std::uint64_t>::max();
  for (auto const& part : shards_) {
    std::lock_guard const lock(part->mutex);
    auto const* const guess = part->oldest_guess();
    if (guess && guess->guess_number < oldest) {
      oldest = guess->guess_number;
      home = part.get();
    }
  }
  if (!home) {
    return;
  }
  std::lock_guard const lock(home->mutex);
  if (auto* const guess = home->oldest_guess()) {  // another than before, if that one was just read
    home->drop(*guess);
  }
}

byte_count block_store::replaced() const {
  return slabs_->replaced();
}

byte_count block_store::in_flight() const {
  return in_flight(purpose::demand) + in_flight(purpose::speculation);
}

byte_count block_store::in_flight(purpose why) const {
  byte_count total = 0;
  for (auto const& part : shards_) {
    total += part->in_flight(why).load();
  }
  return total;
}

block_store::guess_totals block_store::guesses() const {
  return {guesses_->landed, guesses_->used, guesses_->lost, guesses_->on_probation};
}

std::size_t block_store::block_count() const {
  std::size_t total = 0;
  for (auto const& part : shards_) {
    std::lock_guard const lock(part->mutex);
    total += part->blocks.size();
  }
  return total;
}

}  // namespace s3proxy::store
