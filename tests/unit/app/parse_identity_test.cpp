#include "s3proxy/app/parse_identity.hpp"

#include <gtest/gtest.h>

namespace s3proxy::app {
namespace {

using namespace std::chrono_literals;

TEST(access_key_id, can_stand_in_a_signature) {
  EXPECT_EQ(*parse_access_key_id("AKIAIOSFODNN7EXAMPLE"), "AKIAIOSFODNN7EXAMPLE");
  EXPECT_TRUE(parse_access_key_id(std::string(128, 'A')).has_value());
  for (auto const& wrong : {std::string(), std::string("a b"), std::string("a/b"), std::string("a,b"),
                            std::string("\xc3\xa9"), std::string(129, 'A')}) {
    EXPECT_FALSE(parse_access_key_id(wrong).has_value()) << wrong;
  }
}

TEST(secret, is_refused_without_being_quoted) {
  EXPECT_FALSE(refuse_secret("wJalrXUtnFEMI/K7MDENG+bPx=="));
  for (auto const& wrong :
       {std::string(), std::string("hush hush"), std::string("hush\n"), std::string(1025, 'h')}) {
    auto const sentence = refuse_secret(wrong);
    ASSERT_TRUE(sentence);
    EXPECT_EQ(sentence->find("hush"), std::string::npos);
  }
}

TEST(role, is_an_arn_of_any_store) {
  for (auto const* role : {"arn:aws:iam::123456789012:role/lake-reader", "arn:aws-cn:iam::1:role/a/b",
                           "arn:minio:iam:::role/x"}) {
    EXPECT_TRUE(parse_role_arn(role).has_value()) << role;
  }
  for (auto const* wrong : {"", "lake-reader", "arn:a b", "aws:iam"}) {
    EXPECT_FALSE(parse_role_arn(wrong).has_value()) << wrong;
  }
}

TEST(session, has_the_names_and_lengths_that_assume_role_takes) {
  EXPECT_TRUE(parse_session_name("s3proxy+a=b,c.d@e-f_1").has_value());
  EXPECT_FALSE(parse_session_name("x").has_value());
  EXPECT_FALSE(parse_session_name("a b").has_value());
  EXPECT_EQ(*parse_session_duration("15m"), 15min);
  EXPECT_EQ(*parse_session_duration("12h"), 12h);
  for (auto const* wrong : {"0", "14m", "13h", "900500ms", "900", "x"}) {
    EXPECT_FALSE(parse_session_duration(wrong).has_value()) << wrong;
  }
}

TEST(names, of_principals_profiles_and_external_ids) {
  EXPECT_TRUE(parse_principal_name("lake-reader.2_x").has_value());
  EXPECT_FALSE(parse_principal_name("a/b").has_value());
  EXPECT_FALSE(parse_principal_name("").has_value());
  EXPECT_TRUE(parse_profile_name("my profile").has_value());
  EXPECT_FALSE(parse_profile_name("a]").has_value());
  EXPECT_TRUE(parse_external_id("a:/b").has_value());
  EXPECT_EQ(parse_external_id("hush hush").error().sentence.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace s3proxy::app
