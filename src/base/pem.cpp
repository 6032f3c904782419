#include "s3proxy/base/pem.hpp"

#include "s3proxy/base/crypto.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <optional>
#include <utility>

namespace s3proxy::base {
namespace {

using owned_bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

// OpenSSL reads from the text as it stands: the text outlives the BIO.
owned_bio reading_from(std::string const& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free};
}

/// The content of the file that holds `what`, or why it cannot be had.
std::optional<std::string> refuse_reading(file_reading const& got, std::string_view what,
                                          std::string const& path) {
  switch (got.what) {
    case file_reading::outcome::read:
      return std::nullopt;
    case file_reading::outcome::absent:
      return "there is no " + std::string(what) + " file '" + path + "': give the path of a PEM file";
    case file_reading::outcome::unreadable:
      return "cannot read the " + std::string(what) + " file '" + path + "': " + got.text +
             "; s3proxy's own user must be able to read it";
  }
  return std::nullopt;
}

bool found_no_more() {
  auto const last = ERR_peek_last_error();
  return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

std::variant<certificate_list, std::string> parse_certificates(std::string const& text,
                                                               std::string const& path) {
  auto const in = reading_from(text);
  certificate_list found;
  ERR_clear_error();
  while (auto* const one = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    found.emplace_back(one, X509_free);
  }
  auto const whole = found_no_more();
  ERR_clear_error();
  if (!whole) {
    return "certificate number " + std::to_string(found.size() + 1) + " in '" + path +
           "' cannot be decoded: the file is damaged";
  }
  if (found.empty()) {
    return "'" + path +
           "' holds no certificate in PEM form (-----BEGIN CERTIFICATE-----): convert it with `openssl x509 "
           "-inform der`";
  }
  return found;
}

// Called where a passphrase is needed. Without it OpenSSL would ask on the terminal.
int note_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::variant<std::shared_ptr<EVP_PKEY>, std::string> parse_key(std::string const& text,
                                                               std::string const& path) {
  auto const in = reading_from(text);
  bool needs_passphrase = false;
  ERR_clear_error();
  std::shared_ptr<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(in.get(), nullptr, note_passphrase, &needs_passphrase), EVP_PKEY_free);
  ERR_clear_error();
  if (key) {
    return key;
  }
  if (needs_passphrase) {
    return "the private key in '" + path +
           "' has a passphrase, which nobody is there to type: write it without one (`openssl pkey -in ... "
           "-out ...`) and protect the file by its permissions";
  }
  if (text.find("PRIVATE KEY-----") == std::string::npos) {
    return "'" + path + "' holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)";
  }
  return "the private key in '" + path + "' cannot be decoded: the file is damaged";
}

std::optional<std::string> refuse_pair(certified_key const& pair, certified_key_files const& files) {
  auto const fits = [&](certificate const& one) {
    auto const same = X509_check_private_key(one.get(), pair.key.get()) == 1;
    ERR_clear_error();
    return same;
  };
  if (fits(pair.chain.front())) {
    return std::nullopt;
  }
  for (auto const& one : pair.chain) {
    if (fits(one)) {
      return "the certificates in '" + files.certificate +
             "' are in the wrong order: the one that the key belongs to comes first, its issuer next";
    }
  }
  return "the private key in '" + files.key_file() + "' does not belong to the certificate in '" +
         files.certificate + "': give the two that were made together";
}

}  // namespace

std::variant<certificate_list, std::string> load_certificates(std::string const& path,
                                                              file_reader const& read) {
  auto const got = read(path);
  if (auto why = refuse_reading(got, "certificate", path)) {
    return *std::move(why);
  }
  return parse_certificates(got.text, path);
}

std::variant<certified_key, std::string> load_certified_key(certified_key_files const& files,
                                                            file_reader const& read) {
  certified_key out;
  auto chain = load_certificates(files.certificate, read);
  if (auto* why = std::get_if<std::string>(&chain)) {
    return std::move(*why);
  }
  out.chain = std::get<certificate_list>(std::move(chain));
  auto const got = read(files.key_file());
  if (auto why = refuse_reading(got, "private key", files.key_file())) {
    return *std::move(why);
  }
  auto key = parse_key(got.text, files.key_file());
  if (auto* why = std::get_if<std::string>(&key)) {
    return std::move(*why);
  }
  out.key = std::get<std::shared_ptr<EVP_PKEY>>(std::move(key));
  if (auto why = refuse_pair(out, files)) {
    return *std::move(why);
  }
  return out;
}

std::chrono::sys_seconds expiry_of(certificate const& one) {
  std::tm at{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(one.get()), &at) != 1) {
    return {};
  }
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&at)));
}

std::string fingerprint(std::vector<std::string> const& paths, file_reader const& read) {
  std::string all;
  for (auto const& path : paths) {
    auto const got = read(path);
    all += std::to_string(static_cast<int>(got.what));
    all += as_text(sha256(got.text));
  }
  return to_hex(sha256(all));
}

std::string last_complaint() {
  auto const* const words = ERR_reason_error_string(ERR_peek_last_error());
  std::string out = words ? words : "unknown reason";
  ERR_clear_error();
  return out;
}

}  // namespace s3proxy::base
