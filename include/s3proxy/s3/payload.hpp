#pragma once

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/base/units.hpp"

#include <optional>
#include <string>
#include <variant>

namespace s3proxy::s3 {

// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (the values of
// x-amz-content-sha256) and .../sigv4-streaming.html, .../sigv4-streaming-trailers.html.

/// Nothing is said about the body.
struct unsigned_payload {};

/// The body is the one with this hash.
struct hashed_payload {
  base::digest sha256;
};

/// What the signatures of chunks continue from: that of the head.
struct chunk_seed {
  base::digest signing_key;
  std::string amz_date;  ///< as in the string to sign: `20130524T000000Z`
  std::string scope;     ///< `20130524/us-east-1/s3/aws4_request`
  base::digest signature;
};

/// The body comes in chunks of its own (`aws-chunked`), whatever the transfer coding around it.
struct streaming_payload {
  enum class chunks { without_signatures, with_signatures } lines = chunks::without_signatures;
  /// Set: every chunk line's signature, and the trailer's, is verified. Empty where chunk lines carry
  /// none, or where nobody here can check them (the body of a bearer of a token).
  std::optional<chunk_seed> seed;
  /// The one field behind the last chunk, in lower case (`x-amz-checksum-crc32`); empty: no trailer.
  std::string trailer;
  base::byte_count decoded_length = 0;  ///< x-amz-decoded-content-length
};

using payload_mode = std::variant<unsigned_payload, hashed_payload, streaming_payload>;

}  // namespace s3proxy::s3
