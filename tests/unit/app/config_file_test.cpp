#include "s3proxy/app/config_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::app {
namespace {

using kind = config_node::kind;

config_node understood(std::string_view text) {
  auto outcome = parse_config_file(text);
  auto const* const wrong = std::get_if<config_problem>(&outcome);
  EXPECT_EQ(wrong, nullptr) << (wrong != nullptr ? wrong->sentence : "");
  return wrong == nullptr ? std::get<config_node>(std::move(outcome)) : config_node();
}

config_problem refused(std::string_view text) {
  auto const outcome = parse_config_file(text);
  auto const* const wrong = std::get_if<config_problem>(&outcome);
  EXPECT_NE(wrong, nullptr) << text;
  return wrong != nullptr ? *wrong : config_problem();
}

TEST(config_file, each_kind_of_value_is_told_from_the_others) {
  auto const root = understood(
      "a = \"text\"\nb = -12\nc = true\nd = [1, \"x\"]\ne = { f = 1 }\ng = 1.5\nh = 2020-01-01\n[[i]]\nj = "
      "1\n");
  EXPECT_EQ(root.find("a")->what, kind::text);
  EXPECT_EQ(root.find("a")->text, "text");
  EXPECT_EQ(root.find("b")->what, kind::integer);
  EXPECT_EQ(root.find("b")->text, "-12");
  EXPECT_EQ(root.find("c")->what, kind::boolean);
  EXPECT_EQ(root.find("c")->text, "true");
  ASSERT_EQ(root.find("d")->what, kind::list);
  EXPECT_EQ(root.find("d")->items.at(1).text, "x");
  ASSERT_EQ(root.find("e")->what, kind::table);
  EXPECT_EQ(root.find("e")->find("f")->text, "1");
  EXPECT_EQ(root.find("g")->what, kind::real);
  EXPECT_EQ(root.find("g")->text, "1.5");
  EXPECT_EQ(root.find("h")->what, kind::other);
  EXPECT_EQ(root.find("h")->text, "a date or a time");
  ASSERT_EQ(root.find("i")->what, kind::list);
  EXPECT_EQ(root.find("i")->items.at(0).find("j")->text, "1");
  EXPECT_EQ(root.find("k"), nullptr);
}

TEST(config_file, keys_and_values_know_their_places_in_the_order_of_the_file) {
  auto const root = understood("zz = 1\n  aa =   [\"x\",\n \"y\"]\n");
  ASSERT_EQ(root.entries.size(), 2U);
  EXPECT_EQ(root.entries[0].key, "zz");
  EXPECT_EQ(root.entries[1].at, (config_place{2, 3}));
  EXPECT_EQ(root.entries[1].value.at, (config_place{2, 10}));
  EXPECT_EQ(root.entries[1].value.items[1].at, (config_place{3, 2}));
}

TEST(config_file, dashes_and_underscores_spell_the_same_key_and_never_twice) {
  EXPECT_EQ(understood("a_b = 1\n[x_y]\nc_d = 2").find("x-y")->find("c-d")->text, "2");
  auto const twice = refused("a_b = 1\na-b = 2");
  EXPECT_EQ(twice.at, (config_place{2, 1}));
  EXPECT_EQ(twice.sentence, "a-b: is here twice, once with dashes and once with underscores");
  EXPECT_EQ(refused("[[t]]\nx = 1\n[[t]]\nq-r = 1\nq_r = 2").at, (config_place{5, 1}));
}

TEST(config_file, what_is_not_toml_is_told_at_its_place) {
  EXPECT_EQ(refused("a = 1\nb = \n").at.line, 2U);
  EXPECT_EQ(refused("a = 1\na = 2").at.line, 2U);
  EXPECT_TRUE(refused("a = word").sentence.ends_with("; a text needs quotation marks"));
  EXPECT_TRUE(refused("a = \"\xff\"").sentence.starts_with("this is not TOML: "));
  EXPECT_EQ(print_problem("f.toml", {{3, 4}, "x: y"}), "f.toml:3:4: x: y");
}

TEST(config_file, a_broken_file_never_shows_a_secret_that_lost_its_quotation_marks) {
  for (auto const* before : {"", "\"", "'", "true", "false", "12", "0x", "1979-05-27", "inf", "\"\"\"", "{",
                             "[", "\"\\q", "12:30:00", "-", "1e", "tru"}) {
    for (auto const* after : {"", "\"", "'", "\n", "]", "}", " x = 1", "\\"}) {
      auto const text = "secret = " + std::string(before) + "hushhush" + after;
      auto const outcome = parse_config_file(text);
      if (auto const* const wrong = std::get_if<config_problem>(&outcome)) {
        EXPECT_EQ(wrong->sentence.find("hush"), std::string::npos) << wrong->sentence;
      }
    }
  }
}

TEST(config_file, no_key_forges_a_line) {
  EXPECT_EQ(refused("\"a\\nb-\" = 1\n\"a\\nb_\" = 2").sentence.find('\n'), std::string::npos);
  EXPECT_EQ(refused("a = \x01").sentence.find('\x01'), std::string::npos);
}

TEST(config_file, no_nesting_is_deep_enough_to_hurt) {
  auto const deep = "a = " + std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_TRUE(refused(deep).sentence.starts_with("this is not TOML: "));
}

TEST(config_file, a_table_without_the_begin_of_its_name_is_a_problem_and_not_the_end) {
  for (auto const* text : {"a = 1\n[.b]\n", "a = 1\n[[.b]]\n", "a = 1\n[ .b]", "a = 1\n[.[b]]\n"}) {
    auto const read = parse_config_file(text);
    auto const* const wrong = std::get_if<config_problem>(&read);
    ASSERT_NE(wrong, nullptr) << text;
    EXPECT_EQ(wrong->at.line, 2U) << text;
    EXPECT_NE(wrong->sentence.find("not TOML"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace s3proxy::app
