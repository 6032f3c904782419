#include "s3proxy/http/header_list.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::http {
namespace {

std::vector<header> content(header_list const& list) {
  return {list.begin(), list.end()};
}

TEST(header_name, is_compared_without_case) {
  EXPECT_TRUE(same_name("", ""));
  EXPECT_TRUE(same_name("X-Amz-Date", "x-aMZ-dATE"));
  EXPECT_FALSE(same_name("etag", "etags"));
  EXPECT_FALSE(same_name("etag", "etah"));
  EXPECT_FALSE(same_name("a-b", "a_b"));
}

TEST(header_name, only_ascii_letters_have_case) {
  EXPECT_FALSE(same_name("@", "`"));
  EXPECT_FALSE(same_name("[", "{"));
  EXPECT_FALSE(same_name("\xc3\x89", "\xc3\xa9"));
  EXPECT_EQ(to_lower("AZ@[`az{\xc3\x89-09"), "az@[`az{\xc3\x89-09");
}

TEST(header_name, has_a_prefix_whatever_its_case) {
  EXPECT_TRUE(has_prefix("X-Amz-Meta-A", "x-amz-meta-"));
  EXPECT_TRUE(has_prefix("x-amz-", "x-amz-"));
  EXPECT_TRUE(has_prefix("x", ""));
  EXPECT_FALSE(has_prefix("x-am", "x-amz-"));
  EXPECT_FALSE(has_prefix("y-amz-date", "x-amz-"));
}

TEST(header_value, is_trimmed_of_spaces_and_tabs_only) {
  EXPECT_EQ(trim(" \t a \t b\t "), "a \t b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\x0b a\xa0"), "\x0b a\xa0");
}

TEST(received_fields, the_first_of_several_is_found_and_all_are_counted) {
  field_list fields;
  fields.add({"Range", "bytes=0-1"});
  fields.add({"X", "1"});
  fields.add({"x", "2"});
  EXPECT_EQ(fields.find("X"), "1");
  EXPECT_EQ(fields.find("range"), "bytes=0-1");
  EXPECT_EQ(fields.find("rang"), std::nullopt);
  EXPECT_EQ(fields.count("x"), 2u);
  EXPECT_EQ(fields.count("y"), 0u);
  EXPECT_TRUE(fields.contains("RANGE"));
  fields.clear();
  EXPECT_FALSE(fields.contains("range"));
}

TEST(owned_headers, keep_their_order) {
  header_list list;
  list.add("B", "1");
  list.add("A", "2");
  list.add("b", "3");
  EXPECT_EQ(content(list), (std::vector<header>{{"B", "1"}, {"A", "2"}, {"b", "3"}}));
  EXPECT_EQ(list.find("b"), "1");
}

TEST(owned_headers, set_leaves_one_at_the_place_of_the_first) {
  header_list list;
  list.add("A", "1");
  list.add("B", "2");
  list.add("a", "3");
  list.set("a", "4");
  EXPECT_EQ(content(list), (std::vector<header>{{"a", "4"}, {"B", "2"}}));
  list.set("C", "5");
  EXPECT_EQ(content(list), (std::vector<header>{{"a", "4"}, {"B", "2"}, {"C", "5"}}));
}

TEST(owned_headers, erase_removes_all_of_that_name) {
  header_list list;
  list.add("A", "1");
  list.add("B", "2");
  list.add("a", "3");
  list.erase("A");
  EXPECT_EQ(content(list), (std::vector<header>{{"B", "2"}}));
  list.erase("none");
  EXPECT_EQ(list.size(), 1u);
  list.erase("b");
  EXPECT_TRUE(list.empty());
}

TEST(owned_headers, may_be_changed_by_views_into_themselves) {
  header_list list;
  auto const longer_than_a_small_string = std::string(100, 'v');
  list.add("A", "x");
  list.add("a", longer_than_a_small_string);
  list.set("A", std::next(list.begin())->value);
  EXPECT_EQ(content(list), (std::vector<header>{{"A", longer_than_a_small_string}}));
  list.add(list.begin()->name, list.begin()->value);
  EXPECT_EQ(list.size(), 2u);
  list.erase(list.begin()->name);
  EXPECT_TRUE(list.empty());
}

TEST(hop_by_hop, fields_of_one_connection_are_known) {
  for (auto const* name : {"Connection", "keep-alive", "Proxy-Connection", "TE", "Trailer",
                           "Transfer-Encoding", "UPGRADE", "Proxy-Authenticate", "Proxy-Authorization"}) {
    EXPECT_TRUE(is_hop_by_hop(name)) << name;
  }
  for (auto const* name : {"Host", "Authorization", "Content-Length", "ETag", "Trailers", "", "x-amz-trailer",
                           "Expect", "Date"}) {
    EXPECT_FALSE(is_hop_by_hop(name)) << name;
  }
}

header_list list_of(std::vector<header> const& fields) {
  header_list list;
  for (auto const& [name, value] : fields) {
    list.add(name, value);
  }
  return list;
}

TEST(header_lists, say_the_same_in_any_order_of_names) {
  auto const list = list_of({{"a", "1"}, {"b", "2"}, {"A", "3"}});
  EXPECT_TRUE(same_fields(list, list_of({{"B", "2"}, {"a", "1"}, {"a", "3"}})));
  EXPECT_FALSE(same_fields(list, list_of({{"a", "3"}, {"b", "2"}, {"a", "1"}})))
      << "of one name, order counts";
  EXPECT_FALSE(same_fields(list, list_of({{"a", "1"}, {"b", "2"}})));
  EXPECT_FALSE(same_fields(list, list_of({{"a", "1"}, {"b", "2"}, {"c", "3"}})));
  EXPECT_TRUE(same_fields({}, {}));
}

}  // namespace
}  // namespace s3proxy::http
