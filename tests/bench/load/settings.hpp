#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <netinet/in.h>

namespace load {

using clock = std::chrono::steady_clock;

enum class manner {
  keep_alive,  // request after request on each connection
  fresh,       // each request on a new connection
  stampede,    // every connection sends the first request at one moment, once
  hold,        // every connection sends one request, and then stands idle until a signal
};

/// What the thread does while nothing is there to read. A server pays for waking a client that sleeps, in a
/// virtual machine dearly, which no client behind a network costs it; one that spins needs a core of its own.
enum class waiting { sleep, spin };

struct settings {
  sockaddr_in server{};
  manner how = manner::keep_alive;
  waiting between = waiting::sleep;
  unsigned connections = 16;
  /// Whatever comes first ends it; 0 is no bound. Without either it ends on SIGTERM.
  std::chrono::duration<double> longest{};
  std::uint64_t requests = 0;
  /// Requests a second, whatever the answers take; 0 sends the next one as soon as an answer is there.
  double rate = 0;
  /// 1 of so many answers is read and compared byte for byte.
  std::uint64_t compare_every = 64;
  /// How long a reader stops once an answer has begun, and how many bytes it takes every 10 ms; 0 for no such
  /// slowness.
  std::chrono::duration<double> stall{};
  std::size_t trickle = 0;
  /// Addresses 127.0.0.2 and up that connections come from; 0 lets the kernel choose.
  std::uint32_t sources = 0;
};

}  // namespace load
