#include "s3proxy/base/checksum.hpp"

#include <algorithm>

namespace s3proxy::base {
namespace {

using state = std::variant<crc32_sum, crc32c_sum, crc64nvme_sum, sha1_stream, sha256_stream>;

state begin(checksum_algorithm algorithm) {
  switch (algorithm) {
    case checksum_algorithm::crc32:
      return crc32_sum();
    case checksum_algorithm::crc32c:
      return crc32c_sum();
    case checksum_algorithm::crc64nvme:
      return crc64nvme_sum();
    case checksum_algorithm::sha1:
      return sha1_stream();
    case checksum_algorithm::sha256:
      return sha256_stream();
  }
  return crc32_sum();
}

std::size_t value_size(checksum_algorithm algorithm) {
  switch (algorithm) {
    case checksum_algorithm::crc32:
    case checksum_algorithm::crc32c:
      return 4;
    case checksum_algorithm::crc64nvme:
      return 8;
    case checksum_algorithm::sha1:
      return 20;
    case checksum_algorithm::sha256:
      return 32;
  }
  return 0;
}

template <std::unsigned_integral Word>
std::array<unsigned char, sizeof(Word)> big_endian(Word value) {
  std::array<unsigned char, sizeof(Word)> out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<unsigned char>(value >> (8 * (out.size() - 1 - i)));
  }
  return out;
}

struct finisher {
  template <std::unsigned_integral Word, Word Polynomial>
  std::string operator()(crc<Word, Polynomial> const& sum) const {
    return to_base64(big_endian(sum.value()));
  }
  std::string operator()(sha1_stream& sum) const { return to_base64(sum.finish()); }
  std::string operator()(sha256_stream& sum) const { return to_base64(sum.finish()); }
};

}  // namespace

checksum::checksum(checksum_algorithm algorithm) : state_(begin(algorithm)) {}

void checksum::update(std::string_view bytes) {
  std::visit([bytes](auto& sum) { sum.update(bytes); }, state_);
}

std::string checksum::finish() {
  return std::visit(finisher{}, state_);
}

std::size_t checksum::text_size(checksum_algorithm algorithm) {
  return (value_size(algorithm) + 2) / 3 * 4;
}

std::string to_base64(std::span<unsigned char const> bytes) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto const some = bytes.subspan(at, std::min<std::size_t>(3, bytes.size() - at));
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < some.size() ? some[i] : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= some.size() ? digits[group >> (18 - 6 * i) & 63] : '=';
    }
  }
  return out;
}

}  // namespace s3proxy::base
