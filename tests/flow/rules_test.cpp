#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using base::bucket_name;

s3::allow_rule rule(char const* bucket, char const* prefix, std::string_view kinds) {
  auto const has = [&](char kind) { return kinds.find(kind) != kinds.npos; };
  return {bucket_name(bucket), prefix, has('r'), has('w'), has('l')};
}

/// A world whose cache holds what its client could read before the rules came.
struct ruled_world : world {
  explicit ruled_world(std::vector<s3::allow_rule> rules) {
    for (auto const* path : {"/buc/team/k", "/buc/other/k", "/buc/a//b"}) {
      origin.put_version(path, 1, 1000);
      EXPECT_EQ(get(path).status, 200U);
    }
    use_roster(ruled_by(std::move(rules)));
    origin.forget_requests();
  }
};

void expect_refused(world& w, request const& what, unsigned status = 403,
                    std::string const& code = "AccessDenied") {
  auto const got = w.ask(what);
  EXPECT_EQ(got.status, status) << what.method << " " << what.target;
  if (what.method != "HEAD") {
    EXPECT_EQ(got.error_code(), code) << what.method << " " << what.target;
  }
  EXPECT_EQ(got.header("etag"), "");
  auto const told = got.header("cache-status");
  EXPECT_TRUE(told == "s3proxy; fwd=bypass" || told == "s3proxy; fwd=method") << told;
  EXPECT_EQ(w.origin.count(), 0U) << what.method << " " << what.target << " reached the store";
}

TEST(rules, what_they_allow_is_served_as_ever) {
  ruled_world w({rule("buc", "team/", "rwl")});
  EXPECT_EQ(w.get("/buc/team/k").header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.head("/buc/team/k").status, 200U);
  EXPECT_EQ(w.put("/buc/team/new", "x").status, 200U);
  EXPECT_EQ(w.get("/buc?list-type=2&prefix=team/").status, 200U);
  EXPECT_EQ(w.ask({"DELETE", "/buc/team/new"}).status, 204U);
}

TEST(rules, what_they_do_not_allow_is_refused_before_the_store_or_the_cache_is_asked) {
  ruled_world w({rule("buc", "team/", "rwl")});
  for (auto const& what : {request{"GET", "/buc/other/k"},
                           {"HEAD", "/buc/other/k"},
                           {"GET", "/buc/other/k", {{"Range", "bytes=0-9"}}},
                           {"GET", "/buc/other/k", {{"If-None-Match", "\"v1\""}}},
                           {"GET", "/buc/missing"},
                           {"PUT", "/buc/other/k", {}, "x"},
                           {"DELETE", "/buc/other/k"},
                           {"GET", "/buc?list-type=2"},
                           {"GET", "/buc?list-type=2&prefix=other/"},
                           {"GET", "/buc?prefix=t"},
                           {"GET", "/buc?versions"},
                           {"GET", "/buc?uploads"},
                           {"GET", "/"},
                           {"HEAD", "/buc"},
                           {"GET", "/buc?policy"},
                           {"PUT", "/buc?policy", {}, "{}"},
                           {"DELETE", "/buc"},
                           {"GET", "/buc/team/k?never-heard-of"},
                           {"PUT", "/buc/team/k?renameObject", {{"x-amz-rename-source", "other/k"}}}}) {
    expect_refused(w, what);
  }
}

TEST(rules, a_refusal_tells_nothing_of_what_is_held) {
  ruled_world w({rule("buc", "team/", "rwl")});
  auto const held = w.get("/buc/other/k");
  auto const unknown = w.get("/buc/other/never");
  EXPECT_EQ(held.status, unknown.status);
  EXPECT_EQ(held.header("cache-status"), unknown.header("cache-status"));
  EXPECT_EQ(held.headers.find("etag"), unknown.headers.find("etag"));
  EXPECT_NE(held.body.find("no allow rule"), std::string::npos) << held.body;
}

