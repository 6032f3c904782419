#pragma once

#include "s3proxy/base/file_reading.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// OpenSSL's own types, named so that only its doors include its headers.
struct x509_st;
struct evp_pkey_st;

namespace s3proxy::base {

using certificate = std::shared_ptr<x509_st>;
using certificate_list = std::vector<certificate>;

/// A certificate with those that vouch for it, and the private key that it was made for.
struct certified_key {
  certificate_list chain;  ///< at least one; the owner's own first
  std::shared_ptr<evp_pkey_st> key;
};

/// Where a pair is. An empty `key` means that both are in one file.
struct certified_key_files {
  std::string certificate;
  std::string key;

  std::string const& key_file() const { return key.empty() ? certificate : key; }
};

/// Reads a chain and its key from PEM files (RFC 7468), the owner's certificate first. Refuses, in a sentence
/// that names the file and what to do: a file that is missing or unreadable or holds no such thing; damage; a
/// key with a passphrase, since nobody is there to type it; a key of another certificate. Nothing of a key is
/// ever in a sentence.
std::variant<certified_key, std::string> load_certified_key(certified_key_files const& files,
                                                            file_reader const& read);

/// Reads every certificate of a PEM file, at least one. Refuses like load_certified_key.
std::variant<certificate_list, std::string> load_certificates(std::string const& path,
                                                              file_reader const& read);

/// When the certificate stops being valid.
std::chrono::sys_seconds expiry_of(certificate const& one);

/// Tells one state of files from the next: a hash of what reading them gives, never the content.
std::string fingerprint(std::vector<std::string> const& paths, file_reader const& read);

/// What OpenSSL last complained of on this thread, in its words, and forgotten by it.
std::string last_complaint();

}  // namespace s3proxy::base
