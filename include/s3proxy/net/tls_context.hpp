#pragma once

#include "s3proxy/base/file_reading.hpp"
#include "s3proxy/base/pem.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

struct ssl_ctx_st;

namespace s3proxy::net {

/// TLS towards clients: a certificate with its key, TLS 1.2 and 1.3, no renegotiation, resumption by tickets.
/// The files may change under a running process. Shared by all workers; thread-safe but for reload().
class tls_context {
 public:
  /// Loads the pair. Gives the context, or a sentence that names the file and what to do. A certificate that
  /// has expired is a warning in the log: what its clients make of it is theirs to say.
  static std::variant<std::shared_ptr<tls_context>, std::string> make(base::certified_key_files files,
                                                                      base::file_reader read);

  /// The files it depends on, as they were given.
  std::vector<std::string> const& paths() const { return paths_; }
  /// Reads the files again. A new pair is for connections from now on, those under way keep theirs; a bad
  /// pair changes nothing. Each state is reported once, so this may be asked every few seconds. One thread
  /// at a time.
  base::reload_report reload();

  /// The pair in force: for tls_channel.
  std::shared_ptr<ssl_ctx_st> current() const;

 private:
  tls_context(base::certified_key_files files, base::file_reader read);

  base::certified_key_files files_;
  base::file_reader read_;
  std::vector<std::string> paths_;
  std::string seen_;          // the fingerprint of the files at the last look
  mutable std::mutex mutex_;  // guards current_
  std::shared_ptr<ssl_ctx_st> current_;
};

}  // namespace s3proxy::net
