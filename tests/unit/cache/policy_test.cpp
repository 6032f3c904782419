#include "s3proxy/cache/policy.hpp"

#include "known_object.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::cache {
namespace {

using namespace known_object;

/// The meaning of a pattern, spelt out: exponential, and plain to see.
bool matches_by_definition(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  auto const is_deep = pattern.starts_with("**");
  if (is_deep || pattern.front() == '*') {
    auto const rest = pattern.substr(is_deep ? 2 : 1);
    for (std::size_t taken = 0;; ++taken) {
      if (matches_by_definition(rest, text.substr(taken))) {
        return true;
      }
      if (taken == text.size() || (!is_deep && text[taken] == '/')) {
        return false;
      }
    }
  }
  auto const fits =
      !text.empty() && (pattern.front() == '?' ? text.front() != '/' : pattern.front() == text.front());
  return fits && matches_by_definition(pattern.substr(1), text.substr(1));
}

std::vector<std::string> words(std::string_view alphabet, std::size_t longest) {
  std::vector<std::string> out{""};
  for (std::size_t begin = 0, length = 0; length < longest; ++length) {
    auto const end = out.size();
    for (; begin < end; ++begin) {
      for (auto const c : alphabet) {
        out.push_back(out[begin] + c);
      }
    }
  }
  return out;
}

TEST(policy, a_glob_matches_by_segments) {
  struct {
    char const *pattern, *text;
    bool matches;
  } const table[] = {
      {"lake/a", "lake/a", true},
      {"lake/a", "lake/ab", false},
      {"lake/*", "lake/a", true},
      {"lake/*", "lake/", true},
      {"lake/*", "lake/a/b", false},
      {"lake/**", "lake/a/b", true},
      {"lake/**", "lake", false},
      {"**", "lake/a/b", true},
      {"**", "", true},
      {"*", "lake/a", false},
      {"*/*.parquet", "lake/a.parquet", true},
      {"*/*.parquet", "lake/t/a.parquet", false},
      {"*/**.parquet", "lake/t/a.parquet", true},
      {"lake/**/part-?.csv", "lake/a/b/part-7.csv", true},
      {"lake/**/part-?.csv", "lake/part-7.csv", false},
      {"lake/a?b", "lake/a/b", false},
      {"lake/a?b", "lake/a-b", true},
      {"lake/*=*/x", "lake/y=1/x", true},
      {"lake/[ab]", "lake/a", false},
      {"lake/[ab]", "lake/[ab]", true},
      {"lake/a*b*c", "lake/aXbXbXc", true},
      {"lake/a*b*c", "lake/aXb/c", false},
      {"lake/**a*b", "lake/a/ab", true},
      {"", "", true},
      {"", "a", false},
  };
  for (auto const& row : table) {
    EXPECT_EQ(glob(row.pattern).matches(row.text), row.matches) << row.pattern << " on " << row.text;
  }
}

TEST(policy, a_glob_means_what_its_definition_says_for_all_short_patterns) {
  auto const texts = words("ab/", 4);
  for (auto const& pattern : words("a/*?", 5)) {
    glob const compiled(pattern);
    for (auto const& text : texts) {
      ASSERT_EQ(compiled.matches(text), matches_by_definition(pattern, text)) << pattern << " on " << text;
    }
  }
}

TEST(policy, a_hostile_key_does_not_make_a_glob_slow) {
  // Exponential backtracking would not end.
  std::string pattern, text(20'000, 'a');
  for (int i = 0; i < 40; ++i) {
    pattern += "*a**a";
  }
  EXPECT_TRUE(glob(pattern + "**").matches(text));
  EXPECT_FALSE(glob(pattern + "b").matches(text.substr(0, 2'000)));
}

TEST(policy, immutable_patterns_see_bucket_and_key) {
  policy rules;
  EXPECT_FALSE(is_immutable(rules, id));
  rules.immutable = {glob("other/**"), glob("lake/**.parquet")};
  EXPECT_TRUE(is_immutable(rules, id));
  auto elsewhere = id;
  elsewhere.bucket = base::bucket_name("lakes");
  EXPECT_FALSE(is_immutable(rules, elsewhere));
}

// In what follows the evidence began at order 10, second 100.
bool fresh(policy const& rules, std::uint64_t read_order, std::chrono::seconds read_at,
           reuse older = reuse::allowed) {
  return is_fresh(rules, id, moment_of(10, 100s), moment_of(read_order, read_at), older);
}

TEST(policy, evidence_is_fresh_until_its_ttl) {
  policy rules;
  rules.metadata_ttl = 60s;
  EXPECT_TRUE(fresh(rules, 11, 100s));
  EXPECT_TRUE(fresh(rules, 11, 159s));
  EXPECT_FALSE(fresh(rules, 11, 160s));
  EXPECT_FALSE(fresh(rules, 11, 10'000s));
}

TEST(policy, evidence_that_began_within_the_read_is_always_fresh) {
  policy rules;
  for (auto const ttl : {0s, 60s}) {
    rules.metadata_ttl = ttl;
    for (auto const older : {reuse::allowed, reuse::forbidden}) {
      EXPECT_TRUE(fresh(rules, 9, 99s, older));
      EXPECT_TRUE(fresh(rules, 10, 100s, older));
    }
  }
}

TEST(policy, a_ttl_of_zero_reuses_nothing) {
  policy rules;
  rules.metadata_ttl = 0s;
  EXPECT_FALSE(fresh(rules, 11, 100s)) << "not even in the same tick of the clock";
  EXPECT_FALSE(fresh(rules, 11, 101s));
}

TEST(policy, immutable_objects_stay_fresh) {
  policy rules;
  rules.immutable = {glob("lake/**")};
  for (auto const ttl : {0s, 60s}) {
    rules.metadata_ttl = ttl;
    EXPECT_TRUE(fresh(rules, 11, 1'000'000s));
    EXPECT_FALSE(fresh(rules, 11, 101s, reuse::forbidden)) << "unless the client asks for a new look";
  }
}

TEST(policy, a_new_look_takes_no_older_evidence) {
  EXPECT_FALSE(fresh(policy{}, 11, 100s, reuse::forbidden));
}

TEST(policy, a_right_is_granted_and_dies) {
  policy rules;
  rules.rights_ttl = 600s;
  auto const right = moment_of(10, 100s);
  EXPECT_FALSE(is_entitled(rules, std::nullopt, 0, moment_of(11, 100s)));
  EXPECT_TRUE(is_entitled(rules, right, 0, moment_of(11, 100s)));
  EXPECT_TRUE(is_entitled(rules, right, 0, moment_of(11, 699s)));
  EXPECT_FALSE(is_entitled(rules, right, 0, moment_of(11, 700s)));
}

TEST(policy, immutability_extends_no_right) {
  policy rules;
  rules.immutable = {glob("**")};
  EXPECT_FALSE(is_entitled(rules, moment_of(10, 100s), 0, moment_of(11, 700s)));
}

TEST(policy, a_right_of_zero_seconds_serves_only_the_read_that_asked) {
  policy rules;
  rules.rights_ttl = 0s;
  EXPECT_TRUE(is_entitled(rules, moment_of(12, 100s), 0, moment_of(11, 100s)));
  EXPECT_FALSE(is_entitled(rules, moment_of(10, 100s), 0, moment_of(11, 100s)));
}

TEST(policy, a_write_ends_every_right_that_began_before) {
  // The new object may have another ACL.
  policy const rules;
  auto const right = moment_of(10, 100s);
  EXPECT_TRUE(is_entitled(rules, right, 9, moment_of(11, 100s)));
  EXPECT_FALSE(is_entitled(rules, right, 10, moment_of(11, 100s)));
  EXPECT_FALSE(is_entitled(rules, right, 12, moment_of(9, 100s)));
}

}  // namespace
}  // namespace s3proxy::cache
