#include "s3proxy/s3/aws_chunked.hpp"

#include "support/aws_chunks.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace s3proxy::s3 {
namespace {

using base::errc;
using base::operator""_MiB;
using chunks = streaming_payload::chunks;
using test::aws_chunks;

constexpr std::size_t KiB = 1024;
std::string const crc_trailer = "x-amz-checksum-crc32";

chunk_seed a_seed() {
  return {base::sha256("a key"), "20240101T000000Z", "20240101/us-east-1/s3/aws4_request",
          base::sha256("a head")};
}

std::string crc_of(std::string_view body) {
  base::checksum sum(base::checksum_algorithm::crc32);
  sum.update(body);
  return sum.finish();
}

streaming_payload unsigned_form(base::byte_count length, std::string trailer = {}) {
  return {chunks::without_signatures, {}, std::move(trailer), length};
}
streaming_payload signed_form(base::byte_count length, std::string trailer = {}) {
  return {chunks::with_signatures, a_seed(), std::move(trailer), length};
}

struct outcome {
  std::string data;
  bool ended = false;
  std::string trailer;
  std::optional<errc> error;
};

outcome decode(streaming_payload const& expected, std::vector<std::string> pieces) {
  aws_chunked_decoder decoder(expected);
  outcome out;
  for (auto& piece : pieces) {
    auto const got = decoder.decode(piece);
    if (!got) {
      out.error = base::to_errc(got.error());
      return out;
    }
    out.data.append(piece, 0, *got);
  }
  out.ended = decoder.ended();
  out.trailer = decoder.trailer_value();
  return out;
}

/// The outcome of a body however it is cut in two.
outcome decode_split(streaming_payload const& expected, std::string const& body) {
  auto const whole = decode(expected, {body});
  for (std::size_t at = 0; at < body.size(); at = at > 400 && body.size() - at > 400 ? at + 997 : at + 1) {
    auto const cut = decode(expected, {body.substr(0, at), body.substr(at)});
    EXPECT_EQ(cut.error, whole.error) << "cut at " << at;
    EXPECT_EQ(cut.ended, whole.ended) << "cut at " << at;
    EXPECT_TRUE(whole.error || cut.data == whole.data) << "cut at " << at;
  }
  return whole;
}

void expect_refused(streaming_payload const& expected, std::string const& body, errc why) {
  auto const got = decode_split(expected, body);
  EXPECT_EQ(got.error, why) << body.substr(0, 120);
}

TEST(aws_chunked_decoder, leaves_the_data_of_every_form_however_it_is_split) {
  std::string const data = "some bytes, some more bytes";
  EXPECT_EQ(decode_split(unsigned_form(data.size()), aws_chunks().chunks(data, 5).str()).data, data);
  auto const with_trailer =
      decode_split(unsigned_form(data.size(), crc_trailer),
                   aws_chunks().chunks(data, 10).trailer(crc_trailer, crc_of(data)).str());
  EXPECT_EQ(with_trailer.data, data);
  EXPECT_TRUE(with_trailer.ended);
  EXPECT_EQ(with_trailer.trailer, crc_of(data));
  auto const signed_one =
      decode_split(signed_form(data.size()), aws_chunks(a_seed()).chunks(data, 100).str());
  EXPECT_EQ(signed_one.data, data);
  EXPECT_TRUE(signed_one.ended);
  std::string const longer(20 * KiB, 'x');
  auto const both =
      decode_split(signed_form(longer.size(), crc_trailer),
                   aws_chunks(a_seed()).chunks(longer, 8 * KiB).trailer(crc_trailer, crc_of(longer)).str());
  EXPECT_TRUE(both.data == longer);
  EXPECT_TRUE(both.ended);
}

TEST(aws_chunked_decoder, an_empty_body_is_its_final_chunk) {
  EXPECT_TRUE(decode_split(unsigned_form(0), "0\r\n\r\n").ended);
  EXPECT_TRUE(decode_split(signed_form(0), aws_chunks(a_seed()).chunk({}).str()).ended);
  EXPECT_TRUE(
      decode_split(unsigned_form(0, crc_trailer), "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n").ended);
}

TEST(aws_chunked_decoder, a_line_feed_before_the_trailers_line_end_is_a_clients_way) {
  auto const unsigned_one = aws_chunks().chunks("x", 1).trailer(crc_trailer, crc_of("x"), "\n\r\n").str();
  EXPECT_TRUE(decode_split(unsigned_form(1, crc_trailer), unsigned_one).ended);
  auto const signed_one =
      aws_chunks(a_seed()).chunks("x", 1).trailer(crc_trailer, crc_of("x"), "\n\r\n").str();
  EXPECT_TRUE(decode_split(signed_form(1, crc_trailer), signed_one).ended);
}

TEST(aws_chunked_decoder, signatures_that_nobody_here_can_check_are_passed_over) {
  auto expected = signed_form(1, crc_trailer);
  auto other = a_seed();
  other.signing_key = base::sha256("another key");
  auto const body = aws_chunks(other).chunks("x", 1).trailer(crc_trailer, crc_of("x")).str();
  EXPECT_EQ(decode(expected, {body}).error, errc::signature_does_not_match);
  expected.seed.reset();
  EXPECT_TRUE(decode_split(expected, body).ended);
}

TEST(aws_chunked_decoder, every_algorithm_is_verified) {
  using enum base::checksum_algorithm;
  struct {
    std::string trailer;
    base::checksum_algorithm algorithm;
  } const rows[] = {{"x-amz-checksum-crc32", crc32},
                    {"x-amz-checksum-crc32c", crc32c},
                    {"x-amz-checksum-crc64nvme", crc64nvme},
                    {"x-amz-checksum-sha1", sha1},
                    {"x-amz-checksum-sha256", sha256}};
  for (auto const& [trailer, algorithm] : rows) {
    base::checksum right(algorithm);
    right.update("hello");
    auto const good = aws_chunks().chunks("hello", 3).trailer(trailer, right.finish()).str();
    EXPECT_TRUE(decode_split(unsigned_form(5, trailer), good).ended) << trailer;
    base::checksum wrong(algorithm);
    wrong.update("Hello");
    expect_refused(unsigned_form(5, trailer),
                   aws_chunks().chunks("hello", 3).trailer(trailer, wrong.finish()).str(), errc::bad_digest);
  }
}

TEST(aws_chunked_decoder, an_algorithm_of_others_is_for_the_store_to_verify) {
  auto const got =
      decode(unsigned_form(5, "x-amz-checksum-xxhash128"),
             {aws_chunks().chunks("hello", 3).trailer("x-amz-checksum-xxhash128", "whatever").str()});
  EXPECT_TRUE(got.ended);
  EXPECT_EQ(got.trailer, "whatever");
}

TEST(aws_chunked_decoder, a_signature_covers_every_byte_of_its_chunk_and_the_chunks_before) {
  std::string const data = std::string(8 * KiB, 'a') + std::string(8 * KiB, 'b') + "end";
  auto const good = aws_chunks(a_seed()).chunks(data, 8 * KiB).str();
  auto const expected = signed_form(data.size());
  ASSERT_TRUE(decode(expected, {good}).ended);
  auto const cut = [&](char first) {
    auto const begin = good.find("2000;", first == 'a' ? 0 : 100);
    return good.substr(begin, good.find("\r\n", begin + 8 * KiB) + 2 - begin);
  };
  auto const one = cut('a');
  auto const two = cut('b');
  ASSERT_EQ(good.find(one + two), 0U);
  auto const rest = good.substr(one.size() + two.size());
  expect_refused(expected, two + one + rest, errc::signature_does_not_match);
  expect_refused(expected, one + one + rest, errc::signature_does_not_match);
  expect_refused(signed_form(8 * KiB + 3), one + rest, errc::signature_does_not_match);
  for (std::size_t const at : {100UL, 8 * KiB, good.size() - 10, good.size() - 60}) {
    auto spoilt = good;
    spoilt[at] = spoilt[at] == 'c' ? 'd' : 'c';
    EXPECT_EQ(decode(expected, {spoilt}).error, errc::signature_does_not_match) << at;
  }
  auto other_head = expected;
  other_head.seed->signature = base::sha256("another head");
  expect_refused(other_head, good, errc::signature_does_not_match);
}

TEST(aws_chunked_decoder, a_chunk_without_a_proper_signature_is_not_signed) {
  for (std::string const line : {"1", "1;chunk-signature=", "1;chunk-signature=abc"}) {
    expect_refused(signed_form(1), line + "\r\nx\r\n", errc::signature_does_not_match);
  }
  auto upper = aws_chunks(a_seed()).chunks("x", 1).str();
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'f' ? char(c - 32) : c; });
  EXPECT_TRUE(decode(signed_form(1), {upper}).error);
}

