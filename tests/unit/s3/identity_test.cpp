#include "s3proxy/s3/identity.hpp"

#include <gtest/gtest.h>

namespace s3proxy::s3 {
namespace {

using base::bucket_name;

identity with_rules(std::vector<allow_rule> rules) {
  return {{}, {}, identity::limit::by_rules, std::move(rules)};
}

allow_rule reads(char const* bucket, char const* prefix) {
  return {bucket_name(bucket), prefix, true, false, false};
}

TEST(identity, without_rules_may_whatever_its_principal_may) {
  identity const who;
  EXPECT_TRUE(allows(who, access::write, bucket_name("b"), "../x"));
  EXPECT_TRUE(allows_listing(who, bucket_name("b"), "//"));
  EXPECT_TRUE(allows_everywhere(who, access::list));
}

TEST(identity, with_no_rule_at_all_may_nothing) {
  auto const who = with_rules({});
  EXPECT_FALSE(allows(who, access::read, bucket_name("b"), "k"));
  EXPECT_FALSE(allows_listing(who, bucket_name("b"), ""));
  EXPECT_FALSE(allows_everywhere(who, access::read));
}

TEST(identity, a_rule_covers_its_kind_of_access_its_bucket_and_its_prefix) {
  auto const who = with_rules({reads("b", "team/")});
  EXPECT_TRUE(allows(who, access::read, bucket_name("b"), "team/k"));
  EXPECT_FALSE(allows(who, access::write, bucket_name("b"), "team/k"));
  EXPECT_FALSE(allows(who, access::list, bucket_name("b"), "team/k"));
  EXPECT_FALSE(allows(who, access::read, bucket_name("c"), "team/k"));
  EXPECT_FALSE(allows(who, access::read, bucket_name("b"), "team"));
  EXPECT_FALSE(allows(who, access::read, bucket_name("b"), "Team/k"));
  EXPECT_FALSE(allows(who, access::read, bucket_name("b"), "")) << "the bucket itself";
}

TEST(identity, a_rule_for_every_bucket_does_not_cover_the_administration_of_a_store) {
  auto const who = with_rules({reads("*", "")});
  EXPECT_TRUE(allows(who, access::read, bucket_name("any"), "k"));
  for (auto const* reserved : {"minio", "admin"}) {
    EXPECT_FALSE(allows(who, access::read, bucket_name(reserved), "admin/v3/export")) << reserved;
    EXPECT_TRUE(allows(with_rules({reads(reserved, "")}), access::read, bucket_name(reserved), "k"));
  }
}

TEST(identity, two_rules_do_not_add_up_to_a_third) {
  auto const who = with_rules({reads("b", ""), {bucket_name("*"), "x/", false, true, false}});
  EXPECT_FALSE(allows(who, access::write, bucket_name("b"), "k"));
  EXPECT_FALSE(allows_everywhere(who, access::read));
  EXPECT_FALSE(allows_everywhere(who, access::write));
  EXPECT_TRUE(allows(who, access::write, bucket_name("any"), "x/k"));
}

TEST(identity, a_key_that_some_store_folds_is_covered_by_no_rule) {
  auto const who = with_rules({reads("*", "")});
  for (auto const* key : {"a//b", "/a", "a/./b", "./a", "a/.", "..", "a/../b", "a/..", "//", "a//"}) {
    EXPECT_FALSE(allows(who, access::read, bucket_name("b"), key)) << key;
    EXPECT_FALSE(allows_listing(who, bucket_name("b"), key)) << key;
  }
  for (auto const* key : {"a/b", ".a", "a.", "..a/b..", "a/.../b", "dir/"}) {
    EXPECT_TRUE(allows(who, access::read, bucket_name("b"), key)) << key;
  }
}

TEST(identity, a_mark_of_a_directory_is_covered_if_the_key_without_its_slash_is) {
  auto const who = with_rules({reads("b", "team/")});
  EXPECT_TRUE(allows(who, access::read, bucket_name("b"), "team/sub/"));
  EXPECT_FALSE(allows(who, access::read, bucket_name("b"), "team/")) << "folded it is outside: team";
}

TEST(identity, a_listing_stays_below_the_prefix_of_its_rule) {
  auto const who = with_rules({{bucket_name("b"), "team/", false, false, true}});
  EXPECT_TRUE(allows_listing(who, bucket_name("b"), "team/"));
  EXPECT_TRUE(allows_listing(who, bucket_name("b"), "team/a"));
  EXPECT_FALSE(allows_listing(who, bucket_name("b"), "team"));
  EXPECT_FALSE(allows_listing(who, bucket_name("b"), ""));
  EXPECT_FALSE(allows_listing(who, bucket_name("b"), "team/../x"));
  EXPECT_FALSE(allows(who, access::read, bucket_name("b"), "team/a")) << "who may list may not read";
}

}  // namespace
}  // namespace s3proxy::s3
