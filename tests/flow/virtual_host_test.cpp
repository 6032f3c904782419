#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

constexpr std::size_t size = 100 * 1024;

fields at(std::string const& host) {
  return {{"Host", host}};
}

TEST(virtual_host, a_bucket_in_front_of_localhost_is_asked_for_in_path_style) {
  world w;
  w.origin.put_version("/my.bucket.x/dir/k", 1, size);
  auto const got = w.get("/dir/k", at("my.bucket.x.localhost:3000"));
  EXPECT_EQ(got.status, 200U);
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  ASSERT_EQ(w.origin.count(), 1U);
  EXPECT_EQ(w.origin.requests()[0].target, "/my.bucket.x/dir/k");
  EXPECT_EQ(w.origin.requests()[0].header("host"), "127.0.0.1:" + std::to_string(w.origin.port()));
}

TEST(virtual_host, both_styles_name_the_same_object) {
  world w;
  w.origin.put_version("/bucket/k", 1, size);
  w.get("/bucket/k");
  w.origin.forget_requests();
  EXPECT_EQ(w.get("/k", at("bucket.localhost")).header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.get("/k", at("BUCKET.localhost:8080")).header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.origin.count(), 0U);
  EXPECT_EQ(w.put("/k", "new", at("bucket.localhost")).status, 200U);
  EXPECT_EQ(w.get("/bucket/k").body, "new");
}

TEST(virtual_host, a_domain_of_the_configuration_names_buckets_and_the_longest_wins) {
  world w({.domains = {"example.com", "s3.example.com"}});
  w.origin.put_version("/bucket/k", 1, size);
  for (auto const* host : {"bucket.s3.example.com", "bucket.example.com:3000", "bucket.localhost"}) {
    EXPECT_EQ(w.get("/k", at(host)).status, 200U) << host;
  }
  for (auto const* host :
       {"s3.example.com", "example.com", "bucket.elsewhere.org", "127.0.0.1:1", "[::1]:1"}) {
    EXPECT_EQ(w.get("/bucket/k", at(host)).status, 200U) << host;
  }
}

TEST(virtual_host, the_bytes_of_the_path_are_the_clients_own) {
  world w;
  for (auto const* path : {"/a//b", "//k", "/a%2Fb", "/a%20b+c", "/../k", "/bucket/k"}) {
    w.origin.forget_requests();
    w.get(path, at("bucket.localhost"));
    ASSERT_GE(w.origin.count(), 1U) << path;
    EXPECT_EQ(w.origin.requests()[0].path(), "/bucket" + std::string(path));
  }
}

TEST(virtual_host, the_bucket_itself_is_listed_created_and_asked_for) {
  world w;
  w.origin.put_version("/bucket/k", 1, size);
  auto const listed = w.get("/?list-type=2", at("bucket.localhost:3000"));
  EXPECT_EQ(listed.status, 200U);
  EXPECT_NE(listed.body.find("<Key>k</Key>"), std::string::npos);
  EXPECT_EQ(w.origin.requests()[0].target, "/bucket/?list-type=2");
  w.put("/", "", at("bucket.localhost:3000"));
  auto const lines = w.access_lines(2);
  EXPECT_EQ(told(lines[0], "op"), "ListObjectsV2");
  EXPECT_EQ(told(lines[1], "op"), "CreateBucket");
}

TEST(virtual_host, the_signature_covers_the_host_that_was_sent) {
  world w;
  w.origin.put_version("/bucket/k", 1, size);
  w.origin.put_version("/secret/k", 1, size);
  auto bytes = w.signed_request({"GET", "/k", at("bucket.localhost")});
  bytes.replace(bytes.find("bucket.localhost"), 16, "secret.localhost");
  auto link = w.connect();
  link.send(bytes);
  auto const got = link.read();
  EXPECT_EQ(got.error_code(), "SignatureDoesNotMatch");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(virtual_host, a_host_that_cannot_be_a_bucket_is_refused) {
  world w;
  EXPECT_EQ(w.get("/k", at("ab.localhost")).error_code(), "InvalidBucketName");
  EXPECT_EQ(w.get("/k", at("-bucket.localhost")).error_code(), "InvalidBucketName");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(virtual_host, an_unsigned_client_may_use_it_where_unsigned_clients_may_come) {
  world w({.allow_anonymous = true});
  w.origin.put_version("/bucket/k", 1, size);
  auto link = w.connect();
  link.send(plain_bytes({"GET", "/k", at("bucket.localhost:3000")}, w.proxy->port()));
  EXPECT_EQ(link.read().status, 200U);
}

}  // namespace
}  // namespace s3proxy::test
