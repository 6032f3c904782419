#include "wire.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace load {

namespace {

[[noreturn]] void fail(char const* what, int error = errno) {
  throw std::system_error{error, std::generic_category(), what};
}

std::size_t checked(ssize_t size) {
  if (size == 0) {
    throw std::runtime_error{"the server closed a connection"};
  }
  return static_cast<std::size_t>(size);
}

}  // namespace

void close_tls::operator()(SSL* tls) const {
  SSL_free(tls);
}

void close_tls::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

tls_context make_tls_context() {
  auto context = tls_context{SSL_CTX_new(TLS_client_method())};
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256") != 1) {
    throw std::runtime_error{"no TLS 1.3 here"};
  }
  return context;
}

wire::wire(sockaddr_in const& server, std::uint32_t source, SSL_CTX* tls)
    : descriptor_{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)} {
  if (descriptor_ < 0) {
    fail("socket");
  }
  int const on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source != 0) {
    // The port is chosen when the connection is made: each address has all ports for each server.
    ::setsockopt(descriptor_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(source);
    if (::bind(descriptor_, reinterpret_cast<sockaddr const*>(&from), sizeof from) != 0) {
      fail("bind");
    }
  }
  if (::connect(descriptor_, reinterpret_cast<sockaddr const*>(&server), sizeof server) != 0 &&
      errno != EINPROGRESS) {
    fail("connect");
  }
  if (tls != nullptr) {
    tls_.reset(SSL_new(tls));
    SSL_set_fd(tls_.get(), descriptor_);
    SSL_set_connect_state(tls_.get());
  }
}

wire::wire(wire&& other) noexcept {
  *this = std::move(other);
}

wire& wire::operator=(wire&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    is_connected_ = other.is_connected_;
    tls_ = std::move(other.tls_);
  }
  return *this;
}

wire::~wire() {
  close();
}

void wire::close() {
  tls_.reset();
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

bool wire::is_ready() {
  if (!is_connected_) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      fail("connect", error);
    }
    is_connected_ = true;
  }
  if (!tls_) {
    return true;
  }
  ERR_clear_error();
  auto const done = SSL_do_handshake(tls_.get());
  if (done == 1) {
    return true;
  }
  if (SSL_get_error(tls_.get(), done) != SSL_ERROR_WANT_READ) {
    throw std::runtime_error{"the TLS handshake failed"};
  }
  return false;
}

void wire::write(std::string_view bytes) {
  std::size_t sent = 0;
  if (tls_) {
    SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
  } else {
    sent = static_cast<std::size_t>(
        std::max<ssize_t>(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL), 0));
  }
  if (sent != bytes.size()) {
    throw std::runtime_error{"the server took no request"};
  }
}

std::optional<std::size_t> wire::read(std::span<char> buffer) {
  if (tls_) {
    ERR_clear_error();
    std::size_t size = 0;
    auto const done = SSL_read_ex(tls_.get(), buffer.data(), buffer.size(), &size);
    if (done == 1) {
      return size;
    }
    if (SSL_get_error(tls_.get(), done) != SSL_ERROR_WANT_READ) {
      throw std::runtime_error{"the server ended TLS"};
    }
    return std::nullopt;
  }
  auto const size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (size < 0 && errno != EAGAIN) {
    fail("recv");
  }
  return size < 0 ? std::nullopt : std::optional{checked(size)};
}

std::optional<std::size_t> wire::discard(std::size_t most, std::span<char> scratch) {
  if (tls_) {
    return read(scratch.first(std::min(most, scratch.size())));
  }
  auto const size = ::recv(descriptor_, nullptr, most, MSG_TRUNC);
  if (size < 0 && errno != EAGAIN) {
    fail("recv");
  }
  return size < 0 ? std::nullopt : std::optional{checked(size)};
}

}  // namespace load
