#include "s3proxy/s3/address.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::s3 {
namespace {

using base::errc;

struct reading {
  std::string raw;
  std::string bucket;
  std::string key;
};

TEST(address, is_read_from_a_path_style_path_without_normalising_the_key) {
  reading const table[] = {
      {"/", "", ""},
      {"/bucket", "bucket", ""},
      {"/bucket/", "bucket", ""},
      {"/bucket/key", "bucket", "key"},
      {"/bucket/dir/", "bucket", "dir/"},
      {"/bucket//", "bucket", "/"},
      {"/bucket/a//b", "bucket", "a//b"},
      {"/bucket/../x", "bucket", "../x"},
      {"/bucket/./a/..", "bucket", "./a/.."},
      {"/bucket/%2e%2E/x", "bucket", "../x"},
      {"/bucket/a%2Fb", "bucket", "a/b"},
      {"/bucket/%2F", "bucket", "/"},
      {"/bucket/a+b%2B", "bucket", "a+b+"},
      {"/bucket/a%20b%25", "bucket", "a b%"},
      {"/bucket/%2541", "bucket", "%41"},
      {"/bucket/%E6%97%A5", "bucket", "\xE6\x97\xA5"},
      {"/my.bucket-1/k", "my.bucket-1", "k"},
      {"/Old_Style/k", "Old_Style", "k"},
      {"/buck%65t/k", "bucket", "k"},
      {"/abc/k", "abc", "k"},
      {"/" + std::string(63, 'a') + "/k", std::string(63, 'a'), "k"},
      {"/bucket/" + std::string(1024, 'k'), "bucket", std::string(1024, 'k')},
      {"/bucket/" + std::string(1022, 'k') + "%C3%BC", "bucket", std::string(1022, 'k') + "\xC3\xBC"},
  };
  for (auto const& row : table) {
    auto const read = parse_address(row.raw);
    ASSERT_TRUE(read) << row.raw;
    EXPECT_EQ(read->bucket.str(), row.bucket) << row.raw;
    EXPECT_EQ(read->key.str(), row.key) << row.raw;
  }
}

TEST(address, names_the_service_a_bucket_or_an_object) {
  EXPECT_TRUE(parse_address("/")->is_service());
  EXPECT_TRUE(parse_address("/bucket")->is_bucket());
  EXPECT_TRUE(parse_address("/bucket/")->is_bucket());
  EXPECT_TRUE(parse_address("/bucket/k")->is_object());
  EXPECT_FALSE(parse_address("/bucket/k")->is_bucket());
  EXPECT_FALSE(parse_address("/bucket")->is_service());
}

TEST(address, of_a_path_that_cannot_name_anything_is_refused) {
  std::pair<std::string, errc> const table[] = {
      {"", errc::invalid_uri},
      {"bucket/key", errc::invalid_uri},
      {"/bucket/%", errc::invalid_uri},
      {"/bucket/%zz", errc::invalid_uri},
      {"/bucket/%00", errc::invalid_uri},
      {"/bucket/%C0%AF", errc::invalid_uri},
      {"/bucket/%FF", errc::invalid_uri},
      {"/bucket/%ED%A0%80", errc::invalid_uri},
      {"/b%zzket/key", errc::invalid_uri},
      {"//", errc::invalid_bucket_name},
      {"//key", errc::invalid_bucket_name},
      {"/ab/key", errc::invalid_bucket_name},
      {"/" + std::string(64, 'a') + "/key", errc::invalid_bucket_name},
      {"/../key", errc::invalid_bucket_name},
      {"/.../key", errc::invalid_bucket_name},
      {"/-bucket/key", errc::invalid_bucket_name},
      {"/bucket-/key", errc::invalid_bucket_name},
      {"/.bucket", errc::invalid_bucket_name},
      {"/bucket.", errc::invalid_bucket_name},
      {"/buck%2Fet/key", errc::invalid_bucket_name},
      {"/buck%20et", errc::invalid_bucket_name},
      {"/buck:et", errc::invalid_bucket_name},
      {"/b%C3%BCcket/key", errc::invalid_bucket_name},
      {"/bucket/" + std::string(1025, 'k'), errc::key_too_long},
      {"/bucket/" + std::string(1023, 'k') + "%C3%BC", errc::key_too_long},
  };
  for (auto const& [raw, why] : table) {
    auto const read = parse_address(raw);
    ASSERT_FALSE(read) << raw;
    EXPECT_EQ(base::to_errc(read.error()), why) << raw;
  }
}

struct hosted {
  char const* host;
  char const* bucket;
};

std::vector<std::string> const domains{"s3.example.com", "example.com", "internal"};

TEST(address, a_host_below_a_domain_names_a_bucket) {
  hosted const table[] = {
      {"bucket.localhost:3000", "bucket"},  {"bucket.localhost", "bucket"},
      {"BucKet.LocalHost:80", "bucket"},    {"bucket.with.dots.localhost:3000", "bucket.with.dots"},
      {"b-1.s3.example.com", "b-1"},        {"b-1.example.com:443", "b-1"},
      {"a.b.S3.Example.Com", "a.b"},        {"bucket.internal", "bucket"},
      {"localhost.localhost", "localhost"},
  };
  for (auto const& row : table) {
    EXPECT_EQ(bucket_of_host(row.host, domains), row.bucket) << row.host;
  }
}

TEST(address, any_other_host_means_path_style) {
  for (auto const* host :
       {"localhost", "localhost:3000", "LOCALHOST", "127.0.0.1", "127.0.0.1:3000", "[::1]", "[::1]:3000", "",
        ":3000", ".localhost", "example.com", "s3.example.com", "S3.example.com:9000", "xlocalhost",
        "bucket.elsewhere.org", "localhost.evil.example", "bucket.example.com.evil.example", "internal",
        "192.168.1.2"}) {
    EXPECT_EQ(bucket_of_host(host, domains), "") << host;
  }
}

TEST(address, localhost_needs_no_configuration) {
  EXPECT_EQ(bucket_of_host("bucket.localhost", {}), "bucket");
  EXPECT_EQ(bucket_of_host("bucket.example.com", {}), "");
}

TEST(address, of_a_virtual_host_is_that_of_the_path_with_the_bucket_in_front) {
  for (auto const* path : {"/", "/k", "//k", "/a//b", "/../x", "/a%2Fb", "/bucket/k", "/a+b%2B%20"}) {
    auto const hosted = parse_address(path, "my.bucket.localhost:3000", domains);
    ASSERT_TRUE(hosted) << path;
    EXPECT_EQ(*hosted, parse_address("/my.bucket" + std::string(path)).value()) << path;
    EXPECT_EQ(path_style(path, "my.bucket.localhost:3000", domains), "/my.bucket" + std::string(path));
    EXPECT_EQ(path_style(path, "localhost:3000", domains), path);
  }
  EXPECT_TRUE(parse_address("/", "my.bucket.localhost", domains)->is_bucket());
  EXPECT_TRUE(parse_address("/", "localhost", domains)->is_service());
}

TEST(address, a_host_that_cannot_be_a_bucket_is_refused) {
  for (auto const* host : {"ab.localhost", "-bucket.localhost", "bucket-.localhost", "buck%65t.localhost",
                           "a/b/c.localhost", "buck?t.localhost", "..localhost", "a b.localhost"}) {
    auto const read = parse_address("/k", host, domains);
    ASSERT_FALSE(read) << host;
    EXPECT_EQ(base::to_errc(read.error()), errc::invalid_bucket_name) << host;
  }
}

TEST(address, a_folded_key_is_what_a_store_of_files_would_make_of_it) {
  struct row {
    char const* key;
    char const* want;
  };
  for (auto const& [key, want] : {row{"a/b", "a/b"}, row{"a//b", "a/b"}, row{"/a", "a"}, row{"a/", "a"},
                                  row{"a/./b", "a/b"}, row{"a/../b", "b"}, row{"../../a", "a"},
                                  row{"a/b/..", "a"}, row{"..", ""}, row{"a..b/.c", "a..b/.c"}}) {
    EXPECT_EQ(folded(base::object_key(key)), base::object_key(want)) << key;
  }
}

}  // namespace
}  // namespace s3proxy::s3
