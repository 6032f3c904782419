#pragma once

#include <chrono>
#include <cstddef>

namespace s3proxy::net {

/// Bounds of sends that lend memory to the kernel instead of copying it.
struct zero_copy_limits {
  std::size_t least = 16 * 1024;  ///< smaller pieces are copied: three system calls cost more than they save
  std::size_t at_once = 1024 * 1024;  ///< lent before the others of the worker have a turn, and a pipe's size
  std::size_t least_pipe =
      64 * 1024;                  ///< where the kernel gives less (its limits for unprivileged users), copy
  std::size_t pipes = 256;        ///< of all workers together; a stalled reader keeps one
  std::size_t idle_pipes = 16;    ///< kept by each worker
  std::size_t pinned = 32 << 20;  ///< replaced but pinned by sockets; beyond, lagging readers get copies
  std::size_t look_again = 4 << 20;  ///< bytes replaced between two looks at all sockets
};

/// Bounds of the leg to the client. Every number has its reason here and is listed in docs/configuration.md.
struct client_limits {
  std::chrono::milliseconds handshake{10'000};  ///< TLS, from accept; slow links need three round trips
  std::chrono::milliseconds head{10'000};       ///< from the first byte of a head to its last
  std::chrono::milliseconds idle{
      120'000};  ///< between requests; longer than client pools keep (Go 90 s, Java 60 s)
  std::chrono::milliseconds body{30'000};    ///< between two pieces of a request body
  std::chrono::milliseconds answer{60'000};  ///< for the client to take the next piece of an answer
  std::size_t lingering_bytes = 64 << 20;  ///< a part of an upload under way, read and thrown away so that an
                                           ///< early error is seen, not a reset
  std::chrono::milliseconds lingering{2'000};
  std::chrono::milliseconds drain{30'000};      ///< after SIGTERM, before open requests are aborted
  std::chrono::milliseconds accept_pause{100};  ///< when the process is out of file descriptors
  std::size_t unsent = 512 * 1024;              ///< TCP_NOTSENT_LOWAT: bounds kernel memory per connection
  std::size_t turn = 256 * 1024;  ///< written by one connection before the others of its worker have a turn
  zero_copy_limits zero_copy;
};

}  // namespace s3proxy::net
