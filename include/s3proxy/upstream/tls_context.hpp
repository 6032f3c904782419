#pragma once

#include "s3proxy/base/error.hpp"

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace s3proxy::upstream {

/// TLS towards the store: certificates are verified against the system's CA bundle (or SSL_CERT_FILE), the
/// name against the certificate, TLS 1.2 at least, and the last session is offered again. Shared by all
/// workers; thread-safe.
class tls_context {
 public:
  /// `host`: a DNS name (sent as SNI) or an IP address.
  explicit tls_context(std::string host);
  ~tls_context();

  boost::asio::ssl::context& context() { return context_; }
  /// Sets SNI, the name to verify and the session to resume on a stream's native handle.
  base::result<void> prepare(void* native_ssl);

 private:
  std::string host_;
  boost::asio::ssl::context context_;
  std::mutex mutex_;  // guards session_
  void* session_ = nullptr;

  friend int keep_session(void* self, void* session);
};

}  // namespace s3proxy::upstream
