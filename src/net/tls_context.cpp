#include "s3proxy/net/tls_context.hpp"

#include "s3proxy/observe/log.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <string_view>
#include <utility>

namespace s3proxy::net {
namespace {

using context_or_reason = std::variant<std::shared_ptr<SSL_CTX>, std::string>;

// RFC 7301: whoever offers protocols and not this one would misunderstand us, and is refused (RFC 9325 3.8).
int choose_protocol(SSL*, unsigned char const** chosen, unsigned char* chosen_size,
                    unsigned char const* offered, unsigned offered_size, void*) {
  constexpr std::string_view ours = "http/1.1";
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    std::string_view const one(reinterpret_cast<char const*>(offered + at + 1), offered[at]);
    if (one == ours) {
      *chosen = offered + at + 1;
      *chosen_size = offered[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_protocol(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  // The end of a client's half without a goodbye is an end like any other. It can cut off nothing: a
  // request's body says its length.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Resumption costs no memory here: tickets carry the sessions, under a key that lives as long as the pair.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  constexpr std::string_view name = "s3proxy";
  SSL_CTX_set_session_id_context(context, reinterpret_cast<unsigned char const*>(name.data()),
                                 static_cast<unsigned>(name.size()));
  // A write gives back what the socket took, and goes on from wherever the rest lies then.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // a record in one system call, not its head first
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

context_or_reason make_native(base::certified_key const& pair, base::certified_key_files const& files) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!made) {
    return "cannot set up TLS: " + base::last_complaint();
  }
  set_protocol(made.get());
  auto accepted = SSL_CTX_use_certificate(made.get(), pair.chain.front().get()) == 1;
  for (std::size_t i = 1; accepted && i < pair.chain.size(); ++i) {
    accepted = SSL_CTX_add1_chain_cert(made.get(), pair.chain[i].get()) == 1;
  }
  accepted = accepted && SSL_CTX_use_PrivateKey(made.get(), pair.key.get()) == 1;
  if (!accepted) {
    return "the TLS library refuses the certificate in '" + files.certificate + "' (" +
           base::last_complaint() + "): make a new one, with a key of today's strength";
  }
  return made;
}

void warn_of_expiry(base::certified_key const& pair, base::certified_key_files const& files) {
  if (base::expiry_of(pair.chain.front()) < std::chrono::system_clock::now()) {
    observe::warn(observe::room::net, "the TLS certificate in '" + files.certificate +
                                          "' has expired: clients will refuse it. Renew it; s3proxy takes "
                                          "the new one without a restart");
  }
}

context_or_reason load(base::certified_key_files const& files, base::file_reader const& read) {
  auto pair = base::load_certified_key(files, read);
  if (auto* why = std::get_if<std::string>(&pair)) {
    return std::move(*why);
  }
  auto made = make_native(std::get<base::certified_key>(pair), files);
  if (std::holds_alternative<std::shared_ptr<SSL_CTX>>(made)) {
    warn_of_expiry(std::get<base::certified_key>(pair), files);
  }
  return made;
}

}  // namespace

tls_context::tls_context(base::certified_key_files files, base::file_reader read)
    : files_(std::move(files)), read_(std::move(read)), paths_{files_.certificate} {
  if (files_.key_file() != files_.certificate) {
    paths_.push_back(files_.key);
  }
}

std::variant<std::shared_ptr<tls_context>, std::string> tls_context::make(base::certified_key_files files,
                                                                          base::file_reader read) {
  std::shared_ptr<tls_context> made(new tls_context(std::move(files), std::move(read)));
  // Looked at first: a change between this and the loading shows at the next look instead of never.
  made->seen_ = base::fingerprint(made->paths_, made->read_);
  auto loaded = load(made->files_, made->read_);
  if (auto* why = std::get_if<std::string>(&loaded)) {
    return std::move(*why);
  }
  made->current_ = std::get<std::shared_ptr<SSL_CTX>>(std::move(loaded));
  return made;
}

base::reload_report tls_context::reload() {
  auto now = base::fingerprint(paths_, read_);
  if (now == seen_) {
    return {};
  }
  seen_ = std::move(now);
  auto loaded = load(files_, read_);
  if (auto* why = std::get_if<std::string>(&loaded)) {
    return {base::reload_report::outcome::kept,
            "the TLS certificate stays what it was, the new one cannot be used: " + *why};
  }
  std::lock_guard const lock(mutex_);
  current_ = std::get<std::shared_ptr<SSL_CTX>>(std::move(loaded));
  return {base::reload_report::outcome::replaced,
          "new connections get the TLS certificate that is now in '" + files_.certificate + "'"};
}

std::shared_ptr<ssl_ctx_st> tls_context::current() const {
  std::lock_guard const lock(mutex_);
  return current_;
}

}  // namespace s3proxy::net
