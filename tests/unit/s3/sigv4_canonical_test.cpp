#include "s3proxy/s3/sigv4.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

TEST(canonical_path, is_decoded_once_and_encoded_again_without_normalising) {
  std::pair<std::string_view, std::string_view> const table[] = {
      {"/", "/"},
      {"/bucket/a-b_c.d~e", "/bucket/a-b_c.d~e"},
      {"/b/a//b/./../c/", "/b/a//b/./../c/"},
      {"/b/a+b", "/b/a%2Bb"},
      {"/b/a%20b", "/b/a%20b"},
      {"/b/%e6%97%a5", "/b/%E6%97%A5"},
      {"/b/a%2Fb", "/b/a/b"},
      {"/b/%41%7E", "/b/A~"},
      {"/b/%2541", "/b/%2541"},
      {"/b/y=1&!$'()*,;:@", "/b/y%3D1%26%21%24%27%28%29%2A%2C%3B%3A%40"},
      {"/b/100%", "/b/100%"},
      {"/b/%zz+", "/b/%zz+"},
  };
  for (auto const& [raw, canonical] : table) {
    EXPECT_EQ(canonical_path(raw), canonical) << raw;
  }
}

TEST(canonical_query, is_encoded_and_sorted_by_name_then_value) {
  std::pair<std::string_view, std::string_view> const table[] = {
      {"", ""},
      {"acl", "acl="},
      {"acl=", "acl="},
      {"b=2&a=1", "a=1&b=2"},
      {"a=2&a=1&a=", "a=&a=1&a=2"},
      {"k=v&k=v", "k=v&k=v"},
      {"Param-3=x&Param=y", "Param=y&Param-3=x"},
      {"a=%2b&a=+", "a=%20&a=%2B"},
      {"prefix=a/b", "prefix=a%2Fb"},
      {"prefix=a%2Fb+c%20d", "prefix=a%2Fb%20c%20d"},
      {"a=b=c", "a=b%3Dc"},
      {"a=1&&b=2&", "a=1&b=2"},
      {"%61cl", "acl="},
      {"a=%zz", "a=%25zz"},
      {"B=1&a=2", "B=1&a=2"},
  };
  for (auto const& [raw, canonical] : table) {
    EXPECT_EQ(canonical_query(raw), canonical) << raw;
  }
}

TEST(canonical_request, joins_repeated_headers_and_collapses_blanks) {
  http::field_list fields;
  fields.add({"X-Amz-Meta-A", "z  \t y"});
  fields.add({"Host", "h:1"});
  fields.add({"x-amz-meta-a", "  first "});
  fields.add({"X-AMZ-META-B", ""});
  fields.add({"Unsigned", "u"});
  std::vector<std::string_view> const names{"host", "x-amz-meta-a", "x-amz-meta-b"};
  EXPECT_EQ(
      canonical_request({"GET", "/b", "", fields, names, "host;x-amz-meta-a;x-amz-meta-b", "word"}),
      "GET\n/b\n\nhost:h:1\nx-amz-meta-a:z y,first\nx-amz-meta-b:\n\nhost;x-amz-meta-a;x-amz-meta-b\nword");
}

TEST(signing_key_cache, derives_a_key_once_for_each_secret_date_region_and_service) {
  signing_key_cache keys;
  base::secret const one{"one"};
  base::secret const two{"two"};
  auto const first = keys.get(one, "20130524", "us-east-1", "s3");
  EXPECT_EQ(first, derive_signing_key(one, "20130524", "us-east-1", "s3"));
  EXPECT_EQ(keys.get(one, "20130524", "us-east-1", "s3"), first);
  EXPECT_EQ(keys.derivations(), 1U);
  EXPECT_NE(keys.get(two, "20130524", "us-east-1", "s3"), first);
  EXPECT_NE(keys.get(one, "20130525", "us-east-1", "s3"), first);
  EXPECT_NE(keys.get(one, "20130524", "us-east-2", "s3"), first);
  EXPECT_NE(keys.get(one, "20130524", "us-east-1", "s4"), first);
  EXPECT_EQ(keys.derivations(), 5U);
  EXPECT_EQ(keys.get(one, "20130524", "us-east-1", "s3"), first);
  EXPECT_EQ(keys.derivations(), 5U);
}

TEST(signing_key_cache, forgets_the_oldest_key_first) {
  signing_key_cache keys;
  base::secret const secret{"secret"};
  for (int region = 0; region < 17; ++region) {
    keys.get(secret, "20130524", std::to_string(region), "s3");
  }
  EXPECT_EQ(keys.derivations(), 17U);
  keys.get(secret, "20130524", "1", "s3");
  keys.get(secret, "20130524", "16", "s3");
  EXPECT_EQ(keys.derivations(), 17U);
  EXPECT_EQ(keys.get(secret, "20130524", "0", "s3"), derive_signing_key(secret, "20130524", "0", "s3"));
  EXPECT_EQ(keys.derivations(), 18U);
}

}  // namespace
}  // namespace s3proxy::s3
