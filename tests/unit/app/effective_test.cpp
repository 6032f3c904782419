#include "s3proxy/app/effective.hpp"

#include "s3proxy/app/option_table.hpp"

#include "support/operator.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>

namespace s3proxy::app {
namespace {

constexpr char const* everything = R"(endpoint = "http://store"
log-level = "debug"
domain = ["a.test", "b.test"]
[[principals]]
name = "fixed"
access-key-id = "AKIA1"
secret-access-key = "hush-1"
session-token = "hush-2"
[[principals]]
name = "file"
access-key-id = "AKIA2"
secret-file = "keys/two"
[[principals]]
name = "role"
role-arn = "arn:aws:iam::1:role/r"
external-id = "hush-3"
session-name = "night"
[[identities]]
access-key-id = "AKIA3"
secret = "hush-4"
principal = "fixed"
[[identities]]
access-key-id = "AKIA4"
secret-file = "/keys/four"
principal = "file"
allow = [{ bucket = "lake", prefix = "a \"b\\/", access = ["write", "list"] }]
)";

test::files const keys{{"/etc/keys/two", {"hush-5\n"}}, {"/keys/four", {"hush-6\n"}}};

effective_facts facts() {
  return {
      {"eu-west-1", "the endpoint's host name"}, {base::byte_count{64} << 20, "a reason"}, 3, "environment"};
}

std::string printed(std::string const& file, std::vector<std::string> const& arguments = {},
                    test::variables const& set = {}) {
  return render_effective(test::accepted_file(file, arguments, set, keys), facts());
}

bool says(std::string const& text, std::string const& pattern) {
  return std::regex_search(text, std::regex(pattern, std::regex::ECMAScript | std::regex::multiline));
}

TEST(effective, each_value_is_there_with_its_source) {
  auto const text = printed(everything, {"--port", "81"}, {{"S3PROXY_RIGHTS_TTL", "3m"}});
  for (auto const* line :
       {"^endpoint = \"http://store\" +# /etc/s3.toml:1$",
        "^region = \"eu-west-1\" +# the endpoint's host name$", "^port = 81 +# --port$",
        "^rights-ttl = \"3m\" +# environment S3PROXY_RIGHTS_TTL$", "^metadata-ttl = \"60s\" +# default$",
        "^memory = 67108864 +# a reason$", "^threads = 3 +# default: ",
        "^domain = \\[\"a.test\", \"b.test\"\\] +# /etc/s3.toml:3$", "^# tls-cert +# default: none",
        "^# config \"/etc/s3.toml\" +# --config$", "^\\[\\[principals\\]\\] +# /etc/s3.toml:4$",
        "^\\[\\[identities\\]\\] +# /etc/s3.toml:22$", "^secret-access-key = \"\\*\\*\\*\"$",
        "^secret-file = \"/etc/keys/two\"$", "^# external-id = \"\\*\\*\\*\"$"}) {
    EXPECT_TRUE(says(text, line)) << line << "\n" << text;
  }
  for (auto const& row : option_table()) {
    EXPECT_TRUE(says(text, "^(# )?" + std::string(file_key(row)) + " ")) << row.flag;
  }
}

TEST(effective, no_secret_is_printed) {
  EXPECT_EQ(printed(everything).find("hush"), std::string::npos);
}

TEST(effective, what_is_printed_is_a_configuration_that_means_the_same) {
  auto const text = printed(everything, {"--port", "81"});
  auto disk = keys;
  auto const again = test::accepted_file(text, {}, {}, disk);
  EXPECT_EQ(again.chosen.port, 81);
  EXPECT_EQ(again.chosen.domains, (std::vector<std::string>{"a.test", "b.test"}));
  EXPECT_EQ(again.declared.principals.size(), 3U);
  ASSERT_EQ(again.declared.identities.size(), 2U);
  EXPECT_EQ(again.declared.identities[1].keys.secret_key.reveal(), "hush-6");
  EXPECT_EQ(again.declared.identities[1].allow,
            test::accepted_file(everything, {}, {}, keys).declared.identities[1].allow);
}

TEST(effective, without_a_file_it_says_where_the_credentials_come_from) {
  auto const text = render_effective(test::accepted({"-e", "http://s"}), facts());
  EXPECT_TRUE(says(text, "^# The store's credentials: environment$")) << text;
}

std::string page(std::string const& name) {
  std::ifstream file(std::string(S3PROXY_TEST_DATA) + "/../../docs/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(example_file, is_understood_and_shows_every_setting) {
  auto const text = page("example.toml");
  auto const disk = test::files{{"/etc/keys/bob", {"hush"}}, {"/etc/keys/lake-writer", {"hush"}}};
  auto const request = test::accepted_file(text, {}, {}, disk);
  EXPECT_TRUE(request.warnings.empty()) << testing::PrintToString(request.warnings);
  EXPECT_GE(request.declared.principals.size(), 2U);
  EXPECT_GE(request.declared.identities.size(), 2U);
  for (auto const& row : option_table()) {
    if (row.flag != config_flag) {
      EXPECT_TRUE(says(text, "^#? ?" + std::string(file_key(row)) + " = ")) << row.flag;
    }
  }
  // What is commented out is as good as what is not.
  auto const uncommented =
      std::regex_replace(text, std::regex("^# ?(?=[a-z-]+ = )", std::regex::multiline), "");
  auto const all = test::accepted_file(uncommented, {}, {}, disk);
  for (auto const& told : all.settings) {
    EXPECT_TRUE(!told.values.empty()) << told.row->flag;
  }
}

TEST(configuration_page, names_each_key_of_the_tables) {
  auto const text = page("configuration.md");
  for (auto const* key : {"[[principals]]", "[[identities]]", "`name`", "`access-key-id`",
                          "`secret-access-key`", "`secret-file`", "`session-token`", "`profile`",
                          "`role-arn`", "`external-id`", "`session-name`", "`source-profile`", "`source`",
                          "`secret`", "`principal`", "`allow`", "`bucket`", "`prefix`", "`access`"}) {
    EXPECT_NE(text.find(key), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace s3proxy::app
