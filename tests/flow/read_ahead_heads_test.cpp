#include "support/columnar_object.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::test {
namespace {

using enum fault::kind;

// A HEAD of a columnar file that is not known is asked as a GET of its end.

world::choices reading(read_ahead::mode how) {
  return {.read_ahead = {.mode = how}};
}

std::string shown(answer const& a) {
  auto text = std::to_string(a.status) + "\n";
  for (auto const& [name, value] : a.headers) {
    if (name != "x-amz-request-id" && name != "Date" && name != "Cache-Status") {
      text += std::string(name) + ": " + std::string(value) + "\n";
    }
  }
  return text;
}

std::string read_tail(world& w, std::string const& path, std::size_t length) {
  return w.get_range(path, "bytes=-" + std::to_string(length)).body;
}

TEST(read_ahead_heads, a_head_and_the_read_of_the_footer_are_one_request) {
  for (auto const how : {read_ahead::mode::metadata, read_ahead::mode::lean, read_ahead::mode::full}) {
    world w(reading(how));
    columnar_object const file;
    w.origin.put("/buc/t/a.parquet", file.object());
    EXPECT_EQ(w.head("/buc/t/a.parquet").status, 200U);
    EXPECT_EQ(read_tail(w, "/buc/t/a.parquet", 8), file.body().substr(file.size() - 8));
    EXPECT_EQ(read_tail(w, "/buc/t/a.parquet", 100'000), file.body().substr(file.size() - 100'000));
    ASSERT_EQ(w.origin.count(), 1U) << read_ahead::to_text(how);
    EXPECT_EQ(w.origin.requests()[0].method, "GET");
    EXPECT_EQ(w.origin.requests()[0].header("range"), "bytes=-294912");
  }
}

TEST(read_ahead_heads, an_answer_that_came_as_a_tail_is_that_of_a_real_head) {
  auto const extra = std::string(
      "x-amz-meta-a: b\r\nContent-Type: application/vnd.apache.parquet\r\nCache-Control: max-age=5\r\n"
      "x-amz-server-side-encryption: AES256\r\nx-amz-checksum-crc32: AAAAAA==\r\n"
      "Content-Encoding: identity\r\nx-amz-version-id: abc\r\nExpires: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
  std::vector<std::string> answers;
  for (auto const how : {read_ahead::mode::off, read_ahead::mode::full}) {
    world w(reading(how));
    columnar_object const file;
    auto object = file.object();
    object.fields = extra;
    w.origin.put("/buc/t/a.parquet", object);
    answers.push_back(shown(w.head("/buc/t/a.parquet")) +
                      shown(w.head("/buc/t/a.parquet", {{"If-None-Match", object.tag}})) +
                      shown(w.head("/buc/t/a.parquet", {{"Range", "bytes=0-9"}})));
    EXPECT_EQ(w.origin.requests()[0].method, how == read_ahead::mode::off ? "HEAD" : "GET");
  }
  EXPECT_EQ(answers[0], answers[1]);
}

TEST(read_ahead_heads, any_answer_but_a_clean_part_is_followed_by_a_real_head) {
  std::vector<fault> const faults{{.what = ignore_range},
                                  {.what = wrong_range},
                                  {.what = no_tag},
                                  {.what = weak_tag},
                                  {.what = answer_status, .status = 403, .body = "<Error/>"},
                                  {.what = answer_status, .status = 404, .body = "<Error/>"},
                                  {.what = answer_status, .status = 416, .body = "<Error/>"},
                                  {.what = answer_status, .status = 501, .body = "<Error/>"},
                                  {.what = answer_status, .status = 304}};
  for (auto const& what : faults) {
    world plain(reading(read_ahead::mode::off));
    world w(reading(read_ahead::mode::full));
    columnar_object const file;
    plain.origin.put("/buc/t/a.parquet", file.object());
    w.origin.put("/buc/t/a.parquet", file.object());
    w.origin.when(is("GET"), what);
    EXPECT_EQ(shown(w.head("/buc/t/a.parquet")), shown(plain.head("/buc/t/a.parquet"))) << what.status;
    ASSERT_EQ(w.origin.count(), 2U) << what.status;
    EXPECT_EQ(w.origin.requests()[1].method, "HEAD");
    EXPECT_EQ(w.get("/buc/t/a.parquet").body, file.body());
  }
}

TEST(read_ahead_heads, a_refusal_is_shown_in_the_words_of_the_answer_to_the_real_head) {
  for (auto const status : {401U, 403U, 404U, 500U}) {
    world plain(reading(read_ahead::mode::off));
    world w(reading(read_ahead::mode::full));
    for (auto* one : {&plain, &w}) {
      columnar_object const file;
      one->origin.put("/buc/t/a.parquet", file.object());
      one->origin.next({.what = answer_status, .status = status, .body = "<Error/>"}, 100);
    }
    EXPECT_EQ(shown(w.head("/buc/t/a.parquet")), shown(plain.head("/buc/t/a.parquet")));
    EXPECT_EQ(w.origin.requests().back().method, "HEAD");
  }
}

TEST(read_ahead_heads, of_an_empty_or_a_tiny_object_are_right) {
  for (auto const size : {0U, 1U, 7U, 8U, 11U}) {
    world plain(reading(read_ahead::mode::off));
    world w(reading(read_ahead::mode::full));
    for (auto* one : {&plain, &w}) {
      one->origin.put("/buc/t/a.parquet", {std::string(size, 'x'), "\"t\""});
    }
    EXPECT_EQ(shown(w.head("/buc/t/a.parquet")), shown(plain.head("/buc/t/a.parquet"))) << size;
    EXPECT_EQ(w.get("/buc/t/a.parquet").body, std::string(size, 'x'));
    EXPECT_TRUE(w.becomes_quiet());
  }
}

TEST(read_ahead_heads, that_a_part_does_not_answer_are_plain) {
  std::vector<request> const asked{{"HEAD", "/buc/t/a.parquet", {{"x-amz-checksum-mode", "ENABLED"}}},
                                   {"HEAD", "/buc/t/a.parquet?partNumber=1"},
                                   {"HEAD", "/buc/t/a.parquet?versionId=null"},
                                   {"HEAD", "/buc/t/a.parquet", {{"Range", "bytes=0-9"}}},
                                   {"HEAD",
                                    "/buc/t/a.parquet",
                                    {{"x-amz-server-side-encryption-customer-algorithm", "AES256"},
                                     {"x-amz-server-side-encryption-customer-key", "a"},
                                     {"x-amz-server-side-encryption-customer-key-MD5", "b"}}},
                                   {"HEAD", "/buc/t/a.csv"},
                                   {"HEAD", "/buc/t/parquet"}};
  for (auto const& what : asked) {
    world w(reading(read_ahead::mode::full));
    w.origin.put("/buc/t/a.parquet", columnar_object{}.object());
    w.origin.put_version("/buc/t/a.csv", 1, 1'000'000);
    w.origin.put_version("/buc/t/parquet", 1, 1'000'000);
    EXPECT_EQ(w.ask(what).status / 100, 2U) << what.target;
    EXPECT_EQ(w.origin.count(is("HEAD")), 1U) << what.target;
    EXPECT_EQ(w.origin.count(), 1U) << what.target;
  }
}

TEST(read_ahead_heads, are_plain_with_read_ahead_off) {
  world w;
  w.origin.put("/buc/t/a.parquet", columnar_object{}.object());
  EXPECT_EQ(w.head("/buc/t/a.parquet").status, 200U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 1U);
  EXPECT_EQ(w.origin.count(), 1U);
}

TEST(read_ahead_heads, are_plain_again_after_four_tails_that_nobody_read) {
  world w(reading(read_ahead::mode::full));
  auto const path = [](std::string const& table, int n) {
    return "/buc/" + table + "/" + std::to_string(n) + ".parquet";
  };
  columnar_object const file{.row_groups = 2};
  for (int n = 0; n < 8; ++n) {
    w.origin.put(path("t", n), file.object());
    w.origin.put(path("u", n), file.object());
  }
  for (int n = 0; n < 6; ++n) {
    EXPECT_EQ(w.head(path("t", n)).status, 200U);
  }
  EXPECT_EQ(w.origin.count(is("GET")), 4U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 2U);
  EXPECT_EQ(w.head(path("u", 0)).status, 200U) << "of another table";
  EXPECT_EQ(w.origin.count(is("GET")), 5U);
  read_tail(w, path("t", 5), 8);
  w.origin.forget_requests();
  EXPECT_EQ(w.head(path("t", 6)).status, 200U) << "somebody reads tails here";
  EXPECT_EQ(w.origin.count(is("GET", path("t", 6))), 1U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 0U);
}

TEST(read_ahead_heads, of_an_archived_object_are_plain_once_its_class_is_known) {
  for (auto const listed : {true, false}) {
    world w(
        {.metadata_ttl = std::chrono::milliseconds(1000), .read_ahead = {.mode = read_ahead::mode::full}});
    auto object = columnar_object{}.object();
    object.fields = "x-amz-storage-class: GLACIER_IR\r\n";
    w.origin.put("/buc/t/a.parquet", object);
    listed ? w.list("buc") : w.head("/buc/t/a.parquet");
    w.clock.advance(std::chrono::milliseconds(2000));
    w.origin.forget_requests();
    EXPECT_EQ(w.head("/buc/t/a.parquet").status, 200U);
    EXPECT_EQ(w.origin.count(is("HEAD")), 1U) << listed;
    EXPECT_EQ(w.origin.count(), 1U);
  }
}

TEST(read_ahead_heads, whose_tail_is_held_are_plain) {
  world w({.metadata_ttl = std::chrono::milliseconds(1000), .read_ahead = {.mode = read_ahead::mode::full}});
  w.origin.put("/buc/t/a.parquet", columnar_object{}.object());
  w.head("/buc/t/a.parquet");
  EXPECT_TRUE(w.becomes_quiet());
  w.clock.advance(std::chrono::milliseconds(2000));
  w.head("/buc/t/a.parquet");
  EXPECT_EQ(w.origin.count(is("GET")), 1U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 1U);
}

}  // namespace
}  // namespace s3proxy::test
