#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace s3proxy::base {

/// A SHA-256 or HMAC-SHA-256 value (FIPS 180-4, RFC 2104): 32 bytes.
using digest = std::array<unsigned char, 32>;

/// SHA-256 of `bytes`. Uses this thread's context: no allocation after the first call.
digest sha256(std::string_view bytes);

/// HMAC-SHA-256 of `bytes` under `key` (1 to 4096 bytes). Uses this thread's context.
digest hmac_sha256(std::string_view key, std::string_view bytes);
digest hmac_sha256(digest const& key, std::string_view bytes);

/// A hash of a body as it passes. Movable.
template <std::size_t Size>
class hash_stream {
 public:
  hash_stream();
  ~hash_stream();
  hash_stream(hash_stream&&) noexcept;
  hash_stream& operator=(hash_stream&&) noexcept;

  void update(std::string_view bytes);
  /// The hash of all that was given; the next bytes begin another body.
  std::array<unsigned char, Size> finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};
extern template class hash_stream<20>;
extern template class hash_stream<32>;

/// SHA-1 (FIPS 180-4): no proof of anything, but a checksum that S3 offers.
using sha1_stream = hash_stream<20>;
using sha256_stream = hash_stream<32>;

/// Equality in a time that depends on the lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

/// Lower-case hexadecimal.
std::string to_hex(std::span<unsigned char const> bytes);
/// Exactly 64 lower-case hexadecimal digits, or nothing (upper case is refused, as S3 does).
std::optional<digest> digest_from_hex(std::string_view text);

/// A number nobody can guess, for request ids and hash seeds.
std::array<unsigned char, 8> random_bytes();

inline std::string_view as_text(digest const& d) {
  return {reinterpret_cast<char const*>(d.data()), d.size()};
}

}  // namespace s3proxy::base