TEST(aws_chunked_decoder, more_or_less_than_was_announced_is_an_incomplete_body) {
  auto const body = aws_chunks().chunks("hello", 3).str();
  expect_refused(unsigned_form(4), body, errc::incomplete_body);
  expect_refused(unsigned_form(6), body, errc::incomplete_body);
  expect_refused(unsigned_form(5), body + "x", errc::incomplete_body);
  expect_refused(unsigned_form(5), body + "0\r\n\r\n", errc::incomplete_body);
  for (std::size_t size = 0; size < body.size(); ++size) {
    auto const got = decode(unsigned_form(5), {body.substr(0, size)});
    EXPECT_FALSE(got.ended) << size;
    EXPECT_FALSE(got.error) << size;
  }
}

TEST(aws_chunked_decoder, bad_lines_are_an_incomplete_body) {
  for (auto const* line : {"0x1", " 1", "1 ", "+1", "", "g", "00000000000000001", "1;", "1;x=y",
                           "ffffffffffffffff", "8000000000000000"}) {
    expect_refused(unsigned_form(1), std::string(line) + "\r\nx\r\n0\r\n\r\n", errc::incomplete_body);
  }
  for (auto const* body : {"1\nx\r\n0\r\n\r\n", "1\r\nx\n0\r\n\r\n", "1\r\nxy\r\n0\r\n\r\n",
                           "1\r\nx\r\n0\r\nx\r\n", "1\r\nx\r\n0\r\n\n", "1\r\nx0\r\n\r\n"}) {
    expect_refused(unsigned_form(1), body, errc::incomplete_body);
  }
  expect_refused(unsigned_form(1), std::string(5 * KiB, '0'), errc::incomplete_body);
}

