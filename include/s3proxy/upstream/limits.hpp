#pragma once

#include <chrono>
#include <cstddef>

namespace s3proxy::upstream {

/// Bounds of the leg to the store. Every number has its reason here and is listed in docs/configuration.md.
struct origin_limits {
  std::chrono::milliseconds resolve{5'000};    ///< getaddrinfo itself gives up after 5 s a server
  std::chrono::seconds resolved_for{30};       ///< S3 rotates its addresses; re-asking per connection is slow
  std::chrono::milliseconds connect{3'000};    ///< a lost SYN is sent again after 1 s: two chances
  std::chrono::milliseconds handshake{5'000};  ///< TLS: two round trips and a signature
  std::chrono::milliseconds first_byte{30'000};  ///< engines give up after 30 s themselves
  std::chrono::milliseconds idle{30'000};        ///< between two pieces of a body, either way
  std::chrono::milliseconds lease{10'000};       ///< waiting for a free connection
  std::chrono::seconds keep{55};  ///< an unused connection; stores close theirs after 60 s or more
  /// Per origin, shared out among the workers: S3 advises one per 85 to 90 MB/s, so these fill 40 Gbit/s;
  /// more only make a store slow down.
  std::size_t connections = 64;
  std::size_t demand_part = 4;  ///< one connection in 4, and at least one, is never lent to speculation
  std::size_t head_bytes = 64 * 1024;      ///< 2 KiB of user metadata, policies in headers, and room
  std::size_t receive_bytes = 256 * 1024;  ///< one receive buffer a connection; grows as needed, up to this
  std::size_t first_read_bytes =
      16 * 1024;  ///< with a head: a small body comes along, of others little is copied
  std::size_t redirect_bytes = 16 * 1024;  ///< of an answer that may say "elsewhere": S3's have 500 bytes
  std::size_t known_buckets =
      10'000;  ///< whose regions are remembered, 100 bytes each; an account has 10,000
  std::size_t read_bytes = 64 * 1024;  ///< of a body of unknown length in one system call
  std::size_t hosts = 64;   ///< whose addresses are remembered; Amazon has 40 regions in a partition
  int interim_answers = 8;  ///< 1xx answers passed over before a final one
  unsigned attempts = 3;    ///< of a GET or HEAD before its first byte
  std::chrono::milliseconds backoff{50};  ///< doubled each time, jittered
  std::chrono::milliseconds backoff_most{1'000};
  /// Retries are paid from a bucket, so that they die out in an outage.
  int retry_tokens = 500;
  int retry_price = 14;
};

/// Bounds of one call to somebody who hands out credentials: an STS, a container's agent, a machine's
/// metadata service. docs/configuration.md lists them.
struct call_limits {
  std::chrono::milliseconds resolve{
      3'000};  ///< these names are asked for once an hour: no cache of ours helps
  std::chrono::milliseconds connect{3'000};  ///< a lost SYN is sent again after 1 s: two chances
  std::chrono::milliseconds total{
      10'000};                         ///< all of it; an STS answers within a second, waiters give up at 30 s
  std::size_t head_bytes = 32 * 1024;  ///< their answers have a dozen short fields
  std::size_t body_bytes = 64 * 1024;  ///< a key pair with a session token is 4 KiB
};

/// Bounds of getting a key pair and of keeping it fresh. docs/configuration.md lists them.
struct credential_limits {
  call_limits sts;
  call_limits container{.connect = std::chrono::milliseconds(1'000),  ///< a neighbour on the same machine
                        .total = std::chrono::milliseconds(5'000)};
  call_limits machine{.connect = std::chrono::milliseconds(1'000),  ///< so that a laptop, which has none,
                      .total = std::chrono::milliseconds(1'000)};   ///< starts fast
  std::chrono::milliseconds program{
      60'000};                            ///< a credential_process may ask the network, and that one a person
  std::size_t program_bytes = 64 * 1024;  ///< of its output: a key pair with a session token is 4 KiB
  unsigned start_attempts = 3;  ///< of the first fetch while nobody answers: an agent may start beside us
  /// Keys are fetched anew at a random moment between these two times before they expire, as AWS's SDKs do...
  std::chrono::seconds advisory{15 * 60};
  std::chrono::seconds mandatory{10 * 60};
  /// ...or, of short-lived ones, between these parts of their life before its end.
  int advisory_part = 4;
  int mandatory_part = 6;
  std::chrono::seconds least_wait{5};      ///< between two fetches, however short the life
  std::chrono::milliseconds retry{1'000};  ///< the most before the first repetition after a failure; doubled
  std::chrono::milliseconds retry_most{60'000};  ///< the most before any
  std::chrono::milliseconds look{5'000};         ///< at the clock: a machine that slept wakes to expired keys
};

}  // namespace s3proxy::upstream
