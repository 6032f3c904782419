#include "s3proxy/app/make_roster.hpp"

#include "s3proxy/app/signers.hpp"

#include "support/operator.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::app {
namespace {

using keys = principal_signer::keys;
using proxy::unsigned_access;

constexpr char const* minimum = "endpoint = \"http://store\"\n";
constexpr char const* one_identity = "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\n";
constexpr char const* with_rules =
    "[[identities]]\naccess-key-id = \"R\"\nsecret = \"hush\"\nallow = [{ bucket = \"lake\", access = "
    "\"read\" }]\n";

declarations declared(std::string const& text) {
  return test::accepted_file(minimum + text).declared;
}

loaded_credentials usual_pair(std::string key, std::string secret = "hush") {
  return {
      s3::credentials{base::access_key_id(std::move(key)), base::secret(std::move(secret)), base::secret()},
      "environment"};
}

principal_signer signer(keys kind, std::string key = "OWN", std::string secret = "hush") {
  auto pair = std::make_shared<s3::credentials const>(*usual_pair(std::move(key), std::move(secret)).pair);
  principal_signer out{kind, {}, {}, "somewhere"};
  if (kind != keys::none) {
    out.credentials = [pair] { return pair; };
  }
  return out;
}

find_signer always(principal_signer const& one) {
  return [one](declared_principal const&) { return one; };
}

TEST(roster, without_a_file_a_fixed_pair_lets_its_owner_in) {
  auto const roster = make_roster({}, always(signer(keys::fixed_pair)), unsigned_access::refused);
  ASSERT_NE(roster->find("OWN"), nullptr);
  EXPECT_EQ(roster->unsigned_clients, nullptr);
  EXPECT_NE(make_roster({}, always(signer(keys::fixed_pair)), unsigned_access::signed_for)->unsigned_clients,
            nullptr);
}

TEST(roster, without_credentials_everybody_is_the_public) {
  auto const roster = make_roster({}, always(signer(keys::none)), unsigned_access::refused);
  EXPECT_TRUE(roster->identities.empty());
  ASSERT_NE(roster->unsigned_clients, nullptr);
  EXPECT_FALSE(roster->unsigned_clients->credentials);
}

TEST(roster, nobody_comes_with_keys_that_the_proxy_obtained_for_itself) {
  auto const closed = make_roster({}, always(signer(keys::obtained)), unsigned_access::refused);
  EXPECT_TRUE(closed->identities.empty());
  EXPECT_EQ(closed->unsigned_clients, nullptr);
  auto const open = make_roster({}, always(signer(keys::obtained)), unsigned_access::signed_for);
  EXPECT_TRUE(open->identities.empty());
  EXPECT_EQ(open->unsigned_clients->credentials()->key_id.str(), "OWN");
}

TEST(roster, with_identities_they_alone_come) {
  auto const roster =
      make_roster(declared(one_identity), always(signer(keys::fixed_pair)), unsigned_access::refused);
  EXPECT_EQ(roster->find("OWN"), nullptr);
  EXPECT_EQ(roster->unsigned_clients, nullptr);
  auto const* const who = roster->find("A");
  ASSERT_NE(who, nullptr);
  EXPECT_EQ(who->keys.secret_key.reveal(), "hush");
  EXPECT_EQ(who->may, s3::identity::limit::as_the_principal);
  EXPECT_EQ(roster->principals.at(who->principal)->credentials()->key_id.str(), "OWN");
}

TEST(roster, rules_limit_whom_they_belong_to) {
  auto const roster =
      make_roster(declared(with_rules), always(signer(keys::fixed_pair)), unsigned_access::refused);
  auto const* const who = roster->find("R");
  ASSERT_NE(who, nullptr);
  EXPECT_EQ(who->may, s3::identity::limit::by_rules);
  EXPECT_TRUE(s3::allows(*who, s3::access::read, base::bucket_name("lake"), "key"));
  EXPECT_FALSE(s3::allows(*who, s3::access::write, base::bucket_name("lake"), "key"));
  EXPECT_FALSE(s3::allows(*who, s3::access::read, base::bucket_name("sea"), "key"));
}

TEST(roster, each_identity_has_its_own_principal) {
  auto const all = declared(
      "[[principals]]\nname = \"a\"\naccess-key-id = \"KA\"\nsecret-access-key = \"hush\"\n"
      "[[principals]]\nname = \"b\"\nsource = \"anonymous\"\n"
      "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\nprincipal = \"a\"\n"
      "[[identities]]\naccess-key-id = \"B\"\nsecret = \"hush\"\nprincipal = \"b\"\n");
  auto const found = find_signers(all, {}, test::lookup_in({}), test::reader_of({}));
  ASSERT_TRUE(found.has_value());
  auto const roster = make_roster(all, signer_in(*found), unsigned_access::refused);
  EXPECT_EQ(roster->principals.at(roster->find("A")->principal)->credentials()->key_id.str(), "KA");
  EXPECT_FALSE(roster->principals.at(roster->find("B")->principal)->credentials);
}

TEST(roster, the_id_of_a_principal_changes_with_what_it_stands_for) {
  auto const id_of = [](std::string const& text, principal_signer const& with) {
    auto const all = declared("[[principals]]\nname = \"lake\"\n" + text + one_identity);
    return make_roster(all, always(with), unsigned_access::refused)->find("A")->principal;
  };
  auto const any = signer(keys::obtained);
  auto const pair = [](std::string const& key, std::string const& secret) {
    return "access-key-id = \"" + key + "\"\nsecret-access-key = \"" + secret + "\"\n";
  };
  EXPECT_NE(id_of(pair("K1", "hush"), any), id_of(pair("K2", "hush"), any));
  EXPECT_EQ(id_of(pair("K1", "hush"), any), id_of(pair("K1", "hush2"), any));
  EXPECT_NE(id_of("role-arn = \"arn:a\"\n", any), id_of("role-arn = \"arn:b\"\n", any));
  EXPECT_NE(id_of("profile = \"a\"\n", any), id_of("profile = \"b\"\n", any));
  auto told = any;
  told.stands_for = "key/K9";
  EXPECT_NE(id_of("profile = \"a\"\n", any), id_of("profile = \"a\"\n", told));
}

TEST(signers, a_profile_is_read_past_the_environment) {
  auto const all =
      declared(std::string("[[principals]]\nname = \"p\"\nprofile = \"night\"\n") + one_identity);
  test::files const disk{{"/h/.aws/credentials",
                          {"[night]\naws_access_key_id = NIGHT\naws_secret_access_key = hush\n[empty]\n"}}};
  test::variables const set{{"HOME", "/h"}, {"AWS_ACCESS_KEY_ID", "ENV"}, {"AWS_SECRET_ACCESS_KEY", "hush"}};
  auto const found = find_signers(all, {}, test::lookup_in(set), test::reader_of(disk));
  ASSERT_TRUE(found.has_value()) << found.error().sentence;
  EXPECT_EQ(found->at("p").credentials()->key_id.str(), "NIGHT");
  auto const nowhere = find_signers(all, {}, test::lookup_in(set), test::reader_of({}));
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_TRUE(nowhere.error().sentence.starts_with("/etc/s3.toml:2: principal `p`: "));
}

TEST(signers, two_principals_with_one_key_are_refused_however_they_came_by_it) {
  auto const all = declared(
      "[[principals]]\nname = \"a\"\naccess-key-id = \"ENV\"\nsecret-access-key = \"hush\"\n"
      "[[principals]]\nname = \"b\"\nsource = \"chain\"\n"
      "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\nprincipal = \"a\"\n"
      "[[identities]]\naccess-key-id = \"B\"\nsecret = \"hush\"\nprincipal = \"b\"\n");
  auto const found = find_signers(all, usual_pair("ENV"), test::lookup_in({}), test::reader_of({}));
  ASSERT_FALSE(found.has_value());
  EXPECT_TRUE(found.error().sentence.starts_with(
      "/etc/s3.toml:6: principal `b`: it has the same key for the store as "
      "`a`"));
  EXPECT_TRUE(find_signers(all, usual_pair("OTHER"), test::lookup_in({}), test::reader_of({})).has_value());
  EXPECT_FALSE(
      find_signers(all, {std::nullopt, "none"}, test::lookup_in({}), test::reader_of({})).has_value());
}

options chosen_with(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"-e", "http://s", "--address", "127.0.0.1"});
  return test::accepted(arguments).chosen;
}

