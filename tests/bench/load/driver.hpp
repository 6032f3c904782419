#pragma once

#include "answer.hpp"
#include "settings.hpp"
#include "tally.hpp"
#include "wire.hpp"

#include <functional>
#include <memory>
#include <queue>
#include <signal.h>
#include <vector>

namespace load {

/// One connection of the load, and the exchange that is under way on it.
struct connection {
  enum class state { connecting, idle, waiting, resting };

  std::uint32_t source = 0;
  wire link;
  state now = state::connecting;
  answer coming;
  clock::time_point due{};
  clock::time_point first_byte{};
  bool has_stalled = false;
};

/// Sends requests over many connections from one thread, and checks what comes. What the server does wrong
/// ends the run with an exception. SIGTERM must be blocked; it ends the run in order: every answer that is
/// under way is read to its end, without further slowness.
class driver {
 public:
  /// `requests` and `tls` (null for plain) outlive it.
  driver(settings const& given, std::vector<request> const& requests, SSL_CTX* tls);
  ~driver();
  driver(driver const&) = delete;
  driver& operator=(driver const&) = delete;

  /// `on_held` is called when all connections of `manner::hold` stand idle.
  tally run(std::function<void()> const& on_held);

 private:
  void open(connection& one);
  void open_more();
  void listen_for(connection& one, std::uint32_t events);
  void handle(connection& one);
  void become_ready(connection& one);
  void read(connection& one);
  std::optional<std::size_t> read_some(connection& one);
  void rest_if_slow(connection& one, std::size_t came);
  void rest(connection& one, clock::duration time);
  void wake_rested(clock::time_point now);
  void finish(connection& one);
  void start(connection& one, clock::time_point due);
  void start_due(clock::time_point now);
  void start_stampede();
  void look_at_the_end(clock::time_point now);
  bool may_send() const;
  timespec until_next(clock::time_point now) const;

  struct rested {
    clock::time_point until;
    connection* who;
    bool operator>(rested const& other) const { return until > other.until; }
  };

  settings settings_;
  std::vector<request> const& requests_;
  SSL_CTX* tls_;
  int poll_;
  sigset_t while_waiting_{};
  std::vector<std::unique_ptr<connection>> connections_;
  std::vector<connection*> idle_;
  std::priority_queue<rested, std::vector<rested>, std::greater<>> resting_;
  std::vector<char> buffer_;
  clock::time_point began_{};
  clock::time_point next_due_{};
  unsigned connecting_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t under_way_ = 0;
  bool stopping_ = false;  // no more requests
  bool hurrying_ = false;  // and no slow readers
  bool stampeding_ = false;
  tally tally_;
};

}  // namespace load
