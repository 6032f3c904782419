#include "support/certificate.hpp"

#include <boost/asio/buffer.hpp>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace s3proxy::test {
namespace {

using owned_key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using owned_certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void extend(X509* certificate, X509* issuer, int what, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

owned_certificate blank(EVP_PKEY* key, std::string const& name, long serial, long valid_for_seconds) {
  owned_certificate made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), valid_for_seconds);
  X509_set_pubkey(made.get(), key);
  auto* subject = X509_get_subject_name(made.get());
  auto const* text = reinterpret_cast<unsigned char const*>(name.data());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, static_cast<int>(name.size()), -1, 0);
  return made;
}

using owned_bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string content_of(BIO* memory) {
  char* begin = nullptr;
  auto const size = BIO_get_mem_data(memory, &begin);
  return std::string(begin, static_cast<std::size_t>(size));
}

std::string text_of(X509* certificate) {
  owned_bio const out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(out.get(), certificate);
  return content_of(out.get());
}

std::string text_of(EVP_PKEY* key) {
  owned_bio const out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return content_of(out.get());
}

}  // namespace

struct authority::key_and_certificate {
  owned_key key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  owned_certificate certificate{nullptr, X509_free};
};

authority::authority(trust by_proxy) : self_(std::make_unique<key_and_certificate>()) {
  self_->certificate = blank(self_->key.get(), "an issuer of the flow tests", 1, 3600);
  auto* made = self_->certificate.get();
  X509_set_issuer_name(made, X509_get_subject_name(made));
  extend(made, made, NID_basic_constraints, "critical,CA:TRUE");
  extend(made, made, NID_key_usage, "critical,keyCertSign");
  extend(made, made, NID_subject_key_identifier, "hash");
  X509_sign(made, self_->key.get(), EVP_sha256());
  if (by_proxy == trust::no) {
    return;
  }
  file_ = testing::TempDir() + "s3proxy-flow-issuer-XXXXXX";
  auto* out = ::fdopen(::mkstemp(file_.data()), "w");
  PEM_write_X509(out, made);
  std::fclose(out);
  ::setenv("SSL_CERT_FILE", file_.c_str(), 1);
}

authority::~authority() {
  if (!file_.empty()) {
    ::unsetenv("SSL_CERT_FILE");
    ::unlink(file_.c_str());
  }
}

pem_pair authority::pair(wish const& what) const {
  owned_key const key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  auto const made = blank(key.get(), "a server of the tests", what.serial, what.valid_for_seconds);
  auto* issuer = self_->certificate.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  extend(made.get(), issuer, NID_subject_alt_name, what.names);
  extend(made.get(), issuer, NID_authority_key_identifier, "keyid:always");  // issuers share one name
  X509_sign(made.get(), self_->key.get(), EVP_sha256());
  return {text_of(made.get()), text_of(key.get())};
}

pem_pair authority::self_signed(wish const& what) {
  owned_key const key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  auto const made = blank(key.get(), "alone", what.serial, what.valid_for_seconds);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  extend(made.get(), made.get(), NID_subject_alt_name, what.names);
  X509_sign(made.get(), key.get(), EVP_sha256());
  return {text_of(made.get()), text_of(key.get())};
}

std::string authority::pem() const {
  return text_of(self_->certificate.get());
}

std::shared_ptr<boost::asio::ssl::context> authority::server(wish const& what) const {
  return server_of(pair(what));
}

void authority::demand_certificates(boost::asio::ssl::context& server) const {
  auto* const native = server.native_handle();
  X509_STORE_add_cert(SSL_CTX_get_cert_store(native), self_->certificate.get());
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

std::shared_ptr<boost::asio::ssl::context> server_of(pem_pair const& pair) {
  auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
  context->use_certificate(boost::asio::buffer(pair.certificate), boost::asio::ssl::context::pem);
  context->use_private_key(boost::asio::buffer(pair.key), boost::asio::ssl::context::pem);
  SSL_CTX_set_session_id_context(context->native_handle(), reinterpret_cast<unsigned char const*>("t"), 1);
  return context;
}

std::string with_passphrase(std::string const& key, std::string const& passphrase) {
  owned_bio const in(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())), BIO_free);
  owned_key const read(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  owned_bio const out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PKCS8PrivateKey(out.get(), read.get(), EVP_aes_128_cbc(), passphrase.data(),
                                static_cast<int>(passphrase.size()), nullptr, nullptr);
  return content_of(out.get());
}

}  // namespace s3proxy::test
