#include "s3proxy/store/slab_supply.hpp"

#include <algorithm>
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

/// Makes fresh memory resident: by one call, or on a kernel before 5.14 by a write to each page.
void make_resident(std::span<char> memory) {
  if (::madvise(memory.data(), memory.size(), MADV_POPULATE_WRITE) == 0) {
    return;
  }
  for (std::size_t at = 0; at < memory.size(); at += page_size) {
    *static_cast<char volatile*>(&memory[at]) = 0;
  }
}

char* align_up(char* address) {
  auto const past = reinterpret_cast<std::uintptr_t>(address) % slab_size;
  return past == 0 ? address : address + (slab_size - past);
}

}  // namespace

slab_supply::slab_supply(base::byte_count size, base::byte_count ahead)
    : ahead_(ahead), reserved_size_(size + slab_size) {
  auto* const region = ::mmap(nullptr, reserved_size_, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) {
    throw std::bad_alloc();
  }
  reserved_ = static_cast<char*>(region);
  uncut_ = {align_up(reserved_), static_cast<std::size_t>(size)};
  // Clients' bytes belong neither into a core file nor into the programs that we start.
  ::madvise(reserved_, reserved_size_, MADV_DONTDUMP);
  ::madvise(reserved_, reserved_size_, MADV_DONTFORK);
  thread_ = std::jthread([this](std::stop_token const& stop) { run(stop); });
  ::pthread_setname_np(thread_.native_handle(), "slabs");
}

slab_supply::~slab_supply() {
  thread_.request_stop();
  thread_.join();
  ::munmap(reserved_, reserved_size_);
}

slab_supply::slab slab_supply::cut() {
  auto const out = uncut_.first(std::min<std::size_t>(slab_size, uncut_.size()));
  uncut_ = uncut_.subspan(out.size());
  return out;
}

std::span<char> slab_supply::take() {
  std::lock_guard const lock(mutex_);
  if (ready_.empty()) {
    return cut();
  }
  auto const out = ready_.front();
  ready_.pop_front();
  ready_bytes_ -= out.size();
  ++taken_;
  changed_.notify_all();
  return out;
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
  while (changed_.wait(lock, stop, [&] { return wants_more(); })) {
    // While a query takes slabs, the cores are its own; unless it is about to take the last one.
    if (taken_ != seen && !is_low()) {
      seen = taken_;
      changed_.wait_for(lock, stop, calm, [&] { return is_low(); });
      continue;
    }
    auto const next = cut();
    preparing_ = true;
    lock.unlock();
    make_resident(next);
    lock.lock();
    preparing_ = false;
    ready_.push_back(next);
    ready_bytes_ += next.size();
    changed_.notify_all();
  }
}

void slab_supply::settle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !preparing_ && !wants_more(); });
}

base::byte_count slab_supply::resident() const {
  std::lock_guard const lock(mutex_);
  return ready_bytes_;
}

}  // namespace s3proxy::store
