#include "s3proxy/app/endpoint.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::app {
namespace {

std::string refused(std::string_view text) {
  auto const endpoint = parse_endpoint(text);
  EXPECT_FALSE(endpoint.has_value()) << text;
  return endpoint.has_value() ? std::string() : endpoint.error().sentence;
}

bool says(std::string const& sentence, std::string_view part) {
  return sentence.find(part) != std::string::npos;
}

TEST(endpoint_value, a_url_is_scheme_host_and_port) {
  struct row {
    char const* text;
    endpoint_url url;
    char const* authority;
  };
  using enum url_scheme;
  for (auto const& [text, url, authority] : {
           row{"https://s3.eu-west-1.amazonaws.com",
               {https, "s3.eu-west-1.amazonaws.com", 443},
               "s3.eu-west-1.amazonaws.com"},
           row{"http://localhost:9000", {http, "localhost", 9000}, "localhost:9000"},
           row{"http://localhost:9000/", {http, "localhost", 9000}, "localhost:9000"},
           row{"HTTP://Store_1:80", {http, "store_1", 80}, "store_1"},
           row{"https://store:80", {https, "store", 80}, "store:80"},
           row{"http://10.0.0.1", {http, "10.0.0.1", 80}, "10.0.0.1"},
           row{"https://[::1]", {https, "::1", 443}, "[::1]"},
           row{"http://[2001:DB8::1]:9000", {http, "2001:db8::1", 9000}, "[2001:db8::1]:9000"},
       }) {
    auto const endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint.has_value()) << text << ": " << endpoint.error().sentence;
    EXPECT_EQ(*endpoint, url) << text;
    EXPECT_EQ(endpoint->authority(), authority);
    EXPECT_EQ(endpoint->url(), (url.scheme == https ? "https://" : "http://") + std::string(authority));
  }
}

TEST(endpoint_value, what_is_refused_comes_with_its_remedy) {
  struct row {
    char const* text;
    char const* remedy;
  };
  for (auto const& [text, remedy] : {
           row{"localhost:9000", "write http://localhost:9000 or https://localhost:9000"},
           row{"s3.amazonaws.com/bucket", "write http://s3.amazonaws.com or"},
           row{"s3://bucket", "names a bucket, not a server"},
           row{"ftp://host", "neither scheme http nor https"},
           row{"http://host/bucket", "has a path"},
           row{"http://host//", "has a path"},
           row{"http://host?x=1", "a query or a fragment"},
           row{"http://host/#x", "a query or a fragment"},
           row{"http://::1:9000", "needs brackets, as in http://[::1]:9000"},
           row{"http://[::1", "names no host"},
           row{"http://[::1]9000", "names no host"},
           row{"http://[::1%25eth0]", "neither a name nor an address"},
           row{"http://[host]", "neither a name nor an address"},
           row{"http://", "names no host"},
           row{"http://:9000", "neither a name nor an address"},
           row{"http://host:", "a port that is not 1 to 65535"},
           row{"http://host:0", "a port that is not 1 to 65535"},
           row{"http://host:65536", "a port that is not 1 to 65535"},
           row{"http://host:+80", "a port that is not 1 to 65535"},
           row{"http://a..b", "neither a name nor an address"},
           row{"http://host.", "neither a name nor an address"},
           row{"http://ho st", "neither a name nor an address"},
           row{"http://host\r\n", "neither a name nor an address"},
           row{"", "has no scheme"},
       }) {
    auto const sentence = refused(text);
    EXPECT_TRUE(says(sentence, remedy)) << text << ": " << sentence;
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << text;
  }
}

TEST(endpoint_value, a_host_is_as_long_as_dns_allows) {
  auto const label = std::string(63, 'a');
  auto const longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_TRUE(parse_endpoint("http://" + longest).has_value());
  EXPECT_TRUE(says(refused("http://" + longest + "a"), "neither a name nor an address"));
  EXPECT_TRUE(says(refused("http://" + label + "a"), "neither a name nor an address"));
}

TEST(endpoint_value, a_password_in_the_url_is_refused_and_never_shown) {
  for (auto const* text : {"https://AKIA:hunter2@host", "https://AKIA:hun/ter2@host", "AKIA:hunter2@host",
                           "http://host/?hunter2@"}) {
    auto const sentence = refused(text);
    EXPECT_TRUE(says(sentence, "user name or password")) << sentence;
    EXPECT_FALSE(says(sentence, "ter2") || says(sentence, "AKIA")) << sentence;
  }
}

TEST(endpoint_value, a_query_is_not_shown_since_it_may_be_a_signature) {
  EXPECT_FALSE(says(refused("https://host?X-Amz-Signature=cafe"), "cafe"));
}

}  // namespace
}  // namespace s3proxy::app