TEST(rules, a_key_that_some_store_folds_is_refused_though_every_key_is_allowed) {
  ruled_world w({rule("*", "", "rwl")});
  for (auto const* path :
       {"/buc/a//b", "/buc/team/../other/k", "/buc/./team/k", "/buc/team%2F..%2Fother%2Fk"}) {
    expect_refused(w, {"GET", path});
    expect_refused(w, {"PUT", path, {}, "x"});
  }
}

TEST(rules, a_copy_needs_to_read_its_source) {
  ruled_world w({rule("buc", "team/", "rwl"), rule("pub", "", "r")});
  for (auto const* source : {"/buc/other/k", "buc/other/k", "buc%2Fother%2Fk", "pubs/k", "/pub/../buc/k",
                             "buc/other/k?versionId=v"}) {
    expect_refused(w, {"PUT", "/buc/team/copy", {{"x-amz-copy-source", source}}});
    expect_refused(w, {"PUT", "/buc/team/copy?partNumber=1&uploadId=u", {{"x-amz-copy-source", source}}});
  }
  for (auto const* source :
       {"", "buc", "/buc/", "arn:aws:s3:us-east-1:1:accesspoint/a/object/k", "pub/%zz"}) {
    expect_refused(w, {"PUT", "/buc/team/copy", {{"x-amz-copy-source", source}}}, 400, "InvalidArgument");
  }
  EXPECT_EQ(w.put("/buc/team/copy", "", {{"x-amz-copy-source", "/pub/k?versionId=v"}}).status, 200U);
  EXPECT_EQ(w.origin.requests()[0].header("x-amz-copy-source"), "/pub/k?versionId=v") << "as it came";
}

TEST(rules, who_may_only_read_writes_nothing_and_who_may_only_write_reads_nothing) {
  ruled_world reader({rule("buc", "", "r")});
  expect_refused(reader, {"PUT", "/buc/team/k", {}, "x"});
  expect_refused(reader, {"DELETE", "/buc/team/k"});
  expect_refused(reader, {"POST", "/buc?delete", {}, "<Delete/>"});
  expect_refused(reader, {"GET", "/buc?list-type=2"});
  EXPECT_EQ(reader.get("/buc/team/k").status, 200U);
  ruled_world writer({rule("buc", "", "w")});
  expect_refused(writer, {"GET", "/buc/team/k"});
  expect_refused(writer, {"HEAD", "/buc/team/k"});
  expect_refused(writer, {"PUT", "/buc/copy", {{"x-amz-copy-source", "buc/team/k"}}});
  EXPECT_EQ(writer.put("/buc/team/k", "x").status, 200U);
}

TEST(rules, hold_for_a_bucket_that_the_host_names) {
  ruled_world w({rule("buc", "team/", "r")});
  EXPECT_EQ(w.get("/team/k", {{"Host", "buc.localhost"}}).status, 200U);
  expect_refused(w, {"GET", "/other/k", {{"Host", "buc.localhost"}}});
  expect_refused(w, {"GET", "/buc/team/k", {{"Host", "secret.localhost"}}});
}

// Neither a rule nor its absence makes them something that we do.
TEST(rules, sessions_and_forms_are_refused_to_everybody_with_a_sentence_that_helps) {
  ruled_world ruled({rule("buc", "team/", "r")});
  world free;
  for (auto* w : std::initializer_list<world*>{&ruled, &free}) {
    auto const session = w->get("/buc?session");
    EXPECT_EQ(session.status, 501U);
    EXPECT_EQ(session.error_code(), "NotImplemented");
    EXPECT_NE(session.body.find("disable S3 Express session"), std::string::npos) << session.body;
    auto const form =
        w->ask({"POST", "/buc?x=1", {{"Content-Type", "multipart/form-data; boundary=b"}}, "--b--\r\n"});
    EXPECT_EQ(form.status, 501U);
    EXPECT_NE(form.body.find("presigned PUT"), std::string::npos) << form.body;
    EXPECT_EQ(w->origin.count(), 0U);
  }
}

}  // namespace
}  // namespace s3proxy::test
