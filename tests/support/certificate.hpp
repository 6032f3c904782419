#pragma once

#include "s3proxy/base/file_reading.hpp"

#include <boost/asio/ssl/context.hpp>

#include <map>
#include <memory>
#include <string>

namespace s3proxy::test {

/// A certificate and its key as text.
struct pem_pair {
  std::string certificate;
  std::string key;
};

/// Files in memory that a proxy depends on and a test changes. Copies share them. One thread at a time.
struct shelf {
  std::shared_ptr<std::map<std::string, base::file_reading>> files =
      std::make_shared<std::map<std::string, base::file_reading>>();

  void put(std::string const& path, std::string text) const {
    (*files)[path] = {base::file_reading::outcome::read, std::move(text)};
  }
  void put(pem_pair const& pair) const {
    put("certificate.pem", pair.certificate);
    put("key.pem", pair.key);
  }
  void forbid(std::string const& path) const {
    (*files)[path] = {base::file_reading::outcome::unreadable, "Permission denied"};
  }
  base::file_reader reader() const {
    return [held = files](std::string const& path) {
      auto const found = held->find(path);
      return found == held->end() ? base::file_reading{} : found->second;
    };
  }
};

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
    long serial = 2;
  };
  pem_pair pair(wish const& what) const;
  /// Nobody vouches for it but itself.
  static pem_pair self_signed(wish const& what);
  /// Its own certificate: what others trust.
  std::string pem() const;
  /// A server's context with a certificate of ours.
  std::shared_ptr<boost::asio::ssl::context> server(wish const& what) const;
  /// From now on the server refuses clients without a certificate of ours.
  void demand_certificates(boost::asio::ssl::context& server) const;

 private:
  struct key_and_certificate;
  std::unique_ptr<key_and_certificate> self_;
  std::string file_;
};

std::shared_ptr<boost::asio::ssl::context> server_of(pem_pair const& pair);
/// The same key under a passphrase.
std::string with_passphrase(std::string const& key, std::string const& passphrase);

}  // namespace s3proxy::test
