#include "tls_channel.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <memory>
#include <sys/socket.h>
#include <system_error>

namespace s3proxy::net {
namespace {

/// The way out to a socket; OpenSSL's own knows no flags. Its data is what a send takes.
int send_through(BIO* door, char const* bytes, int count) {
  auto const& how = *static_cast<tls_sending const*>(BIO_get_data(door));
  BIO_clear_retry_flags(door);
  auto const sent = ::send(how.descriptor, bytes, static_cast<std::size_t>(count), how.flags);
  if (sent < 0 && BIO_sock_non_fatal_error(errno) == 1) {
    BIO_set_retry_write(door);
  }
  return static_cast<int>(sent);
}

long control(BIO*, int what, long, void*) {
  return what == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is held back
}

BIO_METHOD const* way_out() {
  static std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> const made = [] {
    auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket with flags");
    if (method) {
      BIO_meth_set_write(method, send_through);
      BIO_meth_set_ctrl(method, control);
    }
    return std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)>(method, BIO_meth_free);
  }();
  return made.get();
}

BIO* new_way_out(tls_sending& how) {
  auto* const door = way_out() ? BIO_new(way_out()) : nullptr;
  if (door) {
    BIO_set_data(door, &how);
    BIO_set_init(door, 1);
  }
  return door;
}

}  // namespace

tls_channel::tls_channel(tls_context const& context, int descriptor)
    : sending_{descriptor, MSG_NOSIGNAL}, ssl_(SSL_new(context.current().get()), SSL_free) {
  auto* const out = ssl_ ? new_way_out(sending_) : nullptr;
  if (!out || SSL_set_rfd(ssl_.get(), descriptor) != 1) {
    BIO_free(out);
    failed_ = true;
    complaint_ = base::last_complaint();
    return;
  }
  SSL_set0_wbio(ssl_.get(), out);
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

tls_outcome tls_channel::write(std::string_view bytes, follows after) {
  if (failed_) {
    return {};
  }
  ERR_clear_error();
  std::size_t count = 0;
  sending_.flags = after == follows::more ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL;
  auto const returned = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  auto const outcome = tls_outcome{returned == 1 ? tls_step::done : classify(returned), count};
  sending_.flags = MSG_NOSIGNAL;
  return outcome;
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