TEST(refuse_clients, obtained_credentials_need_somebody_who_may_come) {
  auto const obtained = always(signer(keys::obtained));
  auto const sentence = refuse_clients(chosen_with({}), {}, obtained);
  ASSERT_TRUE(sentence);
  for (auto const* remedy :
       {"[[identities]]", "--token-exchange", "--allow-anonymous with --address 127.0.0.1"}) {
    EXPECT_NE(sentence->find(remedy), std::string::npos) << *sentence;
  }
  EXPECT_FALSE(refuse_clients(chosen_with({"--token-exchange"}), {}, obtained));
  EXPECT_FALSE(refuse_clients(chosen_with({"--allow-anonymous"}), {}, obtained));
  EXPECT_FALSE(refuse_clients(chosen_with({}), declared(one_identity), obtained));
  EXPECT_FALSE(refuse_clients(chosen_with({}), {}, always(signer(keys::fixed_pair))));
  EXPECT_FALSE(refuse_clients(chosen_with({}), {}, always(signer(keys::none))));
}

TEST(refuse_clients, identities_need_credentials_for_the_store) {
  auto const sentence = refuse_clients(chosen_with({}), declared(one_identity), always(signer(keys::none)));
  ASSERT_TRUE(sentence);
  EXPECT_TRUE(sentence->starts_with("/etc/s3.toml: its identities need credentials for the store"))
      << *sentence;
}

TEST(refuse_clients, the_stores_own_key_comes_with_its_own_secret_or_not_at_all) {
  auto const all = declared(one_identity);
  auto const sentence = refuse_clients(chosen_with({}), all, always(signer(keys::fixed_pair, "A", "hush-2")));
  ASSERT_TRUE(sentence);
  EXPECT_TRUE(sentence->starts_with("/etc/s3.toml:2: access-key-id: `A` is a key of the store")) << *sentence;
  EXPECT_EQ(sentence->find("hush"), std::string::npos);
  EXPECT_FALSE(refuse_clients(chosen_with({}), all, always(signer(keys::fixed_pair, "A", "hush"))));
}

TEST(refuse_clients, nobody_goes_past_the_rules_unsigned) {
  auto const fixed = always(signer(keys::fixed_pair));
  EXPECT_TRUE(refuse_clients(chosen_with({"--allow-anonymous"}), declared(with_rules), fixed));
  EXPECT_FALSE(refuse_clients(chosen_with({"--allow-anonymous"}), declared(one_identity), fixed));
  auto const two = declared(
      "[[principals]]\nname = \"a\"\nprofile = \"a\"\n[[principals]]\nname = \"b\"\nprofile = \"b\"\n"
      "[[identities]]\naccess-key-id = \"A\"\nsecret = \"hush\"\nprincipal = \"a\"\n");
  EXPECT_TRUE(refuse_clients(chosen_with({"--allow-anonymous"}), two, fixed));
}

}  // namespace
}  // namespace s3proxy::app
