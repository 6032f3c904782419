#include "s3proxy/s3/sigv4.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

auto const now = *http::parse_amz_date("20130524T000000Z");
credentials const long_lived{base::access_key_id{"AKID"}, base::secret{"secret"}, {}};
credentials const temporary{base::access_key_id{"ASIA"}, base::secret{"secret"}, base::secret{"token"}};

http::header_list signed_list(http::header_list headers, credentials const& with) {
  signing_key_cache keys;
  sign("GET", "/bucket/k", "", headers, with, "eu-west-1", unsigned_payload_word, now, keys);
  return headers;
}

std::string signed_names(http::header_list const& headers) {
  return std::string(parse_authorization(*headers.find("authorization"))->signed_headers_text);
}

TEST(signer, adds_the_four_headers_of_a_signature) {
  http::header_list headers;
  headers.add("Host", "store:9000");
  auto const out = signed_list(headers, temporary);
  EXPECT_EQ(out.find("x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(out.find("x-amz-content-sha256"), unsigned_payload_word);
  EXPECT_EQ(out.find("x-amz-security-token"), "token");
  auto const given = parse_authorization(*out.find("authorization"));
  ASSERT_TRUE(given);
  EXPECT_EQ(given->scope.key_id.str(), "ASIA");
  EXPECT_EQ(given->scope.region, "eu-west-1");
  EXPECT_EQ(given->signed_headers_text, "host;x-amz-content-sha256;x-amz-date;x-amz-security-token");
}

TEST(signer, signs_what_changes_the_meaning_of_the_request_and_nothing_else) {
  http::header_list headers;
  for (auto const* const name :
       {"Host", "Range", "Content-Type", "Content-MD5", "X-Amz-Meta-A", "x-amz-meta-a", "Accept", "If-Match",
        "User-Agent", "Content-Length", "Accept-Encoding"}) {
    headers.add(name, "v");
  }
  EXPECT_EQ(signed_names(signed_list(headers, long_lived)),
            "content-md5;content-type;host;range;x-amz-content-sha256;x-amz-date;x-amz-meta-a");
}

TEST(signer, replaces_the_signature_and_the_token_of_somebody_else) {
  http::header_list headers;
  headers.add("Host", "store");
  headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=CLIENT/...");
  headers.add("X-Amz-Security-Token", "the client's");
  headers.add("X-Amz-Date", "20000101T000000Z");
  headers.add("X-Amz-Content-SHA256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  auto const out = signed_list(headers, long_lived);
  http::header_list fresh;
  fresh.add("Host", "store");
  EXPECT_EQ(out.find("authorization"), signed_list(fresh, long_lived).find("authorization"));
  EXPECT_FALSE(out.contains("x-amz-security-token"));
  EXPECT_EQ(out.find("x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(out.size(), 4U);
}

TEST(signer, signs_again_the_same_when_it_is_called_twice) {
  http::header_list headers;
  headers.add("Host", "store");
  auto const once = signed_list(headers, temporary);
  EXPECT_EQ(signed_list(once, temporary).find("authorization"), once.find("authorization"));
}

}  // namespace
}  // namespace s3proxy::s3
