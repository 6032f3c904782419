#include "s3proxy/s3/permission.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

using base::bucket_name;
using base::errc;
using http::method;

struct request {
  http::method how;
  std::string path;
  std::string query = {};
  std::string copy_source = {};
};

constexpr errc fine{};

errc asked(identity const& who, request const& of) {
  auto const where = parse_address(of.path).value();
  auto const query = http::query_list::parse(of.query).value();
  http::field_list fields;
  if (!of.copy_source.empty()) {
    fields.add({"X-Amz-Copy-Source", of.copy_source});
  }
  auto const done = permit(who, {classify(of.how, where, query, fields), where, query, fields});
  return done ? fine : base::to_errc(done.error());
}

identity with_rule(char const* bucket, char const* prefix, std::string_view kinds) {
  auto const has = [&](char kind) { return kinds.find(kind) != kinds.npos; };
  return {{}, {}, identity::limit::by_rules, {{bucket_name(bucket), prefix, has('r'), has('w'), has('l')}}};
}

void expect_all(identity const& who, std::vector<request> const& table, errc wanted) {
  for (auto const& row : table) {
    EXPECT_EQ(asked(who, row), wanted)
        << http::to_text(row.how) << " " << row.path << "?" << row.query << " " << row.copy_source;
  }
}

TEST(permission, of_one_without_rules_is_the_stores_affair) {
  identity const who;
  expect_all(who,
             {{method::put, "/b-1", "never-heard-of"},
              {method::get, "/"},
              {method::put, "/b-1/a//b", "", "nonsense"}},
             fine);
}

TEST(permission, below_a_prefix_reaches_objects_and_listings_there) {
  auto const who = with_rule("b-1", "team/", "rwl");
  expect_all(who,
             {{method::get, "/b-1/team/k"},
              {method::head, "/b-1/team/k", "versionId=null"},
              {method::get, "/b-1/team/k", "tagging"},
              {method::put, "/b-1/team/k"},
              {method::del, "/b-1/team/k"},
              {method::post, "/b-1/team/k", "uploads"},
              {method::post, "/b-1/team/k", "select&select-type=2"},
              {method::get, "/b-1", "list-type=2&prefix=team/"},
              {method::get, "/b-1", "prefix=team%2Fa&marker=zzz"},
              {method::get, "/b-1", "versions&prefix=team/"},
              {method::get, "/b-1", "uploads&prefix=team/"},
              {method::post, "/b-1", "delete"},  // each of its keys is asked for
              {method::options, "/b-1/other"}},
             fine);
}

TEST(permission, below_a_prefix_reaches_nothing_else) {
  auto const who = with_rule("b-1", "team/", "rwl");
  expect_all(who,
             {{method::get, "/b-1/other"},
              {method::get, "/b-2/team/k"},
              {method::get, "/"},
              {method::get, "/b-1"},
              {method::get, "/b-1", "list-type=2"},
              {method::get, "/b-1", "list-type=2&prefix="},
              {method::get, "/b-1", "list-type=2&prefix=te"},
              {method::get, "/b-1", "list-type=2&prefix=other/"},
              {method::get, "/b-1", "list-type=2&prefix=team/&prefix="},
              {method::get, "/b-1", "list-type=2&prefix=team/../"},
              {method::get, "/b-1", "list-type=2&Prefix=team/"},
              {method::get, "/b-1", "versions&prefix="},
              {method::get, "/b-1", "uploads"},
              {method::head, "/b-1"},
              {method::get, "/b-1", "policy"},
              {method::get, "/b-1", "location"},
              {method::put, "/b-1"},
              {method::del, "/b-1"},
              {method::put, "/b-1", "policy"},
              {method::put, "/b-1/team/k", "renameObject"},
              {method::post, "/b-1/team/k", "restore"},
              {method::post, "/b-2", "delete"}},
             errc::denied_by_rules);
}

TEST(permission, to_an_operation_that_is_not_in_the_table_is_never_given) {
  auto const who = with_rule("*", "", "rwl");
  expect_all(who,
             {{method::get, "/b-1/k", "never-heard-of"},
              {method::get, "/b-1", "list-type=2&metadata=true"},
              {method::put, "/b-1/k", "append&position=1"},
              {method::post, "/b-1"},
              {method::put, "/b-1/k", "x-amz-copy-source=/b-2/k"},
              {method::get, "/b-1/k", "versionId=a&versionId=b"},
              {method::get, "/", "what"}},
             errc::denied_by_rules);
}

TEST(permission, to_a_bucket_as_a_whole_needs_a_rule_without_a_prefix) {
  expect_all(with_rule("b-1", "", "rwl"),
             {{method::get, "/b-1"},
              {method::head, "/b-1"},
              {method::get, "/b-1", "policy"},
              {method::put, "/b-1", "policy"},
              {method::del, "/b-1"},
              {method::put, "/b-1/k", "renameObject"}},
             fine);
  expect_all(with_rule("b-1", "", "r"), {{method::put, "/b-1", "policy"}, {method::get, "/b-1"}},
             errc::denied_by_rules);
  expect_all(with_rule("b-1", "", "l"), {{method::get, "/b-1", "policy"}, {method::get, "/b-1/k"}},
             errc::denied_by_rules);
  expect_all(with_rule("b-1", "", "rl"), {{method::post, "/b-1", "delete"}}, errc::denied_by_rules);
}

