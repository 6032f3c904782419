#pragma once

#include "s3proxy/net/tls_context.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace s3proxy::net {

/// What a step of TLS came to. None of them blocks.
enum class tls_step {
  done,         ///< `count` bytes moved
  wants_read,   ///< again when the socket is readable
  wants_write,  ///< again, with the same bytes, when the socket is writable
  ended,        ///< the other side said goodbye, or closed without
  plain_http,   ///< of a handshake: the client speaks HTTP without TLS
  failed,       ///< the connection is of no more use; `complaint()` says why
};

struct tls_outcome {
  tls_step step = tls_step::failed;
  std::size_t count = 0;
};

/// What a send to the client takes.
struct tls_sending {
  int descriptor;
  int flags;
};

/// TLS of one accepted connection, straight on its descriptor (`asio::ssl::stream` costs up to 1.6 times as
/// much). It knows neither waits nor deadlines. A client that has gone raises no signal.
class tls_channel {
 public:
  /// `descriptor` does not block and outlives the channel. The pair of this moment stays this connection's.
  tls_channel(tls_context const& context, int descriptor);
  ~tls_channel();
  tls_channel(tls_channel const&) = delete;
  tls_channel& operator=(tls_channel const&) = delete;

  tls_outcome handshake();
  bool established() const;
  tls_outcome read(std::span<char> into);
  /// Like read, but takes nothing: what comes next is told apart (bytes, a goodbye, or TLS's own talk).
  tls_step look();
  /// May take a part. After wants_write the next call begins with the same bytes. Where more follows at once
  /// (`after`), the kernel is told, and puts the records together to few segments.
  enum class follows { nothing, more };
  tls_outcome write(std::string_view bytes, follows after = follows::nothing);
  /// Tells the other side that what it has is all (RFC 8446 6.1). Nothing is said on a connection that has
  /// failed or on which an answer is cut off.
  tls_step say_goodbye();
  std::string const& complaint() const { return complaint_; }

  /// True when something was taken from the socket and not given to anybody yet.
  bool holds_bytes() const;
  /// The descriptor is about to close: nothing touches it from here on.
  void let_go() { failed_ = true; }

  /// Where a head and the beginning of its body are put together, so that they leave as one record. Small
  /// answers are nothing but this.
  std::span<char> record() { return {record_.get(), record_bytes}; }
  static constexpr std::size_t record_bytes = std::size_t{16} * 1024;  ///< RFC 8446 5.1: the most in one

 private:
  tls_step classify(int returned);

  tls_sending sending_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
  std::unique_ptr<char[]> record_ = std::make_unique_for_overwrite<char[]>(record_bytes);
  std::string complaint_;
  bool failed_ = false;
};

}  // namespace s3proxy::net
