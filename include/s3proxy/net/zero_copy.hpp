#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/net/limits.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::net {

/// Replaces the pages of `memory`, so that the kernel keeps the old bytes for those who still have to read
/// them and we get fresh zeroed pages. False when the kernel does not.
using replace_pages = std::function<bool(char* memory, std::size_t size)>;

/// Lends memory to a socket of this machine, replaces it, writes into it, and reads what arrives: whether
/// zero-copy sends are safe on this kernel. Gives why they are not; nothing when they are.
std::optional<std::string> test_zero_copy(replace_pages const& replace);

/// The memory of one socket's sends, as far as it was lent.
class lent_account {
 public:
  lent_account(int socket, base::byte_count replaced) : socket_(socket), mark_{0, replaced}, oldest_(mark_) {}
  /// By the worker of the connection.
  void lend(std::size_t bytes) { lent_.fetch_add(bytes, std::memory_order_relaxed); }
  base::byte_count pinned() const { return pinned_.load(std::memory_order_relaxed); }

 private:
  friend class zero_copy;
  struct moment {
    base::byte_count lent;
    base::byte_count replaced;  // by the store, so far
  };
  void look(base::byte_count replaced);

  int socket_;
  std::atomic<base::byte_count> lent_{0};
  std::atomic<base::byte_count> pinned_{0};
  // Under the lock of all accounts. What was lent before the oldest moment has drained.
  moment mark_;
  moment oldest_;
};

/// What all workers share of zero-copy sends: how many pipes there may be, and how much memory sockets may
/// pin that its owner has replaced already. Thread-safe. Outlives the connections.
class zero_copy {
 public:
  struct owner {
    /// Bytes of lent memory that were replaced, ever.
    std::function<base::byte_count()> replaced;
    /// Is told how many of them sockets may still pin; once in a while.
    std::function<void(base::byte_count)> pinned;
  };
  zero_copy(zero_copy_limits const& limits, owner memory);

  zero_copy_limits const& limits() const { return limits_; }

  /// A connection's account from now to close(): sockets are looked at while they have one.
  std::shared_ptr<lent_account> open(int socket);
  void close(std::shared_ptr<lent_account> const& account);
  /// False for a connection that lags while too much is pinned.
  bool may_lend(lent_account const* account);
  base::byte_count pinned() const { return pinned_.load(std::memory_order_relaxed); }

  /// Takes the place of one pipe in the budget.
  bool enter_pipe();
  void leave_pipe() { --pipes_; }
  std::size_t pipes() const { return pipes_; }

 private:
  void look(base::byte_count replaced);

  zero_copy_limits const limits_;
  owner memory_;
  std::atomic<std::size_t> pipes_{0};
  std::atomic<base::byte_count> pinned_{0};
  std::atomic<base::byte_count> looked_at_{0};  // bytes replaced at the last look
  std::mutex mutex_;
  std::vector<std::shared_ptr<lent_account>> accounts_;
};

/// The two ends of a pipe; what is in it was lent.
class pipe {
 public:
  /// Nothing when the kernel gives none that is worth it.
  static std::unique_ptr<pipe> make(zero_copy& shared);
  ~pipe();
  pipe(pipe const&) = delete;
  pipe& operator=(pipe const&) = delete;

  /// How many of these bytes it took.
  std::size_t fill(std::span<std::string_view const> pieces);
  enum class outcome { drained, full, gone };
  /// Moves what it holds into the socket; `full`: the socket takes no more now.
  outcome drain_into(int socket, std::size_t& moved);
  bool empty() const { return held_ == 0; }

 private:
  pipe(zero_copy& shared, int out, int in, std::size_t size)
      : shared_(shared), out_(out), in_(in), size_(size) {}

  zero_copy& shared_;
  int out_;
  int in_;
  std::size_t size_;
  std::size_t held_ = 0;
};

/// The pipes of one worker that nobody uses now. Lives on its thread.
class pipe_pool {
 public:
  explicit pipe_pool(zero_copy& shared) : shared_(shared) {}
  zero_copy& shared() { return shared_; }
  /// Nothing: send by copy.
  std::unique_ptr<pipe> take();
  /// One that holds bytes still is closed: they would go to another.
  void give_back(std::unique_ptr<pipe> used);

 private:
  zero_copy& shared_;
  std::vector<std::unique_ptr<pipe>> idle_;
};

}  // namespace s3proxy::net