TEST(aws_chunked_decoder, sizes_are_bounded_for_signed_chunks_only) {
  std::string const data(8 * KiB, 'x');
  EXPECT_TRUE(decode(signed_form(8 * KiB), {aws_chunks(a_seed()).chunks(data, 8 * KiB).str()}).ended);
  expect_refused(signed_form(8 * KiB), aws_chunks(a_seed()).chunks(data, 8 * KiB - 1).str(),
                 errc::invalid_chunk_size);
  EXPECT_TRUE(decode(unsigned_form(8 * KiB), {aws_chunks().chunks(data, 7).str()}).ended);
  auto const signature = ";chunk-signature=" + std::string(64, 'a') + "\r\n";
  expect_refused(signed_form(1ULL << 40), "1000001" + signature, errc::invalid_chunk_size);
  expect_refused(signed_form(1ULL << 40), "ffffffffffffffff" + signature, errc::invalid_chunk_size);
  EXPECT_FALSE(decode(signed_form(1ULL << 40), {"1000000" + signature}).error);
  EXPECT_FALSE(decode(unsigned_form(1ULL << 40), {"1000001\r\n"}).error);
}

TEST(aws_chunked_decoder, the_trailer_is_exactly_the_announced_one) {
  auto const expected = unsigned_form(1, crc_trailer);
  std::string const chunks = "1\r\nx\r\n0\r\n";
  auto const value = crc_of("x");
  for (auto const& trailer :
       {std::string("\r\n"), std::string("\r\n\r\n"), "x-amz-checksum-crc32c:" + value + "\r\n\r\n",
        crc_trailer + "\r\n\r\n", crc_trailer + ":\r\n\r\n", crc_trailer + ":a b\r\n\r\n",
        crc_trailer + " :" + value + "\r\n\r\n", crc_trailer + ":" + std::string(300, 'A') + "\r\n\r\n",
        crc_trailer + ":" + value + "\n\n"}) {
    expect_refused(expected, chunks + trailer, errc::malformed_trailer);
  }
  auto const one = crc_trailer + ":" + value + "\r\n";
  expect_refused(expected, chunks + one + one + "\r\n", errc::incomplete_body);
  expect_refused(unsigned_form(1), chunks + one + "\r\n", errc::incomplete_body);
  EXPECT_TRUE(decode(expected, {chunks + "X-Amz-Checksum-CRC32: " + value + "\r\n\r\n"}).ended) << "any case";
}

