#pragma once

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace s3proxy::test {

/// An issuer of certificates, made for one test: nobody else trusts it. While it lives, SSL_CERT_FILE names
/// it, so that a world that starts then trusts it and no other. Not for tests in parallel threads.
class authority {
 public:
  enum class trust { yes, no };
  explicit authority(trust by_proxy);
  ~authority();
  authority(authority const&) = delete;
  authority& operator=(authority const&) = delete;

  struct wish {
    std::string names = "DNS:localhost";  ///< as in OpenSSL's subjectAltName
    long valid_for_seconds = 3600;        ///< negative: it has expired
  };
  /// A server's context with a certificate of ours.
  std::shared_ptr<boost::asio::ssl::context> server(wish const& what) const;

 private:
  struct key_and_certificate;
  std::unique_ptr<key_and_certificate> self_;
  std::string file_;
};

}  // namespace s3proxy::test
