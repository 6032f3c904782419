#include "s3proxy/app/profile_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::app {
namespace {

profile_sections read(std::string_view text) {
  auto sections = parse_profile_file(text, "file");
  EXPECT_TRUE(sections.has_value()) << text << (sections.has_value() ? "" : sections.error().sentence);
  return sections.has_value() ? *std::move(sections) : profile_sections{};
}

std::string refused(std::string_view text) {
  auto const sections = parse_profile_file(text, "~/.aws/credentials");
  EXPECT_FALSE(sections.has_value()) << text;
  return sections.has_value() ? std::string() : sections.error().sentence;
}

TEST(profile_file, holds_settings_by_section) {
  auto const sections = read(
      "[default]\naws_access_key_id = AKIA\naws_secret_access_key=a/b+c=\n\n[profile "
      "lake]\nregion=eu-west-1");
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections.at("default").at("aws_access_key_id"), "AKIA");
  EXPECT_EQ(sections.at("default").at("aws_secret_access_key"), "a/b+c=");
  EXPECT_EQ(sections.at("profile lake").at("region"), "eu-west-1");
}

TEST(profile_file, an_empty_one_has_no_sections) {
  for (auto const* text : {"", "\n\n", "# only\n; comments\n", "\xef\xbb\xbf"}) {
    EXPECT_TRUE(read(text).empty());
  }
}

TEST(profile_file, is_read_as_people_and_editors_leave_it) {
  auto const sections = read(
      "\xef\xbb\xbf[default]\r\n  \r\nAWS_Access_Key_Id : AKIA\r\n# comment\r\nregion = eu-west-1  # "
      "ours\r\ns#cret = a#b\r\nnone = ; gone\r\n");
  auto const& section = sections.at("default");
  EXPECT_EQ(section.at("aws_access_key_id"), "AKIA");
  EXPECT_EQ(section.at("region"), "eu-west-1");
  EXPECT_EQ(section.at("s#cret"), "a#b");
  EXPECT_EQ(section.at("none"), "");
  EXPECT_EQ(section.size(), 4U);
}

TEST(profile_file, a_value_may_hold_the_marks_that_end_a_name) {
  EXPECT_EQ(read("[a]\nendpoint_url = http://host:1?x=y\n").at("a").at("endpoint_url"), "http://host:1?x=y");
}

TEST(profile_file, section_names_are_normalised) {
  for (auto const* header : {"[profile lake]", "[ profile  lake ]", "[profile \"lake\"]", "[profile 'lake']",
                             "[profile\tlake] # x"}) {
    EXPECT_TRUE(read(std::string(header) + "\na=b").contains("profile lake")) << header;
  }
  EXPECT_TRUE(read("[profile \"my lake\"]\n").contains("profile my lake"));
}

TEST(profile_file, a_section_that_comes_twice_is_merged) {
  auto const section = read("[a]\nx=1\ny=1\n[b]\n[a]\ny=2\n").at("a");
  EXPECT_EQ(section.at("x"), "1");
  EXPECT_EQ(section.at("y"), "2");
}

TEST(profile_file, nested_settings_belong_to_the_one_above_and_are_passed_over) {
  auto const section =
      read("[default]\ns3 =\n  region = wrong\n  addressing_style = path\n  just text\nregion = right\n")
          .at("default");
  EXPECT_EQ(section.at("region"), "right");
  EXPECT_EQ(section.size(), 2U);
}

TEST(profile_file, what_is_malformed_is_told_with_its_line) {
  struct row {
    char const* text;
    char const* sentence;
  };
  for (auto const& [text, sentence] :
       {row{"[default]\nregion = x\nhunter2\n",
            "~/.aws/credentials:3: neither a [section] nor `name = value`"},
        row{"[default\n", "~/.aws/credentials:1: a section header without its closing ]"},
        row{"\n[]\n", "~/.aws/credentials:2: a section header without a name"},
        row{"[a] hunter2\n", "~/.aws/credentials:1: something stands behind a section header"},
        row{"# x\r\nhunter2 = hunter2\n", "~/.aws/credentials:2: a setting before the first [section]"},
        row{"[a]\n= hunter2", "~/.aws/credentials:2: a value without a name"},
        row{"[a]\n  hunter2\n", "~/.aws/credentials:2: neither a [section] nor `name = value`"}}) {
    EXPECT_EQ(refused(text), sentence);
  }
}

}  // namespace
}  // namespace s3proxy::app
