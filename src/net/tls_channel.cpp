#include "tls_channel.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <system_error>

namespace s3proxy::net {

tls_channel::tls_channel(tls_context const& context, int descriptor)
    : ssl_(SSL_new(context.current().get()), SSL_free) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor) != 1) {
    failed_ = true;
    complaint_ = base::last_complaint();
    return;
  }
  SSL_set_accept_state(ssl_.get());
}

tls_channel::~tls_channel() {
  ERR_clear_error();
}

bool tls_channel::established() const {
  return !failed_ && SSL_is_init_finished(ssl_.get()) == 1;
}

tls_outcome tls_channel::handshake() {
  if (failed_) {
    return {};
  }
  ERR_clear_error();
  auto const returned = SSL_do_handshake(ssl_.get());
  return {returned == 1 ? tls_step::done : classify(returned), 0};
}

tls_outcome tls_channel::read(std::span<char> into) {
  if (failed_) {
    return {};
  }
  ERR_clear_error();
  std::size_t count = 0;
  auto const returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
  return {returned == 1 ? tls_step::done : classify(returned), count};
}

tls_step tls_channel::look() {
  if (failed_) {
    return tls_step::failed;
  }
  ERR_clear_error();
  char byte = 0;
  std::size_t count = 0;
  auto const returned = SSL_peek_ex(ssl_.get(), &byte, 1, &count);
  return returned == 1 ? tls_step::done : classify(returned);
}

tls_outcome tls_channel::write(std::string_view bytes) {
  if (failed_) {
    return {};
  }
  ERR_clear_error();
  std::size_t count = 0;
  auto const returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  return {returned == 1 ? tls_step::done : classify(returned), count};
}

tls_step tls_channel::say_goodbye() {
  if (!established()) {
    return tls_step::failed;
  }
  ERR_clear_error();
  // 0: ours is said and theirs has not come, which nobody waits for.
  auto const returned = SSL_shutdown(ssl_.get());
  return returned >= 0 ? tls_step::done : classify(returned);
}

bool tls_channel::holds_bytes() const {
  return !failed_ && SSL_has_pending(ssl_.get()) == 1;
}

tls_step tls_channel::classify(int returned) {
  auto const system_error = errno;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return tls_step::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return tls_step::wants_write;
    case SSL_ERROR_ZERO_RETURN:
      complaint_ = "the client closed";
      return tls_step::ended;
    case SSL_ERROR_SYSCALL:
      failed_ = true;
      complaint_ = std::generic_category().message(system_error);
      return tls_step::failed;
    default: {
      failed_ = true;
      auto const reason = ERR_GET_REASON(ERR_peek_last_error());
      complaint_ = base::last_complaint();
      return reason == SSL_R_HTTP_REQUEST ? tls_step::plain_http : tls_step::failed;
    }
  }
}

}  // namespace s3proxy::net
