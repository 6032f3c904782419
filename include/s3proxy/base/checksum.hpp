#pragma once

#include "s3proxy/base/crypto.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace s3proxy::base {

/// A reflected cyclic redundancy check with all bits set before and inverted behind, by sixteen bytes at a
/// time ("slicing", Kounavis and Berry 2005): tables of 16 KiB for 32 bits and 32 KiB for 64, which the
/// first cache level holds. `Polynomial` is bit-reversed.
template <std::unsigned_integral Word, Word Polynomial>
class crc {
 public:
  constexpr void update(std::string_view bytes) {
    while (bytes.size() >= slices) {
      state_ = step(bytes.data());
      bytes.remove_prefix(slices);
    }
    for (auto const byte : bytes) {
      auto const index = static_cast<unsigned char>(state_) ^ static_cast<unsigned char>(byte);
      state_ = static_cast<Word>(state_ >> 8) ^ tables[0][static_cast<std::size_t>(index)];
    }
  }
  constexpr Word value() const { return static_cast<Word>(~state_); }

 private:
  static constexpr std::size_t slices = 16;
  using table = std::array<Word, 256>;

  static constexpr std::array<table, slices> make_tables() {
    std::array<table, slices> out{};
    for (std::size_t i = 0; i < 256; ++i) {
      auto rest = static_cast<Word>(i);
      for (int bit = 0; bit < 8; ++bit) {
        rest = static_cast<Word>(rest >> 1) ^ ((rest & 1) != 0 ? Polynomial : Word{0});
      }
      out[0][i] = rest;
    }
    for (std::size_t slice = 1; slice < slices; ++slice) {
      for (std::size_t i = 0; i < 256; ++i) {
        auto const before = out[slice - 1][i];
        out[slice][i] = static_cast<Word>(before >> 8) ^ out[0][before & 0xff];
      }
    }
    return out;
  }
  static constexpr std::array<table, slices> tables = make_tables();

  /// Eight bytes as one number, the first of them lowest, whatever this machine's own order.
  static constexpr std::uint64_t load(char const* at) {
    std::array<char, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = at[i];
    }
    auto const raw = std::bit_cast<std::uint64_t>(bytes);
    return std::endian::native == std::endian::little ? raw : __builtin_bswap64(raw);
  }

  /// What the eight bytes of `lane` contribute when `behind` bytes follow them.
  static constexpr Word fold(std::uint64_t lane, std::size_t behind) {
    Word out = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      out ^= tables[behind + 7 - i][(lane >> (8 * i)) & 0xff];
    }
    return out;
  }

  constexpr Word step(char const* at) const { return fold(load(at) ^ state_, 8) ^ fold(load(at + 8), 0); }

  Word state_ = static_cast<Word>(~Word{0});
};

using crc32_sum = crc<std::uint32_t, 0xedb88320>;   ///< ISO-HDLC: of zip, PNG and Ethernet
using crc32c_sum = crc<std::uint32_t, 0x82f63b78>;  ///< Castagnoli, RFC 3720
using crc64nvme_sum =
    crc<std::uint64_t, 0x9a6c9329ac4bc9b5ULL>;  ///< of the NVM Express command set, 64-bit guard

/// The checksums that S3 knows for a body.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
enum class checksum_algorithm { crc32, crc32c, crc64nvme, sha1, sha256 };

/// A checksum of a body as it passes. Movable; one body each.
class checksum {
 public:
  explicit checksum(checksum_algorithm algorithm);
  void update(std::string_view bytes);
  /// The value as S3 writes it: base64 of the big-endian bytes. Call once.
  std::string finish();

  /// How long finish() is.
  static std::size_t text_size(checksum_algorithm algorithm);

 private:
  std::variant<crc32_sum, crc32c_sum, crc64nvme_sum, sha1_stream, sha256_stream> state_;
};

/// RFC 4648 section 4, with padding.
std::string to_base64(std::span<unsigned char const> bytes);

}  // namespace s3proxy::base