TEST(aws_chunked_decoder, a_signed_trailer_has_its_signature_behind_it) {
  auto const expected = signed_form(1, crc_trailer);
  auto const good = aws_chunks(a_seed()).chunks("x", 1).trailer(crc_trailer, crc_of("x")).str();
  auto const at = good.find("x-amz-trailer-signature");
  expect_refused(expected, good.substr(0, at) + "\r\n", errc::malformed_trailer);
  auto spoilt = good;
  spoilt[at + 30] = spoilt[at + 30] == '0' ? '1' : '0';
  expect_refused(expected, spoilt, errc::signature_does_not_match);
  expect_refused(expected, good.substr(0, at) + "x-amz-trailer-signature:short\r\n\r\n",
                 errc::signature_does_not_match);
}

TEST(without_aws_chunked, keeps_the_codings_of_what_is_stored) {
  EXPECT_EQ(without_aws_chunked("aws-chunked"), "");
  EXPECT_EQ(without_aws_chunked("aws-chunked,gzip"), "gzip");
  EXPECT_EQ(without_aws_chunked("gzip , AWS-chunked,, zstd"), "gzip,zstd");
  EXPECT_EQ(without_aws_chunked("gzip"), "gzip");
  EXPECT_EQ(without_aws_chunked(" , "), "");
  EXPECT_EQ(without_aws_chunked(""), "");
}

TEST(aws_chunked_framer, what_it_writes_is_read_back_and_has_the_computed_length) {
  for (base::byte_count const size : {0_MiB, base::byte_count{1}, base::byte_count{15}, base::byte_count{16},
                                      1_MiB - 1, 1_MiB, 1_MiB + 1, 3_MiB, 3_MiB + 12345}) {
    std::string const data(size, 'd');
    for (std::size_t const piece : {100 * KiB, 5000 * KiB}) {
      aws_chunked_framer framer(size);
      std::string out;
      for (std::size_t at = 0; at < data.size();) {
        auto const step = framer.next(std::min(piece, data.size() - at));
        ASSERT_GT(step.data, 0U);
        out += step.framing + data.substr(at, step.data);
        at += step.data;
      }
      auto const value = crc_of(data);
      out += framer.end(crc_trailer, value);
      EXPECT_EQ(out.size(), aws_chunked_framer::encoded_length(size, crc_trailer, value.size())) << size;
      auto const got = decode(unsigned_form(size, crc_trailer), {out});
      EXPECT_TRUE(got.ended) << size;
      EXPECT_TRUE(got.data == data) << size;
    }
  }
}

}  // namespace
}  // namespace s3proxy::s3
