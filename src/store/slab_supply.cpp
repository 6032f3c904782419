#include "s3proxy/store/slab_supply.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <utility>

namespace s3proxy::store {
namespace {

constexpr std::size_t page_size = 4096;   // the least there is
constexpr std::chrono::seconds calm{1};   // without a slab taken: then more are made resident
constexpr base::byte_count low_part = 4;  // of those to be resident: with fewer, at once

// Beyond the budget: 32 blocks are 8 MiB, what a fast origin brings while the thread is asleep.
constexpr base::byte_count spare_part = 32;
constexpr auto most_spare = 32 * cache::block_size;

base::byte_count spare_of(base::byte_count size) {
  return std::clamp(base::round_down(size / spare_part, cache::block_size), cache::block_size, most_spare);
}

/// Makes memory resident: by one call, or on a kernel before 5.14 by a touch of each page. No byte changes,
/// so that its next user need not wait.
void make_resident(std::span<char> memory) {
  if (::madvise(memory.data(), memory.size(), MADV_POPULATE_WRITE) == 0) {
    return;
  }
  for (std::size_t at = 0; at < memory.size(); at += page_size) {
    std::atomic_ref<char>(memory[at]).fetch_or(0, std::memory_order_relaxed);
  }
}

char* align_up(char* address) {
  auto const past = reinterpret_cast<std::uintptr_t>(address) % slab_size;
  return past == 0 ? address : address + (slab_size - past);
}

}  // namespace

bool replace_pages(std::span<char> memory) {
  return ::madvise(memory.data(), memory.size(), MADV_DONTNEED) == 0;
}

slab_supply::slab_supply(base::byte_count size, base::byte_count ahead, recycling how)
    : ahead_(ahead), how_(how), reserved_size_(size + spare_of(size) + slab_size) {
  auto* const region = ::mmap(nullptr, reserved_size_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) {
    throw std::bad_alloc();
  }
  reserved_ = static_cast<char*>(region);
  uncut_ = {align_up(reserved_), static_cast<std::size_t>(size)};
  spare_ = {uncut_.data() + uncut_.size(), static_cast<std::size_t>(spare_of(size))};
  // Clients' bytes belong neither into a core file nor into the programs that we start.
  ::madvise(reserved_, reserved_size_, MADV_DONTDUMP);
  ::madvise(reserved_, reserved_size_, MADV_DONTFORK);
  // A reader that lags pins the pages it was lent, to the byte; and a block is replaced without its
  // neighbours.
  ::madvise(reserved_, reserved_size_, MADV_NOHUGEPAGE);
  thread_ = std::jthread([this](std::stop_token const& stop) { run(stop); });
  ::pthread_setname_np(thread_.native_handle(), "slabs");
}

slab_supply::~slab_supply() {
  thread_.request_stop();
  thread_.join();
  ::munmap(reserved_, reserved_size_);
}

slab_supply::slab slab_supply::cut(base::byte_count most) {
  auto const out = uncut_.first(std::min<std::size_t>(std::min(slab_size, most), uncut_.size()));
  uncut_ = uncut_.subspan(out.size());
  return out;
}

std::span<char> slab_supply::take(base::byte_count most) {
  std::unique_lock lock(mutex_);
  if (!replaced_blocks_.empty()) {
    auto const out = replaced_blocks_.back();
    replaced_blocks_.pop_back();
    return out;
  }
  if (!ready_.empty()) {
    auto& next = ready_.front();
    auto const out = next.first(std::min<std::size_t>(next.size(), most));
    next = next.subspan(out.size());
    if (next.empty()) {
      ready_.pop_front();
    }
    ready_bytes_ -= out.size();
    ++taken_;
    changed_.notify_all();
    return out;
  }
  if (!uncut_.empty()) {
    return cut(most);
  }
  if (!in_hand_.empty() && in_hand_.size() <= most) {
    return std::exchange(in_hand_, {});
  }
  return take_worn(lock);
}

// The thread is too slow: whoever asks replaces one, and faults its pages in.
slab_supply::slab slab_supply::take_worn(std::unique_lock<std::mutex>& lock) {
  while (!worn_.empty()) {
    auto const out = worn_.front();
    worn_.pop_front();
    lock.unlock();
    if (replace(out)) {
      return out;
    }
    lock.lock();
  }
  return {};
}

void slab_supply::give_back(slab worn) {
  {
    std::lock_guard const lock(mutex_);
    for (; !spare_.empty(); spare_ = spare_.subspan(cache::block_size)) {
      worn_.push_back(spare_.first(cache::block_size));
    }
    worn_.push_back(worn);
    replaced_ += worn.size();
  }
  changed_.notify_all();
}

// What the kernel does not replace is never used again.
bool slab_supply::replace(slab memory) const {
  return how_ == recycling::in_place_for_test || replace_pages(memory);
}

bool slab_supply::wants_more() const {
  return !uncut_.empty() && ready_bytes_ + std::min<base::byte_count>(slab_size, uncut_.size()) <= ahead_;
}

bool slab_supply::is_low() const {
  return wants_more() && ready_bytes_ < ahead_ / low_part;
}

void slab_supply::run(std::stop_token const& stop) {
  std::unique_lock lock(mutex_);
  auto seen = taken_;
  while (changed_.wait(lock, stop, [&] { return !worn_.empty() || wants_more(); })) {
    if (!worn_.empty()) {
      replace_next(lock);
      continue;
    }
    // While a query takes slabs, the cores are its own; unless it is about to take the last one.
    if (taken_ != seen && !is_low()) {
      seen = taken_;
      changed_.wait_for(lock, stop, calm, [&] { return !worn_.empty() || is_low(); });
      continue;
    }
    prepare_next(lock);
  }
}

void slab_supply::prepare_next(std::unique_lock<std::mutex>& lock) {
  auto const next = in_hand_ = cut(slab_size);
  preparing_ = true;
  lock.unlock();
  make_resident(next);
  lock.lock();
  preparing_ = false;
  if (!in_hand_.empty()) {  // nobody was quicker
    ready_.push_back(std::exchange(in_hand_, {}));
    ready_bytes_ += next.size();
  }
  changed_.notify_all();
}

void slab_supply::replace_next(std::unique_lock<std::mutex>& lock) {
  auto const next = worn_.front();
  worn_.pop_front();
  preparing_ = true;
  lock.unlock();
  auto const fit = replace(next);
  if (fit) {
    make_resident(next);
  }
  lock.lock();
  preparing_ = false;
  if (fit) {
    replaced_blocks_.push_back(next);
  }
  changed_.notify_all();
}

void slab_supply::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !preparing_ && worn_.empty() && !wants_more(); });
}

base::byte_count slab_supply::resident() const {
  std::lock_guard const lock(mutex_);
  return ready_bytes_;
}

}  // namespace s3proxy::store
