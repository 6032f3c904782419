// Principals and identities: how each is written, every refusal at its place, and no secret in any sentence.
#include "s3proxy/app/check_declarations.hpp"
#include "s3proxy/app/check_options.hpp"

#include "support/operator.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::app {
namespace {

using test::accepted_file;
using test::files;
using test::refused_file;
using lines = std::vector<std::string>;

constexpr char const* minimum = "endpoint = \"http://store\"\n";

declarations declared(std::string const& text, files disk = {}) {
  return accepted_file(minimum + text, {}, {}, std::move(disk)).declared;
}

template <class Source>
Source source_of(std::string const& text, files disk = {}) {
  auto const all = declared("[[principals]]\nname = \"lake\"\n" + text, std::move(disk));
  EXPECT_EQ(all.principals.size(), 1U);
  EXPECT_TRUE(!all.principals.empty() && std::holds_alternative<Source>(all.principals[0].source)) << text;
  return all.principals.empty() ? Source() : std::get<Source>(all.principals[0].source);
}

TEST(principals, get_credentials_in_one_of_five_ways) {
  auto const fixed = source_of<fixed_pair>(
      "access-key-id = \"AKIA\"\nsecret-access-key = \"hush\"\nsession-token = \"hush-token\"\n");
  EXPECT_EQ(fixed.pair.key_id.str(), "AKIA");
  EXPECT_EQ(fixed.pair.secret_key.reveal(), "hush");
  EXPECT_EQ(fixed.pair.session_token.reveal(), "hush-token");
  EXPECT_EQ(source_of<profile_source>("profile = \"analytics\"\n").profile, "analytics");
  auto const role = source_of<role_source>(
      "role-arn = \"arn:aws:iam::1:role/r\"\nexternal-id = \"hush-id\"\nsession-name = \"night\"\n"
      "source-profile = \"base\"\n");
  EXPECT_EQ(role.role_arn, "arn:aws:iam::1:role/r");
  EXPECT_EQ(role.external_id, "hush-id");
  EXPECT_EQ(role.session_name, "night");
  EXPECT_EQ(role.source_profile, "base");
  source_of<chain_source>("source = \"chain\"\n");
  source_of<anonymous_source>("source = \"anonymous\"\n");
}

TEST(secret_files, give_their_content_without_one_line_end) {
  for (auto const& [content, secret] :
       {std::pair{"hush", "hush"}, {"hush\n", "hush"}, {"hush\r\n", "hush"}}) {
    auto const fixed = source_of<fixed_pair>("access-key-id = \"AKIA\"\nsecret_file = \"keys/lake\"\n",
                                             {{"/etc/keys/lake", {content}}});
    EXPECT_EQ(fixed.pair.secret_key.reveal(), secret);
    EXPECT_EQ(fixed.secret_file, "/etc/keys/lake");
  }
}

TEST(secret_files, that_everybody_can_read_are_warned_about) {
  std::string const text =
      std::string(minimum) + "[[identities]]\naccess-key-id = \"A\"\nsecret-file = \"/s\"\n";
  EXPECT_TRUE(accepted_file(text, {}, {}, {{"/s", {"hush"}}}).warnings.empty());
  EXPECT_EQ(accepted_file(text, {}, {}, {{"/s", {"hush", readable_by::everybody}}}).warnings,
            lines{"everybody on this machine can read the secret in /s; chmod o-r takes that right away"});
}

TEST(configuration_file, that_everybody_can_read_is_warned_about_where_it_holds_secrets) {
  files const open{{"/etc/s3.toml", {"", readable_by::everybody}}};
  EXPECT_TRUE(accepted_file(minimum, {}, {}, open).warnings.empty());
  auto const warned =
      accepted_file(std::string(minimum) + "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\n", {},
                    {}, open)
          .warnings;
  ASSERT_EQ(warned.size(), 1U);
  EXPECT_TRUE(warned[0].starts_with("everybody on this machine can read the secrets in /etc/s3.toml;"));
}

TEST(identities, choose_the_only_principal_when_they_name_none) {
  auto const implied = declared("[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\n");
  EXPECT_EQ(implied.identities.at(0).principal, implied_principal);
  EXPECT_FALSE(implied.identities[0].allow);
  auto const only = declared(
      "[[principals]]\nname = \"lake\"\nsource = \"chain\"\n[[identities]]\naccess-key-id = \"A\"\nsecret = "
      "\"hush\"\n");
  EXPECT_EQ(only.identities.at(0).principal, "lake");
}

TEST(allow_rules, may_be_written_in_line_or_as_tables) {
  auto const all = declared(
      "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\n"
      "allow = [{ bucket = \"lake\", prefix = \"team-a/\", access = [\"read\", \"list\"] }]\n"
      "[[identities]]\naccess-key-id = \"B\"\nsecret = \"hush\"\n"
      "[[identities.allow]]\nbucket = \"*\"\naccess = \"write\"\n");
  using s3::allow_rule;
  EXPECT_EQ(all.identities.at(0).allow,
            (std::vector{allow_rule{base::bucket_name("lake"), "team-a/", true, false, true}}));
  EXPECT_EQ(all.identities.at(1).allow,
            (std::vector{allow_rule{base::bucket_name("*"), "", false, true, false}}));
}

constexpr char const* two =
    "[[principals]]\nname = \"a\"\nprofile = \"a\"\n[[principals]]\nname = \"b\"\nprofile = \"b\"\n";

TEST(declarations, each_wrong_thing_is_told_at_its_place) {
  auto const principal = [](std::string const& rest) { return "[[principals]]\nname = \"lake\"\n" + rest; };
  auto const identity = [](std::string const& rest) {
    return "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\n" + rest;
  };
  std::string const read_all = "allow = [{ bucket = \"*\", access = \"read\" }]\n";
  std::string const ways =
      "; allowed is one of: access-key-id with secret-access-key or secret-file, profile";
  struct row {
    std::string text;
    std::string sentence;
  };
  for (auto const& [text, sentence] : std::vector<row>{
           // principals
           {"[[principals]]\nsource = \"chain\"", "2:1: [[principals]] has no name"},
           {principal(""), "2:1: [[principals]] does not say where its credentials come from" + ways},
           {principal("profile = \"p\"\nrole-arn = \"arn:x\""),
            "2:1: [[principals]] gets its credentials in two ways, profile and role-arn" + ways},
           {principal("access-key-id = \"A\""),
            "2:1: [[principals]] has no secret; give secret-access-key, or"},
           {principal("secret-access-key = \"hush\""),
            "2:1: [[principals]] has a secret and no access-key-id"},
           {principal("access-key-id = \"A\"\nsecret-access-key = \"hush\"\nsecret-file = \"/s\""),
            "6:15: secret-file: stands beside secret-access-key; one of them is enough"},
           {principal("access-key-id = \"A\"\nsecret-file = \"/none\""),
            "5:15: secret-file: cannot read `/none`: there is no such file"},
           {principal("access-key-id = \"A\"\nsecret-file = \"/two-lines\""),
            "5:15: secret-file: the content of `/two-lines` holds a space, a line break or another"},
           {principal("access-key-id = \"A\"\nsecret-file = \"/empty\""),
            "5:15: secret-file: the content of `/empty` is empty"},
           {principal("access-key-id = \"A/B\"\nsecret-access-key = \"hush\""),
            "4:17: access-key-id: `A/B` is not an access key id"},
           {principal("access-key-id = \"A\"\nsecret-access-key = \"hush hush\""),
            "5:21: secret-access-key: holds a space"},
           {principal("access-key-id = \"A\"\nsecret-access-key = \"hush\"\nsession-token = \"\""),
            "6:17: session-token: is empty"},
           {principal("access-key-id = \"A\"\nsecret-access-key = 12345"),
            "5:21: secret-access-key: must be a text in quotation marks"},
           {principal("source = \"imds\""),
            "4:10: source: `imds` is not a source of credentials; allowed: chain"},
           {principal("role-arn = \"lake\""), "4:12: role-arn: `lake` is not a role; allowed: its ARN"},
           {principal("external-id = \"hush-id\""), "2:1: [[principals]] has no role-arn"},
           {principal("role-arn = \"arn:x\"\nexternal-id = \"hush id\""),
            "5:15: external-id: is not an external id"},
           {principal("role-arn = \"arn:x\"\nsession-name = \"x\""),
            "5:16: session-name: `x` is not a session name"},
           {principal("profile = \"a[b\""), "4:11: profile: `a[b` is not a profile"},
           {principal("profle = \"a\"\nsource = \"chain\""),
            "4:1: profle: is not a key of [[principals]]; did you mean profile?"},
           {"[[principals]]\nname = \"a/b\"\nsource = \"chain\"", "3:8: name: `a/b` is not a name"},
           {"[principals]\nname = \"a\"",
            "2:1: principals: must be tables, each below a line [[principals]]"},
           {two + std::string("[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\""),
            "8:1: identities: `A` names no principal, and several are declared"},
           {two, "5:1: principals: several are declared, and no [[identities]] say who uses which"},
           {"[[principals]]\nname = \"a\"\nprofile = \"p\"\n[[principals]]\nname = \"b\"\nprofile = \"p\"\n" +
                identity("principal = \"a\""),
            "5:1: principals: `b` and `a` are the same to the store"},
           {"[[principals]]\nname = \"a\"\nprofile = \"p\"\n[[principals]]\nname = \"a\"\nprofile = \"q\"\n" +
                identity("principal = \"a\""),
            "5:1: principals: the name `a` stands in line 2 already"},
           // identities
           {"[[identities]]\nsecret = \"hush\"", "2:1: [[identities]] has no access-key-id"},
           {"[[identities]]\naccess-key-id = \"A\"",
            "2:1: [[identities]] has no secret; give secret, or secret-file"},
           {"[[identities]]\naccess-key-id = \"A\"\nsecret = \"\"", "4:10: secret: is empty"},
           {"[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\nsecret-access-key = \"hush\"",
            "5:1: secret-access-key: is not a key of [[identities]]; did you mean secret?"},
           {identity("port = 3"), "5:1: port: is not a key of [[identities]]; it is one of the whole file"},
           {identity("colour = 3"),
            "5:1: colour: is not a key of [[identities]]; allowed: access-key-id, secret,"},
           {identity("principal = \"laek\""),
            "5:13: principal: there is no principal `laek`; this file declares none: add [[principals]]"},
           {principal("source = \"chain\"\n") + identity("principal = \"laek\""),
            "8:13: principal: there is no principal `laek`; did you mean lake?"},
           {identity(read_all) + identity(read_all),
            "6:1: identities: the access-key-id `A` stands in line 2"},
           {principal("access-key-id = \"A\"\nsecret-access-key = \"hush-2\"\n") + identity(""),
            "6:1: identities: `A` is the key of principal `lake` with another secret"},
           // rules
           {identity("allow = []"), "5:9: allow: is empty: this identity could do nothing"},
           {identity("allow = \"read\""), "5:9: allow: must be a list of rules such as [{ bucket"},
           {identity("allow = [{ access = \"read\" }]"), "5:10: an allow rule has no bucket"},
           {identity("allow = [{ bucket = \"lake\" }]"), "5:10: an allow rule has no access"},
           {identity("allow = [{ bucket = \"lake\", access = [] }]"),
            "5:38: access: must be a list of one or more"},
           {identity("allow = [{ bucket = \"lake\", access = [\"raed\"] }]"),
            "5:39: access: `raed` is not a kind of access; did you mean read? (allowed: read, list, write)"},
           {identity("allow = [{ bucket = \"lake\", access = \"everything\" }]"),
            "5:38: access: `everything` is not a kind of access; allowed: read, list, write"},
           {identity("allow = [{ bucket = \"lake/x\", access = \"read\" }]"),
            "5:21: bucket: `lake/x` is not a bucket; allowed: a bucket's whole name, or *"},
           {identity("allow = [{ bucket = \"lake-*\", access = \"read\" }]"),
            "5:21: bucket: `lake-*` is not a bucket"},
           {identity("allow = [{ bucket = \"lake\", prefix = \"a/*\", access = \"read\" }]"),
            "5:38: prefix: `a/*` holds a *, and prefixes are no patterns"},
           {identity("allow = [{ bucket = \"lake\", acess = \"read\", access = \"read\" }]"),
            "5:29: acess: is not a key of an allow rule; did you mean access?"},
       }) {
    auto const told =
        refused_file(minimum + text + "\n", {{"/two-lines", {"hush\nhush\n"}}, {"/empty", {"\n"}}});
    ASSERT_EQ(told.size(), 1U) << text << testing::PrintToString(told);
    EXPECT_TRUE(told[0].starts_with("/etc/s3.toml:" + sentence)) << told[0];
    EXPECT_EQ(told[0].find("hush"), std::string::npos) << told[0];
  }
}

TEST(declarations, identities_that_share_a_principal_need_rules_each) {
  auto const told = refused_file(std::string(minimum) +
                                 "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\n"
                                 "[[identities]]\naccess-key-id = \"B\"\nsecret = \"hush\"\n"
                                 "allow = [{ bucket = \"*\", access = \"read\" }]\n"
                                 "[[identities]]\naccess-key-id = \"C\"\nsecret = \"hush\"\n");
  ASSERT_EQ(told.size(), 2U) << testing::PrintToString(told);
  EXPECT_TRUE(
      told[0].starts_with("/etc/s3.toml:2:1: identities: `A` has no allow rules, and shares principal "
                          "`default` with others"))
      << told[0];
  EXPECT_TRUE(told[1].starts_with("/etc/s3.toml:9:1: identities: `C` has no allow rules"));
}

TEST(declarations, a_principal_that_nobody_uses_is_warned_about) {
  auto const warned =
      accepted_file(minimum + std::string(two) +
                    "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\nprincipal = \"b\"\n")
          .warnings;
  EXPECT_EQ(warned, lines{"/etc/s3.toml:2: principal `a` is used by no identity"});
}

}  // namespace
}  // namespace s3proxy::app
