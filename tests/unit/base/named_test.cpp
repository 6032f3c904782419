#include "s3proxy/base/named.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <string>
#include <type_traits>
#include <unordered_set>

namespace s3proxy::base {
namespace {

template <class T>
concept printable_type = requires(std::ostream& out, T const& value) { out << value; };

TEST(named, one_kind_of_name_is_not_another) {
  static_assert(!std::is_convertible_v<bucket_name, object_key>);
  static_assert(!std::is_constructible_v<object_key, bucket_name>);
  static_assert(!std::equality_comparable_with<bucket_name, object_key>);
  static_assert(!std::is_convertible_v<std::string, bucket_name>);
  SUCCEED();
}

TEST(named, keeps_its_text_byte_for_byte) {
  std::string const bytes{"a/../b\0\xff", 8};
  EXPECT_EQ(object_key{bytes}.str(), bytes);
  EXPECT_EQ(object_key{std::string_view(bytes)}.str(), bytes);
  EXPECT_TRUE(object_key{}.empty());
  EXPECT_FALSE(object_key{"k"}.empty());
}

TEST(named, is_ordered_and_hashed_by_its_text) {
  EXPECT_EQ(bucket_name{"a"}, bucket_name{"a"});
  EXPECT_NE(bucket_name{"a"}, bucket_name{"A"});
  EXPECT_LT(bucket_name{"a"}, bucket_name{"b"});
  std::unordered_set<bucket_name> const set{bucket_name{"a"}, bucket_name{"a"}, bucket_name{"b"}};
  EXPECT_EQ(set.size(), 2u);
}

TEST(etag, is_strong_only_in_quotes_and_not_empty) {
  EXPECT_TRUE(is_strong(etag{"\"d41d8cd98f00b204e9800998ecf8427e\""}));
  EXPECT_TRUE(is_strong(etag{"\"0f3a-2\""}));
  for (auto const* text : {"", "\"", "\"\"", "abc", "W/\"abc\"", "\"abc", "abc\""}) {
    EXPECT_FALSE(is_strong(etag{text})) << text;
  }
}

TEST(secret, does_not_print_itself) {
  static_assert(!printable_type<secret>);
  static_assert(!std::equality_comparable<secret>);
  static_assert(!std::is_convertible_v<secret, std::string>);
  EXPECT_EQ(secret::printable(), "***");
  EXPECT_EQ(secret{"wJalr"}.reveal(), "wJalr");
  EXPECT_TRUE(secret{}.empty());
  EXPECT_FALSE(secret{"x"}.empty());
}

}  // namespace
}  // namespace s3proxy::base
