#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using enum fault::kind;

bool is_version(answer const& got, unsigned version) {
  return got.status == 200 && differs(got.body, version, 0) == std::nullopt;
}

/// Two objects of version 1, both in the cache; nothing asks the store for a minute.
struct warm_world : world {
  warm_world() {
    for (auto const* path : {"/bucket/a", "/bucket/b"}) {
      origin.put_version(path, 1, 1000);
      EXPECT_TRUE(is_version(get(path), 1));
    }
    origin.forget_requests();
  }
  // The scripted origin changes nothing by itself for a copy and its like: the test does it.
  void change_both() {
    origin.put_version("/bucket/a", 2, 1000);
    origin.put_version("/bucket/b", 2, 1000);
  }
};

TEST(write_epochs, without_a_write_the_cache_answers) {
  warm_world w;
  w.change_both();
  EXPECT_TRUE(is_version(w.get("/bucket/a"), 1));
  EXPECT_EQ(w.head("/bucket/a").header("etag"), "\"v1\"");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(write_epochs, a_put_is_read_back) {
  warm_world w;
  ASSERT_EQ(w.put("/bucket/a", "new bytes").status, 200U);
  EXPECT_EQ(w.get("/bucket/a").body, "new bytes");
  EXPECT_EQ(w.get_range("/bucket/a", "bytes=0-2").body, "new");
  EXPECT_EQ(w.head("/bucket/a").header("content-length"), "9");
  EXPECT_NE(w.list("bucket").body.find("<Key>a</Key>"), std::string::npos);
}

TEST(write_epochs, a_deleted_object_is_gone) {
  warm_world w;
  ASSERT_EQ(w.ask({"DELETE", "/bucket/a"}).status, 204U);
  EXPECT_EQ(w.get("/bucket/a").status, 404U);
  EXPECT_EQ(w.head("/bucket/a").status, 404U);
  EXPECT_EQ(w.list("bucket").body.find("<Key>a</Key>"), std::string::npos);
}

TEST(write_epochs, every_write_of_a_key_is_followed_by_a_new_look_at_it_and_at_no_other) {
  std::vector<request> const writes{{"PUT", "/bucket/a", {{"x-amz-copy-source", "/bucket/b"}}},
                                    {"POST", "/bucket/a?uploadId=u", {}, "<CompleteMultipartUpload/>"},
                                    {"PUT", "/bucket/a?acl", {{"x-amz-acl", "private"}}},
                                    {"PUT", "/bucket/a?tagging", {}, "<Tagging/>"},
                                    {"DELETE", "/bucket/a?tagging"},
                                    {"DELETE", "/bucket/a?versionId=v"},
                                    {"PUT", "/bucket/a?retention", {}, "<Retention/>"},
                                    {"POST", "/bucket/a?restore", {}, "<RestoreRequest/>"},
                                    {"PUT", "/bucket/a?made-up-by-a-store", {}, "x"},
                                    {"POST", "/bucket/a?x-id=NobodyKnows", {}, "x"}};
  for (auto const& write : writes) {
    warm_world w;
    // Answered without doing anything: what the scripted origin makes of it is not the matter here.
    w.origin.when(is(write.method), {.what = answer_status, .status = 200});
    ASSERT_EQ(w.ask(write).status, 200U) << write.method << " " << write.target;
    w.change_both();
    EXPECT_TRUE(is_version(w.get("/bucket/a"), 2)) << write.method << " " << write.target;
    EXPECT_TRUE(is_version(w.get("/bucket/b"), 1)) << write.method << " " << write.target;
  }
}

TEST(write_epochs, a_write_of_a_bucket_is_followed_by_a_new_look_at_every_key) {
  std::vector<request> const writes{{"PUT", "/bucket?policy", {}, "{}"},
                                    {"DELETE", "/bucket?policy"},
                                    {"PUT", "/bucket?acl", {{"x-amz-acl", "private"}}},
                                    {"PUT", "/bucket?publicAccessBlock", {}, "<x/>"},
                                    {"PUT", "/bucket"},
                                    {"DELETE", "/bucket"},
                                    {"PUT", "/bucket/a?renameObject", {{"x-amz-rename-source", "/bucket/b"}}},
                                    {"POST", "/bucket?made-up-by-a-store", {}, "x"}};
  for (auto const& write : writes) {
    warm_world w;
    w.origin.when(is(write.method), {.what = answer_status, .status = 200});
    ASSERT_EQ(w.ask(write).status, 200U) << write.method << " " << write.target;
    w.change_both();
    EXPECT_TRUE(is_version(w.get("/bucket/a"), 2)) << write.method << " " << write.target;
    EXPECT_TRUE(is_version(w.get("/bucket/b"), 2)) << write.method << " " << write.target;
  }
}

TEST(write_epochs, what_writes_no_object_leaves_the_cache_alone) {
  for (auto const& harmless : std::vector<request>{{"POST", "/bucket/a?uploads"},
                                                   {"PUT", "/bucket/a?partNumber=1&uploadId=u", {}, "part"},
                                                   {"DELETE", "/bucket/a?uploadId=u"},
                                                   {"GET", "/bucket/a?tagging"}}) {
    warm_world w;
    w.origin.when(is(harmless.method), {.what = answer_status, .status = 200});
    ASSERT_EQ(w.ask(harmless).status, 200U) << harmless.method << " " << harmless.target;
    w.origin.forget_requests();
    EXPECT_TRUE(is_version(w.get("/bucket/a"), 1));
    EXPECT_EQ(w.origin.count(), 0U) << harmless.method << " " << harmless.target;
  }
}

TEST(write_epochs, a_refused_write_is_followed_by_a_new_look_too) {
  warm_world w;
  w.origin.when(
      is("PUT"),
      {.what = answer_status, .status = 412, .body = "<Error><Code>PreconditionFailed</Code></Error>"});
  EXPECT_EQ(w.put("/bucket/a", "new", {{"If-None-Match", "*"}}).status, 412U);
  w.change_both();
  EXPECT_TRUE(is_version(w.get("/bucket/a"), 2));
}

TEST(write_epochs, a_refused_signature_writes_nothing) {
  warm_world w;
  auto link = w.connect();
  link.send(plain_bytes({"PUT", "/bucket/a", {}, "new"}, w.proxy->port()));
  EXPECT_EQ(link.read().status, 403U);
  EXPECT_TRUE(is_version(w.get("/bucket/a"), 1));
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(write_epochs, while_a_write_is_under_way_reads_ask_the_store) {
  warm_world w;
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("PUT"), held);
  auto writer = w.connect();
  writer.send(w.signed_request({"PUT", "/bucket/a", {}, "new bytes"}));
  held->wait_for_arrivals(1);
  EXPECT_TRUE(is_version(w.get("/bucket/a"), 1));
  EXPECT_EQ(w.origin.count(is("GET", "/bucket/a")) + w.origin.count(is("HEAD", "/bucket/a")), 1U);
  held->open();
  EXPECT_EQ(writer.read().status, 200U);
  EXPECT_EQ(w.get("/bucket/a").body, "new bytes");
}

// The store made its answer before the write, and it arrives after the write has ended.
void expect_late_answer_not_installed(std::string const& method, std::string const& target_state) {
  world w;
  if (target_state == "there") {
    w.origin.put_version("/bucket/a", 1, 300'000);
  }
  auto const late = std::make_shared<gate>();
  w.origin.when(is(method), {.what = late_answer, .then = [late] { late->pass(); }});
  auto reader = w.connect();
  reader.send(w.signed_request({method, "/bucket/a"}));
  late->wait_for_arrivals(1);
  ASSERT_EQ(w.put("/bucket/a", "new bytes").status, 200U);
  late->open();
  auto const old = reader.read(method);
  EXPECT_EQ(w.get("/bucket/a").body, "new bytes") << method << " of an object that was " << target_state;
  EXPECT_EQ(w.head("/bucket/a").header("content-length"), "9");
  if (old.status == 200 && method == "GET") {
    EXPECT_TRUE(is_version(old, 1) || old.body == "new bytes") << "one version or the other, never a mixture";
  }
}

TEST(write_epochs, an_answer_that_began_before_a_write_ended_is_not_installed) {
  for (auto const* method : {"GET", "HEAD"}) {
    for (auto const* state : {"there", "missing"}) {
      expect_late_answer_not_installed(method, state);
    }
  }
}

TEST(write_epochs, a_fill_that_a_write_overtakes_serves_its_reader_and_nobody_later) {
  world w;
  w.origin.put_version("/bucket/a", 1, 300'000);
  auto const late = std::make_shared<gate>();
  w.origin.when(is("GET"), {.what = replaced_midway, .then = [late] { late->pass(); }});
  auto reader = w.connect();
  reader.send(w.signed_request({"GET", "/bucket/a"}));
  late->wait_for_arrivals(1);
  ASSERT_EQ(w.put("/bucket/a", telling_bytes(2, 0, 300'000)).status, 200U);
  EXPECT_TRUE(is_version(w.get("/bucket/a"), 2));
  late->open();
  auto const old = reader.read();
  EXPECT_TRUE(is_version(old, 1));
  EXPECT_EQ(old.body.size(), 300'000U);
  EXPECT_TRUE(is_version(w.get("/bucket/a"), 2));
}

TEST(write_epochs, a_listing_that_began_before_a_write_ended_says_nothing_about_it) {
  warm_world w;
  auto const late = std::make_shared<gate>();
  w.origin.when([](received const& r) { return r.path() == "/bucket"; },
                {.what = late_answer, .then = [late] { late->pass(); }});
  auto reader = w.connect();
  reader.send(w.signed_request({"GET", "/bucket?list-type=2"}));
  late->wait_for_arrivals(1);
  ASSERT_EQ(w.put("/bucket/a", "new bytes").status, 200U);
  late->open();
  EXPECT_NE(reader.read().body.find("&#34;v1&#34;"), std::string::npos);
  EXPECT_EQ(w.get("/bucket/a").body, "new bytes");
}

}  // namespace
}  // namespace s3proxy::test
