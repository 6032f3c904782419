#include "s3proxy/http/conditional.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::http {
namespace {

using base::etag;
using namespace std::chrono_literals;

constexpr wall_time modified = std::chrono::sys_days{std::chrono::year{2024} / 3 / 1};
constexpr auto earlier = modified - 1s;
constexpr auto later = modified + 1s;
etag const current{"\"abc-2\""};

verdict if_match(std::string_view value, etag const& tag = current) {
  return evaluate({.if_match = value}, tag, modified);
}
verdict if_none_match(std::string_view value, etag const& tag = current) {
  return evaluate({.if_none_match = value}, tag, modified);
}

TEST(conditional, a_request_without_conditions_proceeds) {
  EXPECT_FALSE(preconditions{}.any());
  EXPECT_EQ(evaluate({}, current, modified), verdict::proceed);
}

TEST(conditional, the_fields_of_a_request_are_read) {
  field_list fields;
  fields.add({"if-match", "\"a\""});
  fields.add({"If-None-Match", "*"});
  fields.add({"IF-MODIFIED-SINCE", "Fri, 01 Mar 2024 00:00:00 GMT"});
  fields.add({"If-Unmodified-Since", "yesterday"});
  auto const asked = read_preconditions(fields);
  EXPECT_TRUE(asked.any());
  EXPECT_EQ(asked.if_match, "\"a\"");
  EXPECT_EQ(asked.if_none_match, "*");
  EXPECT_EQ(asked.if_modified_since, modified);
  EXPECT_EQ(asked.if_unmodified_since, std::nullopt) << "a date that does not parse is ignored";
}

TEST(conditional, any_single_condition_counts) {
  EXPECT_TRUE(preconditions{.if_match = "x"}.any());
  EXPECT_TRUE(preconditions{.if_none_match = "x"}.any());
  EXPECT_TRUE(preconditions{.if_modified_since = modified}.any());
  EXPECT_TRUE(preconditions{.if_unmodified_since = modified}.any());
}

TEST(conditional, tags_are_compared_without_their_quotes) {
  for (auto const* value : {"\"abc-2\"", "abc-2", "*", " * ", "\"x\", \"abc-2\"", "\"abc-2\",\"x\"",
                            "x,abc-2", "\"x,y\" , \"abc-2\"", ",,\"abc-2\"", "W/\"x\", \"abc-2\""}) {
    EXPECT_EQ(if_match(value), verdict::proceed) << value;
    EXPECT_EQ(if_none_match(value), verdict::not_modified) << value;
  }
  for (auto const* value :
       {"", " ", ",", "\"\"", "\"abc\"", "\"abc-2", "abc-2\"", "\"ABC-2\"", "abc-22", "\"x,abc-2\"", "\"*\"",
        "*,x", "\"abc-2\"x", "abc -2", "w/\"abc-2\"", "'abc-2'"}) {
    EXPECT_EQ(if_match(value), verdict::failed) << value;
    EXPECT_EQ(if_none_match(value), verdict::proceed) << value;
  }
}

TEST(conditional, weak_tags_match_only_in_if_none_match) {
  EXPECT_EQ(if_match("W/\"abc-2\""), verdict::failed);
  EXPECT_EQ(if_none_match("W/\"abc-2\""), verdict::not_modified);
  etag const weak{"W/\"abc-2\""};
  EXPECT_EQ(if_match("\"abc-2\"", weak), verdict::failed);
  EXPECT_EQ(if_match("W/\"abc-2\"", weak), verdict::failed);
  EXPECT_EQ(if_match("*", weak), verdict::proceed);
  EXPECT_EQ(if_none_match("\"abc-2\"", weak), verdict::not_modified);
  EXPECT_EQ(if_none_match("W/\"abc-2\"", weak), verdict::not_modified);
}

TEST(conditional, a_version_without_a_tag_matches_only_the_star) {
  for (auto const* value : {"", "\"\"", "\"a\"", ","}) {
    EXPECT_EQ(if_match(value, etag{}), verdict::failed) << value;
    EXPECT_EQ(if_none_match(value, etag{}), verdict::proceed) << value;
  }
  EXPECT_EQ(if_match("*", etag{}), verdict::proceed);
  EXPECT_EQ(if_none_match("*", etag{}), verdict::not_modified);
}

TEST(conditional, a_tag_with_a_comma_is_one_tag) {
  EXPECT_EQ(if_match("\"a,b\"", etag{"\"a,b\""}), verdict::proceed);
  EXPECT_EQ(if_match("\"a\",\"b\"", etag{"\"a,b\""}), verdict::failed);
}

TEST(conditional, dates_have_the_granularity_of_a_second) {
  EXPECT_EQ(evaluate({.if_modified_since = earlier}, current, modified), verdict::proceed);
  EXPECT_EQ(evaluate({.if_modified_since = modified}, current, modified), verdict::not_modified);
  EXPECT_EQ(evaluate({.if_modified_since = later}, current, modified), verdict::not_modified);
  EXPECT_EQ(evaluate({.if_unmodified_since = earlier}, current, modified), verdict::failed);
  EXPECT_EQ(evaluate({.if_unmodified_since = modified}, current, modified), verdict::proceed);
  EXPECT_EQ(evaluate({.if_unmodified_since = later}, current, modified), verdict::proceed);
}

TEST(conditional, without_a_modification_time_the_date_conditions_hold) {
  for (auto const date : {earlier, modified, later}) {
    EXPECT_EQ(evaluate({.if_modified_since = date}, current, std::nullopt), verdict::proceed);
    EXPECT_EQ(evaluate({.if_unmodified_since = date}, current, std::nullopt), verdict::proceed);
  }
}

// Every combination of a condition that is absent, true or false (as RFC 9110 section 13.1 calls them).
TEST(conditional, tags_take_precedence_over_dates) {
  enum class state { absent, is_true, is_false };
  auto const states = {state::absent, state::is_true, state::is_false};
  auto const pick = [](state s, auto when_true, auto when_false) {
    return s == state::absent ? std::nullopt : std::optional(s == state::is_true ? when_true : when_false);
  };
  std::string_view const same = "\"abc-2\"";
  std::string_view const other = "\"other\"";
  for (auto const match : states) {
    for (auto const unmodified : states) {
      for (auto const none_match : states) {
        for (auto const since : states) {
          preconditions const asked{.if_match = pick(match, same, other),
                                    .if_none_match = pick(none_match, other, same),
                                    .if_modified_since = pick(since, earlier, later),
                                    .if_unmodified_since = pick(unmodified, later, earlier)};
          auto const guard = match != state::absent ? match : unmodified;
          auto const freshness = none_match != state::absent ? none_match : since;
          auto const expected = guard == state::is_false       ? verdict::failed
                                : freshness == state::is_false ? verdict::not_modified
                                                               : verdict::proceed;
          EXPECT_EQ(evaluate(asked, current, modified), expected)
              << static_cast<int>(match) << static_cast<int>(unmodified) << static_cast<int>(none_match)
              << static_cast<int>(since);
        }
      }
    }
  }
}

}  // namespace
}  // namespace s3proxy::http
