#pragma once

#include "s3proxy/http/date.hpp"
#include "s3proxy/http/header_list.hpp"
#include "s3proxy/s3/credentials.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::test {

struct answer {
  unsigned status = 0;  ///< 0: the connection ended before a head
  http::header_list headers;
  std::string body;
  bool complete = false;  ///< the body has the length that the head promised

  std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
  /// The `<Code>` of an S3 error document; empty without one.
  std::string error_code() const;
};

using fields = std::vector<std::pair<std::string, std::string>>;

struct request {
  std::string method = "GET";
  std::string target;  ///< raw path and query
  fields headers{};
  std::string body{};
  std::optional<std::string> payload_hash{};  ///< default: that of the body
};

/// One client connection, blocking, with a deadline on every read (a hung test fails instead of hanging).
class client {
 public:
  explicit client(std::uint16_t port);
  /// One that holds back little of what it does not read.
  client(std::uint16_t port, std::size_t receive_buffer);

  /// False when the connection ended before all was taken.
  bool send(std::string_view bytes);
  /// Sends until the proxy has taken nothing more for `patience`. Gives how many bytes went out.
  std::size_t offer(std::string_view bytes, std::chrono::milliseconds patience);
  /// Ends this side's half of the connection: what is sent so far is all.
  void finish_sending();
  /// Reads one whole answer to a request of `method`.
  answer read(std::string_view method = "GET");
  /// Reads the head only; the body can be read with read_body_some.
  answer read_head();
  std::string read_some(std::size_t most);
  /// True when the proxy has closed the connection (nothing more comes).
  bool at_end();
  /// Whether the end came as a reset.
  bool was_reset() const { return reset_; }
  void close();
  void reset();

 private:
  bool fill();

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  std::string buffer_;
  bool ended_ = false;
  bool reset_ = false;
};

/// The bytes of a signed request. Signing uses the project's own signer, which the golden tests hold against
/// others.
std::string signed_bytes(request const& what, std::uint16_t port, s3::credentials const& keys,
                         http::wall_time now, std::string_view region = "us-east-1");
/// The same with its signature in the query.
std::string presigned_bytes(request const& what, std::uint16_t port, s3::credentials const& keys,
                            http::wall_time now, std::chrono::seconds lifetime = std::chrono::hours(1));
/// The same without a signature.
std::string plain_bytes(request const& what, std::uint16_t port);

}  // namespace s3proxy::test
