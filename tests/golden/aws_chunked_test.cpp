// The chunk chains that AWS documents, with its own signatures:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html

#include "s3proxy/s3/aws_chunked.hpp"

#include "s3proxy/s3/sigv4.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

streaming_payload documented(std::string_view seed_signature, std::string trailer) {
  base::secret const secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  return {streaming_payload::chunks::with_signatures,
          chunk_seed{derive_signing_key(secret, "20130524", "us-east-1", "s3"), "20130524T000000Z",
                     "20130524/us-east-1/s3/aws4_request", *base::digest_from_hex(seed_signature)},
          std::move(trailer), 66560};
}

std::string line(std::string const& size, std::string const& signature) {
  return size + ";chunk-signature=" + signature + "\r\n";
}

void expect_accepted(streaming_payload const& expected, std::string body) {
  aws_chunked_decoder decoder(expected);
  auto const got = decoder.decode(body);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(body.substr(0, *got), std::string(66560, 'a'));
  EXPECT_TRUE(decoder.ended());
}

void expect_refused(streaming_payload const& expected, std::string body, base::errc why) {
  aws_chunked_decoder decoder(expected);
  auto const got = decoder.decode(body);
  ASSERT_FALSE(got);
  EXPECT_EQ(base::to_errc(got.error()), why);
}

TEST(aws_chunked, has_the_documented_chunk_signatures) {
  auto const expected = documented("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", "");
  auto body = line("10000", "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648") +
              std::string(65536, 'a') + "\r\n" +
              line("400", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497") +
              std::string(1024, 'a') + "\r\n" +
              line("0", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9") + "\r\n";
  EXPECT_EQ(body.size(), 66824U) << "the Content-Length of the example";
  expect_accepted(expected, body);
  body[1000] = 'b';
  expect_refused(expected, body, base::errc::signature_does_not_match);
}

TEST(aws_chunked, has_the_documented_trailer_signature) {
  auto const expected =
      documented("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", "x-amz-checksum-crc32c");
  std::string const signature = "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435";
  auto body = line("10000", "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2") +
              std::string(65536, 'a') + "\r\n" +
              line("400", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7") +
              std::string(1024, 'a') + "\r\n" +
              line("0", "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992") +
              "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:" + signature + "\r\n\r\n";
  expect_accepted(expected, body);
  body.replace(body.find(signature), 1, "e");
  expect_refused(expected, body, base::errc::signature_does_not_match);
}

}  // namespace
}  // namespace s3proxy::s3
