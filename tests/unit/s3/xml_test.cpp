#include "s3proxy/s3/xml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

TEST(store_error, is_read_from_an_error_document) {
  auto const read = parse_error_document(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>PermanentRedirect</Code><Message>a &amp; "
      "&#98;</Message>"
      "<Region>eu-west-1</Region><HostId/></Error>");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, "PermanentRedirect");
  EXPECT_EQ(read->message, "a & b");
  EXPECT_EQ(read->region, "eu-west-1");
}

TEST(store_error, may_have_white_space_before_it_a_namespace_and_sections) {
  auto const read = parse_error_document(
      "\n  \n<s:Error xmlns:s='urn:x'><s:Code>Slow<!-- "
      "-->Down</s:Code><s:Message><![CDATA[a<b]]></s:Message></s:Error>");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, "SlowDown");
  EXPECT_EQ(read->message, "a<b");
  EXPECT_EQ(read->region, "");
}

TEST(store_error, without_a_code_is_still_an_error) {
  auto const read = parse_error_document("<Error/>");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->code, "");
}

TEST(store_error, is_nothing_when_the_bytes_are_no_error_document) {
  for (std::string const& bytes :
       {std::string{}, std::string{"Service Unavailable"}, std::string{"<html><body/></html>"},
        std::string{"<Error><Code>x"}, std::string{"<CopyObjectResult/>"}, std::string{"<R><Error/></R>"},
        std::string(3, '\0'), "<Error><Code>" + std::string(64 * 1024, 'x') + "</Code></Error>"}) {
    EXPECT_FALSE(parse_error_document(bytes)) << bytes.substr(0, 40);
  }
}

TEST(store_error, expands_no_entity_of_its_own) {
  auto const read = parse_error_document(
      "<!DOCTYPE e [<!ENTITY x SYSTEM \"file:///etc/hostname\"><!ENTITY y \"yy\">]>"
      "<Error><Code>&x;&y;</Code></Error>");
  EXPECT_TRUE(!read || read->code == "&x;&y;");
}

TEST(store_error, that_is_about_our_credentials_is_recognised) {
  for (auto const* const code :
       {"SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidToken", "ExpiredToken", "TokenRefreshRequired",
        "RequestTimeTooSkewed", "AuthorizationHeaderMalformed", "InvalidSecurity", "NotSignedUp",
        "MissingSecurityHeader", "MissingAuthenticationToken", "InvalidClientTokenId",
        "UnrecognizedClientException"}) {
    EXPECT_TRUE(blames_our_credentials(code)) << code;
  }
  for (auto const* const code : {"", "AccessDenied", "NoSuchKey", "SlowDown", "signaturedoesnotmatch"}) {
    EXPECT_FALSE(blames_our_credentials(code)) << code;
  }
}

std::string sts_answer(std::string const& credentials) {
  return "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>"
         "<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser>" +
         credentials + "</AssumeRoleResult><ResponseMetadata/></AssumeRoleResponse>";
}

constexpr auto issued_text =
    "<Credentials><SessionToken>tok/en+==</SessionToken><SecretAccessKey>s3cr/et</SecretAccessKey>"
    "<Expiration>2026-01-02T04:04:05Z</Expiration><AccessKeyId>ASIA1</AccessKeyId></Credentials>";

TEST(sts_credentials, are_read_from_the_result_in_any_order_and_namespace) {
  for (auto const& text :
       {sts_answer(issued_text),
        std::string("<a:AssumeRoleWithWebIdentityResponse xmlns:a='urn:x'><a:AssumeRoleWithWebIdentityResult>"
                    "<a:Credentials><a:AccessKeyId>ASIA1</a:AccessKeyId><a:SecretAccessKey>s3cr/et"
                    "</a:SecretAccessKey><a:SessionToken>tok/en+==</a:SessionToken><a:Expiration>"
                    "2026-01-02T04:04:05.123Z</a:Expiration></a:Credentials>"
                    "</a:AssumeRoleWithWebIdentityResult></a:AssumeRoleWithWebIdentityResponse>")}) {
    auto const read = parse_sts_credentials(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->pair.key_id.str(), "ASIA1");
    EXPECT_EQ(read->pair.secret_key.reveal(), "s3cr/et");
    EXPECT_EQ(read->pair.session_token.reveal(), "tok/en+==");
    EXPECT_EQ(read->expires, http::parse_iso_date("2026-01-02T04:04:05Z"));
  }
}

TEST(sts_credentials, without_an_expiry_do_not_expire) {
  auto const read = parse_sts_credentials(sts_answer(
      "<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey></Credentials>"));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->expires);
}

TEST(sts_credentials, are_nothing_when_the_answer_is_not_whole_or_not_usable) {
  std::string const good = sts_answer(issued_text);
  auto const with = [&](std::string const& what, std::string const& instead) {
    auto text = good;
    return text.replace(text.find(what), what.size(), instead);
  };
  for (auto const& bytes :
       {std::string(), std::string("{}"), good.substr(0, good.size() - 5), with("ASIA1", ""),
        with("s3cr/et", ""), with("ASIA1", "A\r\nHost: x"), with("s3cr/et", "a b"), with("tok/en", "t\n"),
        with("2026-01-02T04:04:05Z", "tomorrow"), with("2026-01-02T04:04:05Z", ""),
        with("s3cr/et", std::string(longest_secret + 1, 's')), sts_answer(""),
        std::string("<Error><Code>x</Code></Error>")}) {
    EXPECT_FALSE(parse_sts_credentials(bytes)) << bytes.substr(0, 60);
  }
}

TEST(sts_error, is_read_with_and_without_its_envelope) {
  for (auto const* const text :
       {"<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error><Type>Sender</Type>"
        "<Code>ExpiredToken</Code><Message>too old</Message></Error><RequestId>1</RequestId></ErrorResponse>",
        "<Error><Code>ExpiredToken</Code><Message>too old</Message></Error>"}) {
    auto const read = parse_sts_error(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->code, "ExpiredToken");
    EXPECT_EQ(read->message, "too old");
  }
  EXPECT_FALSE(parse_sts_error("<ErrorResponse/>"));
  EXPECT_FALSE(parse_sts_error("<html/>"));
}

}  // namespace
}  // namespace s3proxy::s3
