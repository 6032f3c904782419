#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <optional>
#include <span>
#include <string_view>

namespace load {

struct close_tls {
  void operator()(SSL* tls) const;
  void operator()(SSL_CTX* context) const;
};
using tls_session = std::unique_ptr<SSL, close_tls>;
using tls_context = std::unique_ptr<SSL_CTX, close_tls>;

/// What clients of TLS 1.3 with AES-128-GCM share; who the server is is not asked.
tls_context make_tls_context();

/// A client's end of one connection that never blocks, plain or TLS. All members throw std::runtime_error
/// when the connection has failed or has ended.
class wire {
 public:
  wire() = default;
  /// Begins to connect, from the address `source` (host order; 0 lets the kernel choose).
  wire(sockaddr_in const& server, std::uint32_t source, SSL_CTX* tls);
  wire(wire&& other) noexcept;
  wire& operator=(wire&& other) noexcept;
  ~wire();

  int descriptor() const { return descriptor_; }
  /// Once the socket is writable, and then whenever it is readable: whether requests may be sent now.
  bool is_ready();
  /// A request is small, and nothing else is under way: it goes whole.
  void write(std::string_view bytes);
  /// How many bytes came; nothing if none are there yet.
  std::optional<std::size_t> read(std::span<char> buffer);
  /// The same, but drops them, up to `most`: uncopied where the kernel can.
  std::optional<std::size_t> discard(std::size_t most, std::span<char> scratch);

 private:
  void close();

  int descriptor_ = -1;
  bool is_connected_ = false;
  tls_session tls_;
};

}  // namespace load
