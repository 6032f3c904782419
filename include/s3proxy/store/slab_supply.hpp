#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/cells.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>

namespace s3proxy::store {

/// What blocks are cut from: as large as a huge page, so that the kernel can back it with one.
inline constexpr base::byte_count slab_size = 8 * cache::block_size;

/// The memory of a block_store: one reserved region, handed out slab by slab. A page fault costs a busy event
/// loop 2 us for 4 KiB, more than receiving its bytes; so a thread of its own makes the next slabs resident
/// before anyone asks. Slabs are not given back. Thread-safe; take() never waits for the thread.
class slab_supply {
 public:
  /// Up to `ahead` bytes are kept resident beyond those handed out. Errors: std::bad_alloc.
  slab_supply(base::byte_count size, base::byte_count ahead);
  ~slab_supply();
  slab_supply(slab_supply const&) = delete;
  slab_supply& operator=(slab_supply const&) = delete;

  /// The next slab, zeroed, aligned to its size; the last may be shorter. Empty when all were handed out.
  /// Lifetime: the supply's.
  std::span<char> take();

  /// Returns once as many slabs are resident as are to be.
  void settle();
  /// Bytes that are resident and not handed out.
  base::byte_count resident() const;

 private:
  using slab = std::span<char>;

  void run(std::stop_token const& stop);
  bool wants_more() const;
  bool is_low() const;
  slab cut();

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  base::byte_count ahead_;
  char* reserved_ = nullptr;
  base::byte_count reserved_size_ = 0;
  slab uncut_;              // never touched
  std::deque<slab> ready_;  // resident
  base::byte_count ready_bytes_ = 0;
  std::uint64_t taken_ = 0;  // resident slabs, so far
  bool preparing_ = false;   // the thread has a slab in hand
  std::jthread thread_;      // the last member: it uses all others
};

}  // namespace s3proxy::store
