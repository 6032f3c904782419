#pragma once

#include "s3proxy/base/checksum.hpp"
#include "s3proxy/base/crypto.hpp"
#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/s3/payload.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace s3proxy::s3 {

// Source for the whole file: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
// .../sigv4-streaming-trailers.html

using base::operator""_KiB;
using base::operator""_MiB;

/// Bounds of aws-chunked bodies. Every number has its reason here and is listed in docs/configuration.md.
struct aws_chunked_limits {
  /// Of a signed chunk before the last: S3's own. Unsigned ones may be of any size: SDKs cut theirs where
  /// their buffers end.
  base::byte_count smallest_signed = 8_KiB;
  base::byte_count largest_signed = 16_MiB;  ///< what is forwarded before its signature is known; as MinIO's
  std::size_t line = 256;                    ///< a signed chunk's is 99 bytes, the trailer of SHA-512 is 120
};

/// The algorithm of a trailer such as `x-amz-checksum-crc32`; nothing when it is not one of ours.
std::optional<base::checksum_algorithm> trailer_algorithm(std::string_view trailer);

/// A value of Content-Encoding without the token `aws-chunked`, which is no coding of what is stored:
/// `aws-chunked,gzip` is `gzip`. Empty when nothing is left.
std::string without_aws_chunked(std::string_view encodings);

/// Takes the chunk lines and the trailer off an aws-chunked body, piece by piece, however it is split, and
/// verifies what they promise: signatures of chunks and trailer, the sum of the sizes, the one announced
/// trailer, its checksum where the algorithm is known. Data is given before its own chunk's signature is
/// known: whoever passes it on holds something back until ended().
class aws_chunked_decoder {
 public:
  explicit aws_chunked_decoder(streaming_payload const& expected, aws_chunked_limits const& limits = {});

  /// Decodes in place: gives how many bytes of data are at the front of `bytes` now. Errors:
  /// signature_does_not_match, incomplete_body (a line that is none, more or fewer bytes than were announced,
  /// anything behind the end), invalid_chunk_size (signed chunks only), malformed_trailer, bad_digest.
  base::result<std::size_t> decode(std::span<char> bytes);

  /// The final chunk and the trailer have been read, and everything holds.
  bool ended() const { return state_ == state::ended; }
  /// What stands behind the trailer's colon. Meaningful once ended.
  std::string const& trailer_value() const { return trailer_value_; }

 private:
  enum class state {
    size_line,
    data,
    data_end,          ///< the CRLF behind a chunk's data
    trailer_line,      ///< the announced field
    trailer_line_end,  ///< the CRLF of a field that had a line feed of its own
    trailer_signature_line,
    last_line,  ///< the empty one
    ended,
  };
  /// One line as it comes in: its bytes without the line end.
  base::result<void> line_byte(char c);
  base::result<void> take_line(bool is_crlf);
  base::result<void> take_size_line(bool is_crlf);
  base::result<void> begin_chunk(base::byte_count size);
  base::result<void> end_chunk();
  base::result<void> take_trailer(bool is_crlf);
  base::result<void> take_trailer_signature();
  base::result<void> take_nothing(state next, bool is_crlf);
  base::result<void> check_signature(std::string_view kind, std::string_view hashes);
  base::errc bad_line() const;

  bool lines_are_signed() const { return expected_.lines == streaming_payload::chunks::with_signatures; }

  streaming_payload expected_;
  aws_chunked_limits limits_;
  std::optional<base::checksum> sum_;
  std::optional<base::sha256_stream> chunk_hash_;  // set where signatures are verified
  state state_ = state::size_line;
  std::string line_;
  base::digest given_signature_{};  // of the chunk or trailer that is being read
  base::digest last_signature_{};
  base::byte_count chunk_size_ = 0;
  base::byte_count left_ = 0;     // of this chunk's data
  base::byte_count decoded_ = 0;  // promised by the chunk lines so far
  std::string trailer_value_;
};

/// Cuts a body of known length into unsigned chunks of one size, so that the length of the whole is known in
/// advance. It makes the lines only; the data passes by.
class aws_chunked_framer {
 public:
  explicit aws_chunked_framer(base::byte_count decoded_length) : left_(decoded_length) {}

  struct step {
    std::string framing;   ///< goes out first
    std::size_t data = 0;  ///< then so many of the bytes that are at hand
  };
  /// What to send when `available` bytes of data (more than none, not more than are left) are at hand.
  step next(std::size_t available);
  /// The final chunk and the trailer. All data must have passed.
  std::string end(std::string_view trailer, std::string_view value) const;

  /// The length of it all, for a trailer's value of `value_size` bytes.
  static base::byte_count encoded_length(base::byte_count decoded_length, std::string_view trailer,
                                         std::size_t value_size);

  /// As AWS's own Python client cuts its bodies: long enough to be few, short enough for a store that keeps
  /// one in memory.
  static constexpr base::byte_count chunk_size = 1_MiB;

 private:
  base::byte_count left_;            // of the body
  base::byte_count chunk_left_ = 0;  // of the chunk under way
  bool begun_ = false;
};

}  // namespace s3proxy::s3
