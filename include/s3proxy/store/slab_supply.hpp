#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/cells.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

namespace s3proxy::store {

/// What blocks are cut from: as large as a huge page, so that the kernel can back it with one.
inline constexpr base::byte_count slab_size = 8 * cache::block_size;

/// How memory that was lent to the kernel is made fit for other bytes.
enum class recycling {
  replaces_pages,     ///< the kernel keeps the old ones for whoever still has to be sent them
  in_place_for_test,  ///< wrong on purpose: readers that lag get the bytes of others
};

/// Lets go of the pages of `memory`, whatever else refers to them; the next touch finds new ones, zeroed.
/// False where the kernel does not.
bool replace_pages(std::span<char> memory);

/// The memory of a block_store: one reserved region, handed out slab by slab. A page fault costs a busy event
/// loop 2 us for 4 KiB, more than receiving its bytes; so a thread of its own makes the next slabs resident
/// before anyone asks. What comes back was lent to the kernel: the thread replaces its pages, then it is
/// handed out again. A few blocks more than the size are reserved, so that those that come back have time.
/// Thread-safe; take() never waits for the thread.
class slab_supply {
 public:
  /// Up to `ahead` bytes are kept resident beyond those handed out. Errors: std::bad_alloc.
  slab_supply(base::byte_count size, base::byte_count ahead, recycling how = recycling::replaces_pages);
  ~slab_supply();
  slab_supply(slab_supply const&) = delete;
  slab_supply& operator=(slab_supply const&) = delete;

  /// The next slab, zeroed, aligned to its size; the last may be shorter, and where blocks came back so may
  /// any. No more than `most`, which is whole blocks. Empty when all were handed out. Lifetime: the supply's.
  std::span<char> take(base::byte_count most = slab_size);

  /// A block that was lent and that nobody of us reads any more.
  void give_back(std::span<char> worn);
  /// Bytes that came back, ever.
  base::byte_count replaced() const { return replaced_.load(std::memory_order_relaxed); }

  /// Returns once as many slabs are resident as are to be.
  void settle();
  /// Bytes that are resident and not handed out.
  base::byte_count resident() const;

 private:
  using slab = std::span<char>;

  void run(std::stop_token const& stop);
  void prepare_next(std::unique_lock<std::mutex>& lock);
  void replace_next(std::unique_lock<std::mutex>& lock);
  bool replace(slab memory) const;
  slab take_worn(std::unique_lock<std::mutex>& lock);
  bool wants_more() const;
  bool is_low() const;
  slab cut(base::byte_count most);

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  base::byte_count ahead_;
  recycling how_;
  char* reserved_ = nullptr;
  base::byte_count reserved_size_ = 0;
  slab uncut_;              // never touched
  std::deque<slab> ready_;  // resident
  base::byte_count ready_bytes_ = 0;
  slab spare_;                         // beyond the size; worn with the first block that is
  std::deque<slab> worn_;              // to be replaced
  std::vector<slab> replaced_blocks_;  // and resident
  std::atomic<base::byte_count> replaced_{0};
  std::uint64_t taken_ = 0;  // resident slabs, so far
  bool preparing_ = false;   // the thread is
  slab in_hand_;             // what it makes resident; others may take it from there
  std::jthread thread_;      // the last member: it uses all others
};

}  // namespace s3proxy::store
