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
  std::size_t connections =
      256;  ///< per origin, shared out among the workers; S3 advises one per 85 to 90 MB/s
  std::size_t head_bytes = 64 * 1024;      ///< 2 KiB of user metadata, policies in headers, and room
  std::size_t receive_bytes = 256 * 1024;  ///< one receive buffer a connection; grows as needed, up to this
  std::size_t read_bytes = 64 * 1024;      ///< of a body in one system call; Beast takes no more at once
  int interim_answers = 8;                 ///< 1xx answers passed over before a final one
  unsigned attempts = 3;                   ///< of a GET or HEAD before its first byte
  std::chrono::milliseconds backoff{50};   ///< doubled each time, jittered
  std::chrono::milliseconds backoff_most{1'000};
  /// Retries are paid from a bucket, so that they die out in an outage.
  int retry_tokens = 500;
  int retry_price = 14;
};

}  // namespace s3proxy::upstream
