#pragma once

#include "s3proxy/base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace s3proxy::http {

/// Takes the chunked transfer coding off a request's body, piece by piece, however it is split, and accepts
/// only what all readers frame alike: sizes of 1 to 16 hexadecimal digits, CRLF line ends, no trailer. Chunk
/// extensions are passed over, as RFC 9112 section 7.1.1 wants it: up to 256 bytes a line, without quotes.
class chunked_decoder {
 public:
  struct decoded {
    std::size_t data = 0;   ///< bytes of the body, moved to the front of the span
    std::size_t taken = 0;  ///< bytes of the span that belonged to the body; those behind it do not
  };

  /// Decodes in place. Errors: incomplete_body (a line that is no chunk size, chunk data without its CRLF),
  /// malformed_request (an extension that is too long, quotes or has a bare line end; a trailer field): after
  /// any of them nothing of the connection may be interpreted any more.
  base::result<decoded> decode(std::span<char> bytes);

  /// The last chunk and the empty line behind it have been read.
  bool ended() const { return state_ == state::ended; }

  static constexpr std::size_t longest_extension = 256;

 private:
  enum class state {
    size,       ///< in the digits of a chunk's size
    extension,  ///< behind them
    size_lf,    ///< the line's CR was seen
    data,
    data_cr,  ///< behind a chunk's data
    data_lf,
    end_cr,   ///< behind the last chunk: the empty line
    trailer,  ///< in the name of a field where the empty line should be
    end_lf,
    ended,
  };
  base::result<void> line_byte(char c);
  base::result<void> size_byte(char c);
  base::result<void> extension_byte(char c);
  base::result<void> expect(char wanted, char c, state next, base::errc otherwise);

  state state_ = state::size;
  std::size_t digits_ = 0;
  std::size_t extension_ = 0;
  std::uint64_t left_ = 0;  ///< of this chunk's data
};

}  // namespace s3proxy::http
