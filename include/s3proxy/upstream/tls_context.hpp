#pragma once

#include "s3proxy/base/error.hpp"

#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

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
  /// Sets SNI, the name to verify and the session to resume on a stream's native handle: for `host`, or for
  /// the context's own where it is empty.
  base::result<void> prepare(void* native_ssl, std::string_view host = {});

 private:
  std::string host_;
  boost::asio::ssl::context context_;
  std::mutex mutex_;  // guards sessions_
  // The last of each name. Few: a host must have proved its name to be among them.
  std::map<std::string, void*, std::less<>> sessions_;

  friend int keep_session(void* self, void* session, std::string_view name);
};

}  // namespace s3proxy::upstream
