#include "s3proxy/s3/sigv4.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

using base::errc;

std::string const scope = "Credential=AKID/20130524/us-east-1/s3/aws4_request";
std::string const names = "SignedHeaders=host;x-amz-date";
std::string const signature = "Signature=" + std::string(64, 'a');
std::string const scheme = "AWS4-HMAC-SHA256 ";

TEST(authorization, is_read_into_its_parts) {
  auto const value = scheme + scope + ", " + names + ", " + signature;
  auto const read = parse_authorization(value);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->scope.key_id.str(), "AKID");
  EXPECT_EQ(read->scope.date, "20130524");
  EXPECT_EQ(read->scope.region, "us-east-1");
  EXPECT_EQ(read->scope.service, "s3");
  EXPECT_EQ(read->signed_headers_text, "host;x-amz-date");
  EXPECT_EQ(read->signed_headers, (std::vector<std::string_view>{"host", "x-amz-date"}));
  EXPECT_EQ(base::to_hex(read->signature), std::string(64, 'a'));
}

TEST(authorization, may_have_its_parts_in_any_order_with_or_without_spaces) {
  for (auto const& rest : {scope + "," + names + "," + signature, signature + ", " + scope + ",   " + names,
                           " " + names + ", " + signature + "," + scope + " "}) {
    EXPECT_TRUE(parse_authorization(scheme + rest)) << rest;
  }
}

TEST(authorization, is_refused_unless_each_part_comes_once) {
  for (auto const& rest :
       {std::string{}, scope, scope + "," + names, scope + "," + names + "," + signature + ",",
        scope + "," + names + "," + signature + "," + signature, scope + "," + scope + "," + names,
        scope + "," + names + "," + signature + ",Extra=1", scope + ",," + names + "," + signature,
        scope + ";" + names + ";" + signature,
        "credential" + scope.substr(10) + "," + names + "," + signature,
        scope + " " + names + " " + signature}) {
    auto const read = parse_authorization(scheme + rest);
    ASSERT_FALSE(read) << rest;
    EXPECT_EQ(base::to_errc(read.error()), errc::authorization_malformed) << rest;
  }
}

TEST(authorization, of_another_scheme_is_refused_with_a_reason) {
  std::pair<std::string, errc> const table[] = {
      {"AWS AKID:c2lnbmF0dXJl", errc::unsupported_signature},
      {"AWS4-ECDSA-P256-SHA256 " + scope, errc::unsupported_sigv4a},
      {"Bearer x", errc::invalid_authorization},
      {"Basic dTpw", errc::invalid_authorization},
      {"aws4-hmac-sha256 " + scope, errc::invalid_authorization},
      {"AWS4-HMAC-SHA1 " + scope, errc::invalid_authorization},
      {"", errc::invalid_authorization},
      {"AWS4-HMAC-SHA256", errc::authorization_malformed},
  };
  for (auto const& [value, why] : table) {
    auto const read = parse_authorization(value);
    ASSERT_FALSE(read) << value;
    EXPECT_EQ(base::to_errc(read.error()), why) << value;
  }
}

errc read_with_scope(std::string const& credential) {
  auto const read = parse_authorization(scheme + "Credential=" + credential + "," + names + "," + signature);
  return read ? errc{} : base::to_errc(read.error());
}

TEST(authorization, needs_a_scope_of_five_parts_that_is_ours) {
  for (auto const* const bad :
       {"", "AKID", "AKID/20130524/us-east-1/s3", "AKID/20130524/us-east-1/s3/aws4_request/x",
        "a/b/20130524/us-east-1/s3/aws4_request", "/20130524/us-east-1/s3/aws4_request",
        "AKID/2013052/us-east-1/s3/aws4_request", "AKID/201305240/us-east-1/s3/aws4_request",
        "AKID/2013O524/us-east-1/s3/aws4_request", "AKID/20130524//s3/aws4_request",
        "AKID/20130524/us east/s3/aws4_request", "AKID/20130524/us-east-1/S3/aws4_request",
        "AKID/20130524/us-east-1/ec2/aws4_request", "AKID/20130524/us-east-1/s3/aws4_Request",
        "AKID/20130524/us-east-1/s3/"}) {
    EXPECT_EQ(read_with_scope(bad), errc::authorization_malformed) << bad;
  }
}

TEST(authorization, may_be_of_any_well_formed_region_and_key) {
  for (auto const* const good :
       {"AKID/20130524/eu-west-1/s3/aws4_request", "AKID/20130524/auto/s3/aws4_request",
        "AKID/20130524/garage_1.x/s3/aws4_request", "' OR 1=1 --/20130524/US/s3/aws4_request"}) {
    EXPECT_EQ(read_with_scope(good), errc{}) << good;
  }
}

TEST(authorization, needs_signed_headers_in_lower_case_and_strictly_ascending) {
  for (auto const* const bad : {"", "Host", "host;", ";host", "host;;x-amz-date", "x-amz-date;host",
                                "host;host", "host; x-amz-date", "h\xC3\xB6st", "host:x"}) {
    auto const read = parse_authorization(scheme + scope + ",SignedHeaders=" + bad + "," + signature);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(base::to_errc(read.error()), errc::authorization_malformed) << bad;
  }
}

TEST(authorization, with_a_signature_that_is_not_64_lower_case_digits_does_not_match) {
  for (auto const& bad : {std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'),
                          std::string(64, 'g'), std::string{}, std::string(10'000, 'a')}) {
    auto const value = scheme + scope + "," + names + ",Signature=" + bad;
    auto const read = parse_authorization(value);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(base::to_errc(read.error()), errc::signature_does_not_match) << bad;
  }
}

}  // namespace
}  // namespace s3proxy::s3
