#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/file_reading.hpp"
#include "s3proxy/base/pem.hpp"

#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace s3proxy::upstream {

enum class verification {
  on,
  off,  ///< anybody may pose as the store: only for --insecure-skip-verify
};

struct tls_options {
  std::string host;     ///< a DNS name (sent as SNI) or an IP address
  std::string ca_file;  ///< trusted instead of the system's bundle; empty: the system's (or SSL_CERT_FILE)
  base::certified_key_files client{};  ///< shown to a store that asks who we are; empty: nobody
  verification verify = verification::on;
};

/// Whether a stream's native handle holds bytes that came and that nobody has read yet: decrypted, or waiting
/// for it.
bool holds_unread_bytes(void* native_ssl);

/// What connections are made with, from one state of the files: a context, and the session that the last of
/// them left. A connection keeps the one that it began with.
class tls_generation {
 public:
  explicit tls_generation(std::string host);
  ~tls_generation();
  tls_generation(tls_generation const&) = delete;
  tls_generation& operator=(tls_generation const&) = delete;

  boost::asio::ssl::context& context() { return context_; }
  /// Sets SNI, the name to verify and the session to resume on a stream's native handle: for `host`, or for
  /// the generation's own where it is empty. Thread-safe.
  base::result<void> prepare(void* native_ssl, std::string_view host = {});

 private:
  std::string host_;
  boost::asio::ssl::context context_;
  std::mutex mutex_;  // guards sessions_
  // The last of each name. Few: a host must have proved its name to be among them.
  std::map<std::string, void*, std::less<>> sessions_;

  friend int keep_session(void* self, void* session, std::string_view name);
};

/// TLS towards the store: its certificate is verified and names the host, TLS 1.2 at least, and the last
/// session is offered again. The files may change under a running process. Shared by all workers; thread-safe
/// but for reload().
class tls_context {
 public:
  /// The system's CA bundle, and no certificate of our own.
  explicit tls_context(std::string host);
  /// Gives the context, or a sentence that names the file and what to do. A client certificate that has
  /// expired is a warning in the log.
  static std::variant<std::shared_ptr<tls_context>, std::string> make(tls_options options,
                                                                      base::file_reader read);

  /// The files it depends on, as they were given; none, often.
  std::vector<std::string> const& paths() const { return paths_; }
  /// Reads the files again. What is new is for connections from now on; a bad file changes nothing. Each
  /// state is reported once, so this may be asked every few seconds. One thread at a time.
  base::reload_report reload();

  std::shared_ptr<tls_generation> current() const;

 private:
  tls_context(tls_options options, base::file_reader read);

  tls_options options_;
  base::file_reader read_;
  std::vector<std::string> paths_;
  std::string seen_;          // the fingerprint of the files at the last look
  mutable std::mutex mutex_;  // guards current_
  std::shared_ptr<tls_generation> current_;
};

}  // namespace s3proxy::upstream
