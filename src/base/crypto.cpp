#include "s3proxy/base/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <new>
#include <stdexcept>

namespace s3proxy::base {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

template <auto Free>
struct free_with {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using md_ptr = std::unique_ptr<EVP_MD, free_with<EVP_MD_free>>;
using md_ctx_ptr = std::unique_ptr<EVP_MD_CTX, free_with<EVP_MD_CTX_free>>;
using mac_ptr = std::unique_ptr<EVP_MAC, free_with<EVP_MAC_free>>;
using mac_ctx_ptr = std::unique_ptr<EVP_MAC_CTX, free_with<EVP_MAC_CTX_free>>;

// A broken libcrypto is no error of a request: there is nothing to answer it with.
void require(bool ok) {
  if (!ok) {
    throw std::runtime_error("libcrypto refused an operation that needs no input");
  }
}

EVP_MD const* sha256_method() {
  // Fetched once: an implicit fetch per digest costs more than hashing a short text (OpenSSL 3 migration
  // guide).
  static md_ptr const method{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  return method.get();
}

EVP_MD const* sha1_method() {
  static md_ptr const method{EVP_MD_fetch(nullptr, "SHA1", nullptr)};
  return method.get();
}

template <std::size_t Size>
EVP_MD const* method_of() {
  return Size == 20 ? sha1_method() : sha256_method();
}

/// Contexts are reused because making one costs as much as a short hash; one set a thread needs no lock.
struct thread_contexts {
  md_ctx_ptr md{EVP_MD_CTX_new()};
  mac_ptr mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  mac_ctx_ptr hmac{EVP_MAC_CTX_new(mac.get())};
  std::optional<digest> keyed_with;  // what `hmac` was begun with last

  thread_contexts() {
    char name[] = "SHA256";
    OSSL_PARAM const params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                 OSSL_PARAM_construct_end()};
    require(md && hmac && EVP_MAC_CTX_set_params(hmac.get(), params) == 1);
  }
};

thread_contexts& contexts() {
  thread_local thread_contexts mine;
  return mine;
}

unsigned char const* as_bytes(std::string_view text) {
  return reinterpret_cast<unsigned char const*>(text.data());
}

digest hmac_of(thread_contexts& keyed, std::string_view bytes) {
  digest out;
  std::size_t size = 0;
  require(EVP_MAC_update(keyed.hmac.get(), as_bytes(bytes), bytes.size()) == 1 &&
          EVP_MAC_final(keyed.hmac.get(), out.data(), &size, out.size()) == 1);
  return out;
}

constexpr unsigned char no_digit = 16;
constexpr auto hex_values = [] {
  std::array<unsigned char, 256> out;
  out.fill(no_digit);
  for (unsigned char value = 0; value < no_digit; ++value) {
    out[static_cast<unsigned char>(hex_digits[value])] = value;
  }
  return out;
}();

}  // namespace

digest sha256(std::string_view bytes) {
  auto* ctx = contexts().md.get();
  digest out;
  unsigned int size = 0;
  require(EVP_DigestInit_ex2(ctx, sha256_method(), nullptr) == 1 &&
          EVP_DigestUpdate(ctx, bytes.data(), bytes.size()) == 1 &&
          EVP_DigestFinal_ex(ctx, out.data(), &size) == 1);
  return out;
}

digest hmac_sha256(std::string_view key, std::string_view bytes) {
  auto& mine = contexts();
  mine.keyed_with.reset();
  require(EVP_MAC_init(mine.hmac.get(), as_bytes(key), key.size(), nullptr) == 1);
  return hmac_of(mine, bytes);
}

// One signing key serves a client all day, and hashing its pads costs as much as hashing what is signed.
digest hmac_sha256(digest const& key, std::string_view bytes) {
  auto& mine = contexts();
  auto const is_known = mine.keyed_with && equal_constant_time(as_text(*mine.keyed_with), as_text(key));
  auto const* const given = is_known ? nullptr : key.data();
  require(EVP_MAC_init(mine.hmac.get(), given, is_known ? 0 : key.size(), nullptr) == 1);
  mine.keyed_with = key;
  return hmac_of(mine, bytes);
}

template <std::size_t Size>
struct hash_stream<Size>::state {
  md_ctx_ptr ctx{EVP_MD_CTX_new()};
};

template <std::size_t Size>
hash_stream<Size>::hash_stream() : state_(std::make_unique<state>()) {
  require(EVP_DigestInit_ex2(state_->ctx.get(), method_of<Size>(), nullptr) == 1);
}
template <std::size_t Size>
hash_stream<Size>::~hash_stream() = default;
template <std::size_t Size>
hash_stream<Size>::hash_stream(hash_stream&&) noexcept = default;
template <std::size_t Size>
hash_stream<Size>& hash_stream<Size>::operator=(hash_stream&&) noexcept = default;

template <std::size_t Size>
void hash_stream<Size>::update(std::string_view bytes) {
  require(EVP_DigestUpdate(state_->ctx.get(), bytes.data(), bytes.size()) == 1);
}

template <std::size_t Size>
std::array<unsigned char, Size> hash_stream<Size>::finish() {
  std::array<unsigned char, Size> out;
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(state_->ctx.get(), out.data(), &size) == 1 &&
          EVP_DigestInit_ex2(state_->ctx.get(), method_of<Size>(), nullptr) == 1);
  return out;
}

template class hash_stream<20>;
template class hash_stream<32>;

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::span<unsigned char const> bytes) {
  std::string out(bytes.size() * 2, '\0');
  auto* at = out.data();
  for (auto const byte : bytes) {
    *at++ = hex_digits[byte >> 4];
    *at++ = hex_digits[byte & 15];
  }
  return out;
}

std::optional<digest> digest_from_hex(std::string_view text) {
  digest out;
  if (text.size() != out.size() * 2) {
    return std::nullopt;
  }
  unsigned seen = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    unsigned const high = hex_values[static_cast<unsigned char>(text[2 * i])];
    unsigned const low = hex_values[static_cast<unsigned char>(text[2 * i + 1])];
    seen |= high | low;
    out[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return (seen & no_digit) == 0 ? std::optional(out) : std::nullopt;
}

std::array<unsigned char, 8> random_bytes() {
  std::array<unsigned char, 8> out;
  require(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
  return out;
}

}  // namespace s3proxy::base
