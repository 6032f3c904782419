#include "support/tls_layer.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>

namespace s3proxy::test {
namespace {

std::shared_ptr<SSL_CTX> context_for(tls_wish const& wish) {
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(made.get(), wish.oldest);
  SSL_CTX_set_max_proto_version(made.get(), wish.newest);
  SSL_CTX_set_mode(made.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (wish.newest != 0 && wish.newest < TLS1_2_VERSION) {
    SSL_CTX_set_security_level(made.get(), 0);  // else this side refuses first
  }
  if (!wish.trusted.empty()) {
    auto* const in = BIO_new_mem_buf(wish.trusted.data(), static_cast<int>(wish.trusted.size()));
    auto* const issuer = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(made.get()), issuer);
    X509_free(issuer);
    BIO_free(in);
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  }
  return made;
}

}  // namespace

tls_layer::tls_layer(int socket, tls_wish const& wish) : ssl_(SSL_new(context_for(wish).get()), SSL_free) {
  SSL_set_fd(ssl_.get(), socket);
  SSL_set_tlsext_host_name(ssl_.get(), wish.name.c_str());
  SSL_set1_host(ssl_.get(), wish.name.c_str());
  if (wish.resume) {
    SSL_set_session(ssl_.get(), wish.resume.get());
  }
  ERR_clear_error();
  established_ = SSL_connect(ssl_.get()) == 1;
  if (!established_) {
    auto const* words = ERR_reason_error_string(ERR_peek_last_error());
    complaint_ = words ? words : "the connection ended";
  }
}

long tls_layer::read(char* into, std::size_t size) {
  ERR_clear_error();
  errno = 0;
  std::size_t count = 0;
  auto const returned = SSL_read_ex(ssl_.get(), into, size, &count);
  if (returned == 1) {
    return static_cast<long>(count);
  }
  auto const kind = SSL_get_error(ssl_.get(), returned);
  auto const reason = ERR_GET_REASON(ERR_peek_last_error());
  auto const at_end = kind == SSL_ERROR_ZERO_RETURN || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
                      (kind == SSL_ERROR_SYSCALL && errno == 0);
  return at_end ? 0 : -1;
}

bool tls_layer::write(std::string_view bytes) {
  return offer(bytes) == bytes.size();
}

std::size_t tls_layer::offer(std::string_view bytes) {
  auto const all = bytes.size();
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t count = 0;
    if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count) != 1) {
      break;
    }
    bytes.remove_prefix(count);
  }
  return all - bytes.size();
}

void tls_layer::say_goodbye() {
  SSL_shutdown(ssl_.get());
}

void tls_layer::change_keys() {
  SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED);
  SSL_do_handshake(ssl_.get());
}

bool tls_layer::heard_goodbye() const {
  return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool tls_layer::was_resumed() const {
  return SSL_session_reused(ssl_.get()) == 1;
}

int tls_layer::version() const {
  return SSL_version(ssl_.get());
}

long tls_layer::serial_of_peer() const {
  std::unique_ptr<X509, decltype(&X509_free)> const one(SSL_get1_peer_certificate(ssl_.get()), X509_free);
  return one ? ASN1_INTEGER_get(X509_get0_serialNumber(one.get())) : 0;
}

std::shared_ptr<ssl_session_st> tls_layer::session() const {
  return {SSL_get1_session(ssl_.get()), SSL_SESSION_free};
}

}  // namespace s3proxy::test
