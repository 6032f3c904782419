#include "s3proxy/app/parse_host.hpp"

#include <gtest/gtest.h>

namespace s3proxy::app {
namespace {

TEST(domain, is_a_name_in_lower_case) {
  EXPECT_EQ(*parse_domain("S3.Example.com"), "s3.example.com");
  EXPECT_EQ(*parse_domain("localhost"), "localhost");
  for (auto const* wrong : {"", "*.example.com", ".example.com", "example.com:3000", "https://example.com",
                            "127.0.0.1", "::1", "[::1]", "a b", "example.com/", "user@example.com"}) {
    auto const refused = parse_domain(wrong);
    ASSERT_FALSE(refused.has_value()) << wrong;
    EXPECT_NE(refused.error().sentence.find("; allowed: a name without scheme and port"), std::string::npos);
  }
}

TEST(cors_origin, is_written_as_browsers_write_it) {
  EXPECT_EQ(*parse_cors_origin("*"), "*");
  EXPECT_EQ(*parse_cors_origin("https://App.Example.com:443"), "https://app.example.com");
  EXPECT_EQ(*parse_cors_origin("http://localhost:8080"), "http://localhost:8080");
  EXPECT_EQ(*parse_cors_origin("http://[::1]:8080"), "http://[::1]:8080");
  for (auto const* wrong :
       {"", "null", "app.example.com", "https://a/", "https://a/b", "https://*.a", "ftp://a"}) {
    EXPECT_FALSE(parse_cors_origin(wrong).has_value()) << wrong;
  }
  EXPECT_EQ(parse_cors_origin("https://me:hush@a").error().sentence.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace s3proxy::app
