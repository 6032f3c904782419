#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_session_st;

namespace s3proxy::test {

/// How a test's client speaks TLS.
struct tls_wish {
  std::string trusted;  ///< PEM of the issuer it trusts; empty: it trusts nobody and asks nothing
  std::string name = "localhost";
  int oldest = 0;  ///< OpenSSL's number of a version; 0: any
  int newest = 0;
  std::shared_ptr<ssl_session_st> resume{};
};

/// TLS of a blocking client on its socket. The handshake is made by the constructor.
class tls_layer {
 public:
  tls_layer(int socket, tls_wish const& wish);

  bool established() const { return established_; }
  std::string const& complaint() const { return complaint_; }
  /// As recv(): 0 at an end of any kind, negative after an error.
  long read(char* into, std::size_t size);
  /// False when not all was taken.
  bool write(std::string_view bytes);
  /// How many bytes were taken, a record at a time, before one was not within the socket's own time limit.
  std::size_t offer(std::string_view bytes);
  void say_goodbye();
  /// Asks for new keys, of both sides.
  void change_keys();

  bool heard_goodbye() const;
  bool was_resumed() const;
  int version() const;
  long serial_of_peer() const;
  /// To be resumed; in TLS 1.3 only after something was read.
  std::shared_ptr<ssl_session_st> session() const;

 private:
  std::shared_ptr<ssl_st> ssl_;
  bool established_ = false;
  std::string complaint_;
};

}  // namespace s3proxy::test
