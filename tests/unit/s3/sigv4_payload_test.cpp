#include "signed_request.hpp"

namespace s3proxy::s3 {
namespace {

using base::errc;
using base::operator""_GiB;
using enum streaming_payload::chunks;

constexpr std::string_view signed_chunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view signed_trailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
constexpr std::string_view unsigned_trailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
constexpr std::string_view crc = "x-amz-checksum-crc32";

struct upload {
  std::string_view word;
  std::optional<std::string_view> length = "1000";
  std::optional<std::string_view> trailer{};
  std::optional<std::string_view> encoding = "aws-chunked";
  std::string method = "PUT";

  request signed_one() const {
    request out{.method = method, .payload = std::string(word)};
    if (length) {
      out.extra.add("x-amz-decoded-content-length", *length);
    }
    if (trailer) {
      out.extra.add("X-Amz-Trailer", *trailer);
    }
    if (encoding) {
      out.extra.add("Content-Encoding", *encoding);
    }
    return out;
  }
};

errc refused(upload const& what) {
  return refusal(what.signed_one().raw()).value_or(errc{});
}

streaming_payload accepted(upload const& what) {
  auto const out = judge(what.signed_one().raw());
  EXPECT_TRUE(out) << what.word << ": " << out.error().message();
  return out ? std::get<streaming_payload>(out->payload) : streaming_payload{};
}

TEST(payload, in_signed_chunks_continues_from_the_signature_of_the_head) {
  auto const raw = upload{signed_chunks}.signed_one().raw();
  auto const payload = accepted({signed_chunks});
  EXPECT_EQ(payload.lines, with_signatures);
  EXPECT_EQ(payload.decoded_length, 1000U);
  EXPECT_EQ(payload.trailer, "");
  ASSERT_TRUE(payload.seed);
  EXPECT_EQ(payload.seed->amz_date, "20130524T120000Z");
  EXPECT_EQ(payload.seed->scope, "20130524/us-east-1/s3/aws4_request");
  EXPECT_EQ(payload.seed->signing_key,
            derive_signing_key(long_lived.secret_key, "20130524", "us-east-1", "s3"));
  EXPECT_NE(raw.find("Signature=" + base::to_hex(payload.seed->signature)), raw.npos);
}

TEST(payload, with_a_trailer_names_it_in_lower_case) {
  EXPECT_EQ(accepted({signed_trailer, "0", "X-Amz-Checksum-CRC32C"}).trailer, "x-amz-checksum-crc32c");
  EXPECT_TRUE(accepted({signed_trailer, "0", crc}).seed);
  EXPECT_EQ(accepted({unsigned_trailer, "0", "x-amz-checksum-unheard-of"}).trailer,
            "x-amz-checksum-unheard-of");
}

TEST(payload, in_unsigned_chunks_has_no_seed) {
  auto const payload = accepted({unsigned_trailer, "7", crc});
  EXPECT_EQ(payload.lines, without_signatures);
  EXPECT_FALSE(payload.seed);
  EXPECT_EQ(payload.decoded_length, 7U);
}

TEST(payload, may_be_in_chunks_although_its_word_does_not_say_so) {
  EXPECT_EQ(accepted({"UNSIGNED-PAYLOAD"}).lines, without_signatures);
  EXPECT_EQ(accepted({"UNSIGNED-PAYLOAD", "5", {}, std::nullopt}).decoded_length, 5U);
  EXPECT_EQ(accepted({"UNSIGNED-PAYLOAD", "5", crc}).trailer, crc);
  for (auto const* const encoding : {"gzip, AWS-Chunked", "aws-chunked,gzip", "gzip ,\taws-chunked "}) {
    EXPECT_EQ(accepted({"UNSIGNED-PAYLOAD", "5", {}, encoding}).decoded_length, 5U) << encoding;
  }
  auto const plain = judge(upload{"UNSIGNED-PAYLOAD", {}, {}, "gzip, aws-chunkedly"}.signed_one().raw());
  EXPECT_TRUE(std::holds_alternative<unsigned_payload>(plain.value().payload));
}

TEST(payload, with_a_hash_is_not_taken_in_chunks) {
  auto const hash = empty_payload_hash;
  EXPECT_EQ(refused({hash}), errc::hashed_chunks);
  EXPECT_EQ(refused({hash, std::nullopt}), errc::hashed_chunks);
  EXPECT_EQ(refused({hash, "5", {}, std::nullopt}), errc::hashed_chunks);
  EXPECT_EQ(refused({hash, std::nullopt, crc, std::nullopt}), errc::invalid_trailer_name);
}

TEST(payload, in_chunks_is_for_put_only) {
  for (auto const* const method : {"GET", "HEAD", "DELETE", "POST"}) {
    for (auto const word : {signed_chunks, std::string_view("UNSIGNED-PAYLOAD")}) {
      EXPECT_EQ(refused({word, "0", {}, "aws-chunked", method}), errc::streaming_misplaced) << method;
    }
    EXPECT_EQ(refused({unsigned_trailer, "0", crc, {}, method}), errc::streaming_misplaced) << method;
  }
}

TEST(payload, in_chunks_tells_its_decoded_length) {
  EXPECT_EQ(refused({signed_chunks, std::nullopt}), errc::missing_decoded_length);
  EXPECT_EQ(refused({"UNSIGNED-PAYLOAD", std::nullopt}), errc::missing_decoded_length);
  for (auto const* const junk : {"", "-1", "+1", "0x10", "1e3", "1 0", "ten", "1,1"}) {
    EXPECT_EQ(refused({signed_chunks, junk}), errc::invalid_decoded_length) << junk;
  }
  auto twice = upload{signed_chunks}.signed_one();
  twice.extra.add("x-amz-decoded-content-length", "1000");
  EXPECT_EQ(refusal(twice.raw()), errc::invalid_decoded_length);
}

TEST(payload, is_at_most_five_gibibytes) {
  EXPECT_EQ(accepted({signed_chunks, "5368709120"}).decoded_length, 5_GiB);
  EXPECT_EQ(refused({signed_chunks, "5368709121"}), errc::upload_too_large);
  EXPECT_EQ(refused({signed_chunks, "99999999999999999999999999"}), errc::upload_too_large);
}

TEST(payload, names_exactly_one_checksum_as_its_trailer_where_the_word_says_so) {
  for (auto const word : {signed_trailer, unsigned_trailer}) {
    EXPECT_EQ(refused({word}), errc::invalid_trailer_name);
    for (auto const* const name :
         {"", "x-amz-checksum-", "x-amz-checksum-crc32,x-amz-checksum-sha1", "x-amz-checksum-crc32 x",
          "x-amz-meta-a", "host", "x-amz-checksum-crc32:"}) {
      EXPECT_EQ(refused({word, "1", name}), errc::invalid_trailer_name) << name;
    }
    auto twice = upload{word, "1", crc}.signed_one();
    twice.extra.add("x-amz-trailer", crc);
    EXPECT_EQ(refusal(twice.raw()), errc::invalid_trailer_name);
  }
  EXPECT_EQ(refused({signed_chunks, "1", crc}), errc::invalid_trailer_name);
  EXPECT_EQ(refused({"UNSIGNED-PAYLOAD", std::nullopt, crc, std::nullopt}), errc::invalid_trailer_name);
}

TEST(payload, signed_with_version_4a_is_not_taken) {
  for (auto const* const word :
       {"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"}) {
    EXPECT_EQ(refused({word, "1", crc}), errc::unsupported_sigv4a) << word;
  }
}

TEST(payload, of_an_unknown_word_is_refused) {
  for (auto const* const word :
       {"STREAMING-", "STREAMING-UNSIGNED-PAYLOAD", "streaming-unsigned-payload-trailer",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILERS"}) {
    EXPECT_EQ(refused({word, "1", crc}), errc::invalid_content_sha256) << word;
  }
}

TEST(payload, is_looked_at_after_the_signature) {
  for (auto const word :
       {signed_chunks, signed_trailer, unsigned_trailer, std::string_view("UNSIGNED-PAYLOAD")}) {
    auto bad = upload{word, std::nullopt, crc}.signed_one();
    bad.with.secret_key = base::secret{"wrong"};
    EXPECT_EQ(refusal(bad.raw()), errc::signature_does_not_match) << word;
    EXPECT_EQ(refusal(bad.presigned()), errc::signature_does_not_match) << word;
  }
}

TEST(payload, of_an_unsigned_client_may_come_in_chunks_and_nobody_checks_their_signatures) {
  rules const open{.unsigned_requests = unsigned_rule::accept};
  std::string const start = "PUT /b/k HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n";
  auto const chunked = start + "Content-Encoding: aws-chunked\r\nx-amz-decoded-content-length: 3\r\n";
  EXPECT_EQ(std::get<streaming_payload>(judge(chunked + "\r\n", open).value().payload).decoded_length, 3U);
  auto const with_word =
      judge(chunked + "x-amz-content-sha256: " + std::string(signed_chunks) + "\r\n\r\n", open);
  EXPECT_FALSE(std::get<streaming_payload>(with_word.value().payload).seed);
  EXPECT_EQ(refusal(start + "Content-Encoding: aws-chunked\r\n\r\n", open), errc::missing_decoded_length);
  EXPECT_EQ(refusal(start + "x-amz-content-sha256: nonsense\r\n\r\n", open), errc::invalid_content_sha256);
}

}  // namespace
}  // namespace s3proxy::s3
