#include "s3proxy/upstream/tls_context.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

namespace s3proxy::upstream {

// OpenSSL makes a session useless when one of its connections is dropped without TLS's own goodbye, as ours
// are. So a copy is kept, and copies of it are offered.
int keep_session(void* self, void* session, std::string_view name) {
  auto& context = *static_cast<tls_context*>(self);
  auto* const copy = SSL_SESSION_dup(static_cast<SSL_SESSION*>(session));
  std::lock_guard const lock(context.mutex_);
  auto* old = std::exchange(context.sessions_[std::string(name)], copy);
  SSL_SESSION_free(static_cast<SSL_SESSION*>(old));
  return 0;  // we hold no reference to the connection's own
}

namespace {

// A place of our own: Asio takes whatever stands in the application data for its verification callback, and
// deletes it.
int place_in_context() {
  static int const place = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return place;
}

// TLS 1.3 hands out tickets after the handshake, so sessions come by callback, not from the finished
// handshake.
int on_new_session(SSL* ssl, SSL_SESSION* session) {
  auto const* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);  // null for an address
  return keep_session(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), place_in_context()), session,
                      name ? name : "");
}

}  // namespace

tls_context::tls_context(std::string host)
    : host_(std::move(host)), context_(boost::asio::ssl::context::tls_client) {
  auto* native = context_.native_handle();
  context_.set_default_verify_paths();
  context_.set_verify_mode(boost::asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_ex_data(native, place_in_context(), this);
  SSL_CTX_sess_set_new_cb(native, on_new_session);
}

tls_context::~tls_context() {
  for (auto const& [name, session] : sessions_) {
    SSL_SESSION_free(static_cast<SSL_SESSION*>(session));
  }
}

base::result<void> tls_context::prepare(void* native_ssl, std::string_view host) {
  auto* ssl = static_cast<SSL*>(native_ssl);
  auto const name = host.empty() ? host_ : std::string(host);
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(name, not_an_address);
  bool const named = not_an_address ? SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 &&
                                          SSL_set1_host(ssl, name.c_str()) == 1
                                    : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
  if (!named) {
    return base::errc::origin_tls_failed;
  }
  std::lock_guard const lock(mutex_);
  if (auto const held = sessions_.find(not_an_address ? name : std::string()); held != sessions_.end()) {
    auto* const copy = SSL_SESSION_dup(static_cast<SSL_SESSION*>(held->second));
    SSL_set_session(ssl, copy);  // takes a reference of its own
    SSL_SESSION_free(copy);
  }
  return {};
}

}  // namespace s3proxy::upstream
