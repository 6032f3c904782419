#include "s3proxy/http/target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::http {
namespace {

using base::errc;
using namespace std::string_literals;

std::vector<query_parameter> parameters(std::string_view raw) {
  auto const list = query_list::parse(raw).value();
  return {list.begin(), list.end()};
}

TEST(percent_coding, decodes_once) {
  EXPECT_EQ(percent_decode("", plus::is_literal).value(), "");
  EXPECT_EQ(percent_decode("a%20b", plus::is_literal).value(), "a b");
  EXPECT_EQ(percent_decode("%2F%2f%2E", plus::is_literal).value(), "//.");
  EXPECT_EQ(percent_decode("%2520", plus::is_literal).value(), "%20");
  EXPECT_EQ(percent_decode("%C3%a9%fF", plus::is_literal).value(), "\xc3\xa9\xff");
  EXPECT_EQ(percent_decode("/b/../k", plus::is_literal).value(), "/b/../k");
}

TEST(percent_coding, a_plus_is_a_space_in_a_query_only) {
  EXPECT_EQ(percent_decode("a+b%2B", plus::is_literal).value(), "a+b+");
  EXPECT_EQ(percent_decode("a+b%2B", plus::is_space).value(), "a b+");
}

TEST(percent_coding, what_does_not_decode_is_an_invalid_uri) {
  for (auto const* text :
       {"%", "a%", "%2", "%zz", "%2g", "%g2", "% 2", "%-1", "%%20", "%00", "a%00b", "%+1", "%u0041"}) {
    auto const decoded = percent_decode(text, plus::is_space);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error(), errc::invalid_uri) << text;
  }
}

TEST(percent_coding, uri_encode_leaves_only_unreserved_characters) {
  EXPECT_EQ(uri_encode("AZaz09-._~", slash::encode), "AZaz09-._~");
  EXPECT_EQ(uri_encode("a b+c%d=e&f'g(h)i!j*k,l;m:n@o$p?q#r", slash::encode),
            "a%20b%2Bc%25d%3De%26f%27g%28h%29i%21j%2Ak%2Cl%3Bm%3An%40o%24p%3Fq%23r");
  EXPECT_EQ(uri_encode("\xc3\xa9\x01\x7f\"<>[]\\^`{|}", slash::encode),
            "%C3%A9%01%7F%22%3C%3E%5B%5D%5C%5E%60%7B%7C%7D");
}

TEST(percent_coding, the_slash_is_encoded_as_told) {
  EXPECT_EQ(uri_encode("/b//k", slash::keep), "/b//k");
  EXPECT_EQ(uri_encode("/b//k", slash::encode), "%2Fb%2F%2Fk");
}

TEST(percent_coding, every_byte_but_nul_survives_a_round_trip) {
  for (unsigned byte = 1; byte < 256; ++byte) {
    std::string const text(1, static_cast<char>(byte));
    for (auto const rule : {slash::keep, slash::encode}) {
      EXPECT_EQ(percent_decode(uri_encode(text, rule), plus::is_space).value(), text) << byte;
      EXPECT_EQ(percent_decode(uri_encode(text, rule), plus::is_literal).value(), text) << byte;
    }
  }
}

TEST(query, parameters_are_decoded_in_order_and_duplicates_kept) {
  EXPECT_EQ(parameters("list-type=2&prefix=a%2Fb+c&prefix=&uploads&x=1=2"),
            (std::vector<query_parameter>{
                {"list-type", "2"}, {"prefix", "a/b c"}, {"prefix", ""}, {"uploads", ""}, {"x", "1=2"}}));
  EXPECT_EQ(parameters("%70refix=%26%3D"), (std::vector<query_parameter>{{"prefix", "&="}}));
  EXPECT_EQ(parameters("a?b=c;d=e"), (std::vector<query_parameter>{{"a?b", "c;d=e"}}));
}

TEST(query, empty_pieces_are_dropped) {
  EXPECT_TRUE(parameters("").empty());
  EXPECT_TRUE(parameters("&&&").empty());
  EXPECT_EQ(parameters("&a&&b=&"), (std::vector<query_parameter>{{"a", ""}, {"b", ""}}));
  EXPECT_EQ(parameters("=v"), (std::vector<query_parameter>{{"", "v"}}));
}

TEST(query, a_name_finds_its_first_value_and_case_matters) {
  auto const list = query_list::parse("a=1&a=2&versionId=x&acl").value();
  EXPECT_EQ(list.find("a"), "1");
  EXPECT_EQ(list.find("acl"), "");
  EXPECT_EQ(list.find("versionid"), std::nullopt);
  EXPECT_TRUE(list.contains("versionId"));
  EXPECT_EQ(list.size(), 4u);
  EXPECT_FALSE(list.empty());
}

TEST(query, what_does_not_decode_is_an_invalid_uri) {
  for (auto const* raw : {"a=%", "%zz=1", "a=1&b=%0", "a=%00"}) {
    auto const list = query_list::parse(raw);
    ASSERT_FALSE(list) << raw;
    EXPECT_EQ(list.error(), errc::invalid_uri);
  }
}

TEST(query, two_hundred_parameters_are_the_most) {
  std::string raw;
  for (int i = 0; i < 200; ++i) {
    raw += "a&";
  }
  EXPECT_EQ(query_list::parse(raw).value().size(), 200u);
  EXPECT_EQ(query_list::parse(raw + "a").error(), errc::invalid_uri);
}

TEST(utf8, well_formed_text_is_recognised) {
  for (auto const& text :
       {""s, "plain"s, "\x7f"s, "\0"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xec\xbf\xbf"s,
        "\xed\x9f\xbf"s, "\xee\x80\x80"s, "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s, "\xf3\xbf\xbf\xbf"s,
        "\xf4\x8f\xbf\xbf"s, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"s}) {
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(utf8, overlong_forms_surrogates_and_torn_sequences_are_not) {
  for (auto const& text : {"\x80"s,
                           "\xbf"s,
                           "\xc0\x80"s,
                           "\xc1\xbf"s,
                           "\xc2"s,
                           "\xc2\x7f"s,
                           "\xc2\xc0"s,
                           "\xe0\x80\x80"s,
                           "\xe0\x9f\xbf"s,
                           "\xe1\x80"s,
                           "\xe1\x80\x7f"s,
                           "\xe1\x80\xc0"s,
                           "\xed\xa0\x80"s,
                           "\xed\xbf\xbf"s,
                           "\xf0\x80\x80\x80"s,
                           "\xf0\x8f\xbf\xbf"s,
                           "\xf1\x80\x80"s,
                           "\xf4\x90\x80\x80"s,
                           "\xf5\x80\x80\x80"s,
                           "\xff"s,
                           "\xfe"s,
                           "a\xc3"s,
                           "\xc3\xa9\xc3"s,
                           "\xc3 \xa9"s,
                           "\xf8\x88\x80\x80\x80"s}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace s3proxy::http
