#include "s3proxy/s3/bucket_region.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

http::header_list header(std::string_view region) {
  http::header_list out;
  out.add("X-Amz-Bucket-Region", region);
  return out;
}

std::string document(std::string const& code, std::string const& region = "") {
  return "<Error><Code>" + code + "</Code><Region>" + region + "</Region></Error>";
}

TEST(bucket_region, the_field_is_believed_before_the_document) {
  EXPECT_EQ(told_region(301, header("eu-west-1"), document("PermanentRedirect", "us-west-2")), "eu-west-1");
  EXPECT_EQ(told_region(301, {}, document("PermanentRedirect", "us-west-2")), "us-west-2");
  EXPECT_EQ(told_region(307, {}, document("TemporaryRedirect", "us-west-2")), "us-west-2");
  EXPECT_EQ(told_region(400, {}, document("AuthorizationHeaderMalformed", "us-west-2")), "us-west-2");
  EXPECT_EQ(told_region(400, header("eu-west-1"), document("AuthorizationHeaderMalformed")), "eu-west-1");
}

TEST(bucket_region, a_head_has_only_its_fields) {
  EXPECT_EQ(told_region(301, header("eu-west-1"), ""), "eu-west-1");
  EXPECT_EQ(told_region(400, header("eu-west-1"), ""), "eu-west-1");
  EXPECT_EQ(told_region(400, {}, ""), "");
}

TEST(bucket_region, a_request_that_is_bad_for_another_reason_tells_no_region) {
  EXPECT_EQ(told_region(400, header("eu-west-1"), document("EntityTooSmall", "eu-west-1")), "");
  EXPECT_EQ(told_region(400, header("eu-west-1"), "<Error><Code>Authoriz"), "");
  EXPECT_EQ(told_region(400, header("eu-west-1"), "not xml"), "");
}

TEST(bucket_region, other_statuses_tell_nothing) {
  for (auto const status : {200U, 204U, 302U, 304U, 308U, 401U, 403U, 404U, 500U, 503U}) {
    EXPECT_EQ(told_region(status, header("eu-west-1"), document("PermanentRedirect", "eu-west-1")), "")
        << status;
  }
}

TEST(bucket_region, a_name_that_can_be_shown_is_short_and_plain) {
  for (auto const* good : {"eu-west-1", "fsn1", "garage", "auto", "us-isob-east-1"}) {
    EXPECT_TRUE(is_region_name(good)) << good;
  }
  for (std::string const bad : {"", "evil.com/", "EU", "a b", "a_b", "a\r\n", "a<b"}) {
    EXPECT_FALSE(is_region_name(bad)) << bad;
  }
  EXPECT_FALSE(is_region_name(std::string(33, 'a')));
}

}  // namespace
}  // namespace s3proxy::s3
