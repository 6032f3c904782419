#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/cells.hpp"
#include "s3proxy/cache/object.hpp"
#include "s3proxy/store/flight.hpp"
#include "s3proxy/store/slab_supply.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::store {

class block_store;
struct block;
struct block_key;
struct block_shape;
struct block_shard;
struct guess_account;

/// Why cells are claimed: a client reads them, or read-ahead guesses that one will.
enum class purpose : std::uint8_t { demand, speculation };

/// Names a scan, so that its reads of one block count as one use. Reads without one count each.
enum class scan_tag : std::uint32_t { none = 0 };

/// Keeps a block's memory in place while bytes are read from it or written to it. Movable.
class block_pin {
 public:
  block_pin() = default;
  explicit block_pin(block& pinned);  ///< called under the shard's lock
  block_pin(block_pin&& other) noexcept : pinned_(std::exchange(other.pinned_, nullptr)) {}
  block_pin& operator=(block_pin&& other) noexcept {
    block_pin taken(std::move(other));
    std::swap(pinned_, taken.pinned_);
    return *this;
  }
  ~block_pin();

  block* get() const { return pinned_; }

  /// Before its bytes are lent to the kernel, which may send them long after this pin is gone: their memory
  /// is replaced before other bytes come into it. False where that cannot be; then copy.
  bool lend();

 private:
  block* pinned_ = nullptr;
};

/// The right to fill cells: nobody else fetches them while it lives. Bytes count only when their whole cell
/// was written; what was not written when the permit dies is given up, leaves no trace, and may be claimed by
/// others. Its death also ends its flight, if the task did not. Owned by one task; not thread-safe itself.
class fill_permit {
 public:
  fill_permit(fill_permit&&) noexcept = default;
  fill_permit& operator=(fill_permit&&) = delete;
  ~fill_permit();

  bool empty() const { return pieces_.empty(); }
  /// The bytes from the first claimed cell to the last, cell-aligned or up to the object's end.
  base::byte_span span() const { return span_; }
  /// Writes bytes that begin at object offset `at`, in ascending order without gaps; bytes of cells that were
  /// not claimed are passed over. Cells that became whole are valid for everyone at once; true when some did
  /// (the caller then advances the flight).
  bool write(base::byte_count at, std::string_view bytes);
  /// Where the bytes from `at` on may be put without write(), up to the end of the block or the first byte
  /// that is not to be filled; empty when that is `at`. written() then tells what write() would. Nobody reads
  /// them before. Lifetime: until written() or release().
  std::span<char> room(base::byte_count at) const;
  bool written(base::byte_count at, std::size_t count);
  /// Gives up the cells that were not written yet; the flight goes on. Called by the destructor.
  void release();

 private:
  friend class block_store;
  struct piece {
    block_shard* home;
    block_pin pin;
    std::uint64_t number;
    cache::cell_mask pending;
  };
  fill_permit(base::byte_count object_size, purpose why, std::shared_ptr<flight> owner)
      : object_size_(object_size), purpose_(why), owner_(std::move(owner)) {}
  base::byte_span bytes_of_cell(piece const& in, unsigned cell) const;
  void land(piece& in, cache::cell_mask whole);

  base::byte_count object_size_;
  purpose purpose_;
  std::shared_ptr<flight> owner_;
  base::byte_span span_;
  std::vector<piece> pieces_;
};

/// Bytes of objects in memory, by (generation, block). One flight a cell: a cell is missing, coming or valid.
/// Memory comes from a slab_supply of the budget's size; S3-FIFO decides what goes. A block
/// that is being read or filled cannot go; when all are, more blocks are borrowed from the heap until they
/// are let go. Neighbouring blocks share a shard; thread-safe.
///
/// A block made for speculation is on probation until a demand read or a demand claim touches it: it goes
/// before any other, oldest first, and all of them together are at most an eighth of the budget. Speculation
/// takes free memory or the place of an older guess, never that of a block that demand brought, and never
/// borrows. When it found no room, demand's next new block, or first read of a guess, leaves some: in its
/// shard demand evicts blocks of its own until an eighth is free or on probation. Or read-ahead would end for
/// good once demand had filled the store.
class block_store {
 public:
  explicit block_store(base::byte_count budget, recycling how = recycling::replaces_pages);
  ~block_store();
  block_store(block_store const&) = delete;
  block_store& operator=(block_store const&) = delete;

  struct look {
    block_pin pin;           ///< keeps `bytes` in place, or the block of a coming cell until it is read
    std::string_view bytes;  ///< from the wanted begin on, to the first gap, the block's or the wanted end
    std::shared_ptr<flight> coming;  ///< when `bytes` is empty: who brings the cell, if anyone does
    base::byte_count guessed = 0;    ///< bytes of guessed cells that no read had touched before this one
  };
  enum class use { counts, peeks };
  /// The held bytes of `wanted` from its begin on, within their block. A read that counts is a use of the
  /// block, unless `reader` used it last; a peek leaves no mark of any kind.
  look find(cache::object_facts const& facts, base::byte_span wanted, use kind = use::counts,
            scan_tag reader = scan_tag::none);

  /// The cells of `span` that are neither valid nor coming, as cell-aligned runs in ascending order.
  std::vector<base::byte_span> missing(cache::object_facts const& facts, base::byte_span span) const;

  /// Whether each byte that `span` has in the object is held or coming.
  bool holds(cache::object_facts const& facts, base::byte_span span) const;

  /// Claims the missing cells of `span` for `owner`; empty when there are none. For speculation the permit
  /// ends before the first block that there is no room for.
  fill_permit claim(cache::object_facts const& facts, base::byte_span span, std::shared_ptr<flight> owner,
                    purpose why = purpose::demand);

  base::byte_count budget() const { return budget_; }
  /// Bytes whose memory was replaced since it had been lent, ever.
  base::byte_count replaced() const;
  /// Bytes that flights have claimed and not yet written.
  base::byte_count in_flight() const;
  base::byte_count in_flight(purpose why) const;
  /// What became of the bytes that speculation brought. What is neither used nor lost is held, unread.
  struct guess_totals {
    base::byte_count landed = 0;        ///< cells claimed for speculation and filled
    base::byte_count used = 0;          ///< of those: a read that counts touched them
    base::byte_count lost = 0;          ///< of those: their block went before any did
    base::byte_count on_probation = 0;  ///< whole blocks, now
  };
  guess_totals guesses() const;
  std::size_t block_count() const;

 private:
  block_shard& shard_of(std::uint64_t generation, std::uint64_t number) const;
  cache::cell_mask absent_cells(cache::object_facts const& facts, std::uint64_t number,
                                base::byte_span wanted) const;
  block* obtain_for_guess(std::unique_lock<std::mutex>& lock, block_shard& home, block_key const& key,
                          block_shape const& shape);
  void evict_oldest_guess();

  base::byte_count budget_;
  std::unique_ptr<slab_supply> slabs_;
  std::unique_ptr<guess_account> guesses_;
  std::vector<std::unique_ptr<block_shard>> shards_;
};

}  // namespace s3proxy::store
