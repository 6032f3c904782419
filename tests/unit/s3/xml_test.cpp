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

}  // namespace
}  // namespace s3proxy::s3
