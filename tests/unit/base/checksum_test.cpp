#include "s3proxy/base/checksum.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::base {
namespace {

using enum checksum_algorithm;

// The check value of each is part of its definition (reveng's catalogue): constexpr, so wrong tables do not
// even compile.
template <class Crc>
constexpr auto of(std::string_view text) {
  Crc sum;
  sum.update(text);
  return sum.value();
}
static_assert(of<crc32_sum>("123456789") == 0xcbf43926);
static_assert(of<crc32c_sum>("123456789") == 0xe3069283);
static_assert(of<crc64nvme_sum>("123456789") == 0xae8b14860a799888);
// RFC 3720 appendix B.4: long enough for whole slices.
static_assert(of<crc32c_sum>(std::string_view(
                  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32)) == 0x8a9136aa);

std::string sum_of(checksum_algorithm algorithm, std::string_view text) {
  checksum sum(algorithm);
  sum.update(text);
  return sum.finish();
}

TEST(checksum, is_written_as_s3_writes_it) {
  EXPECT_EQ(sum_of(crc32, "123456789"), "y/Q5Jg==");
  EXPECT_EQ(sum_of(crc32c, "123456789"), "4waSgw==");
  EXPECT_EQ(sum_of(crc64nvme, "123456789"), "rosUhgp5mIg=");
  EXPECT_EQ(sum_of(sha1, "123456789"), "98O8HYCOBHMq32eZZczDTKeuNEE=");
  EXPECT_EQ(sum_of(sha256, "123456789"), "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=");
  EXPECT_EQ(sum_of(sha256, "abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  EXPECT_EQ(sum_of(sha1, "abc"), "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
}

TEST(checksum, of_nothing_is_that_of_nothing) {
  EXPECT_EQ(sum_of(crc32, ""), "AAAAAA==");
  EXPECT_EQ(sum_of(crc32c, ""), "AAAAAA==");
  EXPECT_EQ(sum_of(crc64nvme, ""), "AAAAAAAAAAA=");
  EXPECT_EQ(sum_of(sha1, ""), "2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
  EXPECT_EQ(sum_of(sha256, ""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST(checksum, does_not_depend_on_how_the_body_is_split) {
  std::string body;
  for (int i = 0; i < 200; ++i) {
    body += static_cast<char>(i * 7 + i / 3);
  }
  for (auto const algorithm : {crc32, crc32c, crc64nvme, sha1, sha256}) {
    auto const whole = sum_of(algorithm, body);
    EXPECT_EQ(whole.size(), checksum::text_size(algorithm));
    for (std::size_t at = 0; at <= body.size(); ++at) {
      checksum sum(algorithm);
      sum.update(std::string_view(body).substr(0, at));
      sum.update(std::string_view(body).substr(at));
      EXPECT_EQ(sum.finish(), whole) << at;
    }
  }
}

TEST(checksum, a_slice_at_a_time_is_a_byte_at_a_time) {
  std::string const body(1000, '\xa5');
  for (auto const algorithm : {crc32, crc32c, crc64nvme}) {
    checksum sum(algorithm);
    for (auto const byte : body) {
      sum.update({&byte, 1});
    }
    EXPECT_EQ(sum.finish(), sum_of(algorithm, body));
  }
}

TEST(base64, pads_to_groups_of_four) {
  auto const encoded = [](std::string_view text) {
    return to_base64({reinterpret_cast<unsigned char const*>(text.data()), text.size()});
  };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
  EXPECT_EQ(encoded("\xff\xfe\xfb"), "//77");
}

TEST(hash_stream, begins_anew_when_finished) {
  sha256_stream sum;
  sum.update("abc");
  auto const first = sum.finish();
  sum.update("abc");
  EXPECT_EQ(sum.finish(), first);
  EXPECT_EQ(first, base::sha256("abc"));
}

}  // namespace
}  // namespace s3proxy::base
