#pragma once

#include <chrono>
#include <cstddef>

namespace s3proxy::net {

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
};

}  // namespace s3proxy::net
