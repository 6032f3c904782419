#include "s3proxy/upstream/tls_context.hpp"

#include "s3proxy/observe/log.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <optional>
#include <utility>

namespace s3proxy::upstream {

// OpenSSL makes a session useless when one of its connections is dropped without TLS's own goodbye, as ours
// are. So a copy is kept, and copies of it are offered.
int keep_session(void* self, void* session, std::string_view name) {
  auto& home = *static_cast<tls_generation*>(self);
  auto* const copy = SSL_SESSION_dup(static_cast<SSL_SESSION*>(session));
  std::lock_guard const lock(home.mutex_);
  auto* old = std::exchange(home.sessions_[std::string(name)], copy);
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

/// Why `native` cannot use the files, if it cannot.
std::optional<std::string> use_authorities(SSL_CTX* native, std::string const& path,
                                           base::file_reader const& read) {
  auto found = base::load_certificates(path, read);
  if (auto* why = std::get_if<std::string>(&found)) {
    return std::move(*why);
  }
  auto* const trusted = SSL_CTX_get_cert_store(native);
  // What the operator names is trusted as it is: an issuer in the middle need not come with its own.
  X509_STORE_set_flags(trusted, X509_V_FLAG_PARTIAL_CHAIN);
  for (auto const& one : std::get<base::certificate_list>(found)) {
    if (X509_STORE_add_cert(trusted, one.get()) != 1) {
      return "a certificate in '" + path + "' cannot be trusted: " + base::last_complaint();
    }
  }
  return std::nullopt;
}

std::optional<std::string> use_client(SSL_CTX* native, base::certified_key_files const& files,
                                      base::file_reader const& read) {
  auto found = base::load_certified_key(files, read);
  if (auto* why = std::get_if<std::string>(&found)) {
    return std::move(*why);
  }
  auto const& pair = std::get<base::certified_key>(found);
  auto accepted = SSL_CTX_use_certificate(native, pair.chain.front().get()) == 1;
  for (std::size_t i = 1; accepted && i < pair.chain.size(); ++i) {
    accepted = SSL_CTX_add1_chain_cert(native, pair.chain[i].get()) == 1;
  }
  if (!accepted || SSL_CTX_use_PrivateKey(native, pair.key.get()) != 1) {
    return "the TLS library refuses the certificate in '" + files.certificate + "' (" +
           base::last_complaint() + "): make a new one, with a key of today's strength";
  }
  if (base::expiry_of(pair.chain.front()) < std::chrono::system_clock::now()) {
    observe::warn(observe::room::upstream, "the client certificate in '" + files.certificate +
                                               "' has expired: the store will refuse it. Renew it; s3proxy "
                                               "takes the new one without a restart");
  }
  return std::nullopt;
}

using generation_or_reason = std::variant<std::shared_ptr<tls_generation>, std::string>;

generation_or_reason load(tls_options const& options, base::file_reader const& read) {
  auto made = std::make_shared<tls_generation>(options.host);
  auto* const native = made->context().native_handle();
  ERR_clear_error();
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(native);
  } else if (auto why = use_authorities(native, options.ca_file, read)) {
    return *std::move(why);
  }
  if (!options.client.certificate.empty()) {
    if (auto why = use_client(native, options.client, read)) {
      return *std::move(why);
    }
  }
  SSL_CTX_set_verify(native, options.verify == verification::on ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return made;
}

std::vector<std::string> paths_of(tls_options const& options) {
  std::vector<std::string> out;
  for (auto const& path : {options.ca_file, options.client.certificate, options.client.key}) {
    if (!path.empty()) {
      out.push_back(path);
    }
  }
  return out;
}

}  // namespace

bool holds_unread_bytes(void* native_ssl) {
  auto* const session = static_cast<SSL*>(native_ssl);
  return ::SSL_pending(session) > 0 || ::BIO_ctrl_pending(::SSL_get_rbio(session)) > 0;
}

tls_generation::tls_generation(std::string host)
    : host_(std::move(host)), context_(boost::asio::ssl::context::tls_client) {
  auto* native = context_.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_ex_data(native, place_in_context(), this);
  SSL_CTX_sess_set_new_cb(native, on_new_session);
}

tls_generation::~tls_generation() {
  for (auto const& [name, session] : sessions_) {
    SSL_SESSION_free(static_cast<SSL_SESSION*>(session));
  }
}

tls_context::tls_context(tls_options options, base::file_reader read)
    : options_(std::move(options)), read_(std::move(read)), paths_(paths_of(options_)) {}

// Without files nothing of this can fail.
tls_context::tls_context(std::string host) : tls_context({.host = std::move(host), .ca_file = {}}, {}) {
  seen_ = base::fingerprint(paths_, read_);
  current_ = std::get<std::shared_ptr<tls_generation>>(load(options_, read_));
}

std::variant<std::shared_ptr<tls_context>, std::string> tls_context::make(tls_options options,
                                                                          base::file_reader read) {
  if (options.client.certificate.empty() && !options.client.key.empty()) {
    return "the client key '" + options.client.key + "' needs its certificate: give both";
  }
  std::shared_ptr<tls_context> made(new tls_context(std::move(options), std::move(read)));
  // Looked at first: a change between this and the loading shows at the next look instead of never.
  made->seen_ = base::fingerprint(made->paths_, made->read_);
  auto loaded = load(made->options_, made->read_);
  if (auto* why = std::get_if<std::string>(&loaded)) {
    return std::move(*why);
  }
  made->current_ = std::get<std::shared_ptr<tls_generation>>(std::move(loaded));
  return made;
}

base::reload_report tls_context::reload() {
  auto now = base::fingerprint(paths_, read_);
  if (now == seen_) {
    return {};
  }
  seen_ = std::move(now);
  auto loaded = load(options_, read_);
  if (auto* why = std::get_if<std::string>(&loaded)) {
    return {base::reload_report::outcome::kept,
            "TLS towards the store stays as it was, the new files cannot be used: " + *why};
  }
  std::lock_guard const lock(mutex_);
  current_ = std::get<std::shared_ptr<tls_generation>>(std::move(loaded));
  return {base::reload_report::outcome::replaced,
          "new connections to the store use the certificates that are now in the files"};
}

std::shared_ptr<tls_generation> tls_context::current() const {
  std::lock_guard const lock(mutex_);
  return current_;
}

base::result<void> tls_generation::prepare(void* native_ssl, std::string_view host) {
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