TEST(permission, to_list_buckets_needs_a_rule_for_all_of_them) {
  EXPECT_EQ(asked(with_rule("*", "", "l"), {method::get, "/"}), fine);
  EXPECT_EQ(asked(with_rule("*", "", "rw"), {method::get, "/"}), errc::denied_by_rules);
  EXPECT_EQ(asked(with_rule("*", "a", "l"), {method::get, "/"}), errc::denied_by_rules);
  EXPECT_EQ(asked(with_rule("b-1", "", "l"), {method::get, "/"}), errc::denied_by_rules);
}

// A restore may write its result into a bucket that its body names.
TEST(permission, to_restore_needs_to_write_everywhere) {
  EXPECT_EQ(asked(with_rule("*", "", "w"), {method::post, "/b-1/k", "restore"}), fine);
  EXPECT_EQ(asked(with_rule("b-1", "", "w"), {method::post, "/b-1/k", "restore"}), errc::denied_by_rules);
}

TEST(permission, to_a_key_that_some_store_folds_is_never_given) {
  auto const who = with_rule("*", "", "rwl");
  for (auto const* key : {"a//b", "../k", "a/./b", "%2Fa", "a/%2E%2E/b"}) {
    EXPECT_EQ(asked(who, {method::put, "/b-1/" + std::string(key)}), errc::denied_by_rules) << key;
    EXPECT_EQ(asked(who, {method::get, "/b-1/" + std::string(key)}), errc::denied_by_rules) << key;
  }
}

TEST(permission, to_copy_needs_to_read_the_source) {
  auto who = with_rule("b-1", "", "w");
  EXPECT_EQ(asked(who, {method::put, "/b-1/k", "", "/b-1/s"}), errc::denied_by_rules);
  who.rules.push_back({bucket_name("b-2"), "pub/", true, false, false});
  for (auto const* source : {"b-2/pub/k", "/b-2/pub/k", "b-2%2Fpub%2Fk", "%2Fb-2%2Fpub%2Fk",
                             "b-2/pub/a%20b%2B?versionId=v", "b-2/pub/a+b", "b-2/pub/k?versionId=null"}) {
    EXPECT_EQ(asked(who, {method::put, "/b-1/k", "", source}), fine) << source;
    EXPECT_EQ(asked(who, {method::put, "/b-1/k", "partNumber=1&uploadId=u", source}), fine) << source;
  }
  for (auto const* source : {"b-2/k", "/b-2/secret/k", "b-1/s", "b-2/pub/../k", "b-2/pub%2F..%2Fk",
                             "b-2//pub/k", "b-2/pub/%2e%2E/k"}) {
    EXPECT_EQ(asked(who, {method::put, "/b-1/k", "", source}), errc::denied_by_rules) << source;
  }
}

TEST(permission, a_plus_in_a_source_has_to_be_harmless_either_way) {
  auto who = with_rule("b-1", "", "w");
  who.rules.push_back({bucket_name("b-2"), "a+b/", true, false, false});
  EXPECT_EQ(asked(who, {method::put, "/b-1/k", "", "b-2/a%2Bb/k"}), fine);
  EXPECT_EQ(asked(who, {method::put, "/b-1/k", "", "b-2/a+b/k"}), errc::denied_by_rules);
}

TEST(permission, a_source_that_names_no_object_is_refused) {
  auto const who = with_rule("*", "", "rwl");
  for (auto const* source :
       {" ", "/", "b-2", "/b-2/", "//b-2/k", "b-2/k?x=1", "b-2/k?versionId=a&x", "b-2/k?", "b-2/%zz",
        "b-2/a%00", "b-2/a%3FversionId=v", "arn:aws:s3:us-east-1:1:accesspoint/ap/object/k"}) {
    EXPECT_EQ(asked(who, {method::put, "/b-1/k", "", source}), errc::invalid_copy_source) << source;
  }
}

TEST(permission, an_empty_source_is_refused) {
  auto const who = with_rule("*", "", "rwl");
  auto const where = parse_address("/b-1/k").value();
  http::query_list const query;
  http::field_list fields;
  fields.add({"x-amz-copy-source", ""});
  auto const done = permit(who, {operation::copy_object, where, query, fields});
  EXPECT_EQ(base::to_errc(done.error()), errc::invalid_copy_source);
}

TEST(permission, every_source_that_is_named_has_to_be_allowed_whatever_the_operation) {
  auto const who = with_rule("b-1", "", "rw");
  auto const where = parse_address("/b-1/k").value();
  http::query_list const query;
  http::field_list fields;
  fields.add({"x-amz-copy-source", "b-1/a"});
  fields.add({"x-amz-copy-source", "b-2/a"});
  for (auto const op : {operation::copy_object, operation::put_object, operation::get_object}) {
    EXPECT_EQ(base::to_errc(permit(who, {op, where, query, fields}).error()), errc::denied_by_rules);
  }
}

}  // namespace
}  // namespace s3proxy::s3
