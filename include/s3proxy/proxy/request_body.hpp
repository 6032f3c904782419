#pragma once

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/http/chunked_decoder.hpp"
#include "s3proxy/proxy/exchange.hpp"
#include "s3proxy/s3/aws_chunked.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::proxy {

/// The body of one request on its way in: off the connection, out of its transfer coding and its aws-chunked
/// form, held against everything that its client promised about it.
class request_body {
 public:
  explicit request_body(exchange& ex);

  /// The next bytes of what is meant to be stored; none at the end. The last byte is given only when all that
  /// was promised holds (length, hash, signatures, checksum): a store that is a byte short of the length
  /// commits nothing. Invites a client that waits for a 100, notes in the exchange when the body has ended.
  /// Lifetime of the bytes: until the next call. Errors: missing_content_length, incomplete_body,
  /// malformed_request, request_timeout, content_sha256_mismatch, those of aws_chunked_decoder.
  boost::asio::awaitable<base::result<std::string_view>> read();

  /// How many bytes read() gives in all, if nothing goes wrong.
  base::byte_count length() const { return length_; }
  /// What stood behind the colon of the trailer. Meaningful at the end.
  std::string const& trailer_value() const { return chunks_->trailer_value(); }

 private:
  boost::asio::awaitable<base::result<void>> begin();
  boost::asio::awaitable<base::result<std::span<char>>> read_transport();
  base::result<std::size_t> decode(std::span<char> bytes);
  base::result<void> conclude();
  std::string_view all_but_the_last_byte(std::size_t decoded);

  exchange& ex_;
  base::byte_count length_;
  std::vector<char> buffer_;  // the first byte is room for the one that was held back
  base::byte_count left_;     // of a body with a Content-Length, on the connection
  std::optional<http::chunked_decoder> transfer_;
  std::optional<s3::aws_chunked_decoder> chunks_;
  std::optional<base::sha256_stream> hash_;
  base::byte_count decoded_ = 0;
  std::optional<char> held_;
  bool begun_ = false;
  bool transport_ended_;
  bool ended_ = false;
};

}  // namespace s3proxy::proxy
