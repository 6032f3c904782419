#include "s3proxy/net/zero_copy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace s3proxy::net {
namespace {

using base::byte_count;

constexpr std::size_t most_pieces = 64;

/// Bytes that the socket was given and its peer has not acknowledged. No proof that nobody reads them.
byte_count undrained(int socket) {
  int queued = 0;
  return ::ioctl(socket, SIOCOUTQ, &queued) == 0 && queued > 0 ? static_cast<byte_count>(queued) : 0;
}

}  // namespace

void lent_account::look(byte_count replaced) {
  auto const lent = lent_.load(std::memory_order_relaxed);
  auto const left = std::min(undrained(socket_), lent);
  if (lent - left >= mark_.lent) {
    oldest_ = left == 0 ? moment{lent, replaced} : mark_;
    mark_ = {lent, replaced};
  }
  pinned_ = std::min(left, replaced - oldest_.replaced);
}

zero_copy::zero_copy(zero_copy_limits const& limits, owner memory)
    : limits_(limits), memory_(std::move(memory)) {}

std::shared_ptr<lent_account> zero_copy::open(int socket) {
  auto made = std::make_shared<lent_account>(socket, memory_.replaced());
  std::lock_guard const lock(mutex_);
  accounts_.push_back(made);
  return made;
}

void zero_copy::close(std::shared_ptr<lent_account> const& account) {
  std::lock_guard const lock(mutex_);
  std::erase(accounts_, account);
}

bool zero_copy::may_lend(lent_account const* account) {
  auto const replaced = memory_.replaced();
  if (replaced - looked_at_.load(std::memory_order_relaxed) >= limits_.look_again) {
    look(replaced);
  }
  return pinned() <= limits_.pinned || !account || account->pinned() == 0;
}

void zero_copy::look(byte_count replaced) {
  std::unique_lock const lock(mutex_, std::try_to_lock);
  if (!lock) {
    return;  // another looks
  }
  looked_at_ = std::max(replaced, looked_at_.load());
  byte_count total = 0;
  for (auto const& account : accounts_) {
    account->look(replaced);
    total += account->pinned();
  }
  pinned_ = total;
  memory_.pinned(total);
}

bool zero_copy::enter_pipe() {
  if (pipes_.fetch_add(1) < limits_.pipes) {
    return true;
  }
  --pipes_;
  return false;
}

std::unique_ptr<pipe> pipe::make(zero_copy& shared) {
  if (!shared.enter_pipe()) {
    return nullptr;
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) {
    shared.leave_pipe();
    return nullptr;
  }
  // A user without privileges gets few large ones; the kernel's default is a sixteenth of what we like best.
  for (auto wish = shared.limits().at_once; wish >= shared.limits().least_pipe; wish /= 2) {
    if (::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(wish)) >= 0) {
      break;
    }
  }
  auto const size = std::max(0, ::fcntl(ends[1], F_GETPIPE_SZ));
  std::unique_ptr<pipe> made(new pipe(shared, ends[0], ends[1], static_cast<std::size_t>(size)));
  return made->size_ >= shared.limits().least_pipe ? std::move(made) : nullptr;
}

pipe::~pipe() {
  ::close(out_);
  ::close(in_);
  shared_.leave_pipe();
}

std::size_t pipe::fill(std::span<std::string_view const> pieces) {
  std::array<iovec, most_pieces> parts;
  std::size_t count = 0;
  for (auto room = size_ - held_; count < parts.size() && count < pieces.size() && room > 0; ++count) {
    auto const& piece = pieces[count];
    auto const length = std::min(piece.size(), room);
    parts[count] = {const_cast<char*>(piece.data()), length};
    room -= length;
  }
  auto const taken = ::vmsplice(in_, parts.data(), count, SPLICE_F_NONBLOCK);
  if (taken <= 0) {
    return 0;
  }
  held_ += static_cast<std::size_t>(taken);
  return static_cast<std::size_t>(taken);
}

pipe::outcome pipe::drain_into(int socket, std::size_t& moved) {
  moved = 0;
  while (held_ > 0) {
    auto const count = ::splice(out_, nullptr, socket, nullptr, held_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (count > 0) {
      held_ -= static_cast<std::size_t>(count);
      moved += static_cast<std::size_t>(count);
    } else if (count < 0 && errno == EAGAIN) {
      return outcome::full;
    } else if (count == 0 || errno != EINTR) {
      return outcome::gone;
    }
  }
  return outcome::drained;
}

std::unique_ptr<pipe> pipe_pool::take() {
  if (idle_.empty()) {
    return pipe::make(shared_);
  }
  auto out = std::move(idle_.back());
  idle_.pop_back();
  return out;
}

void pipe_pool::give_back(std::unique_ptr<pipe> used) {
  if (used->empty() && idle_.size() < shared_.limits().idle_pipes) {
    idle_.push_back(std::move(used));
  }
}

}  // namespace s3proxy::net
