#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

namespace s3proxy::test {
namespace {

using kind = fault::kind;
using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * 1024;

/// The version that an answer says it is; its bytes must all say the same.
void expect_one_version(answer const& got, std::uint64_t begin) {
  auto const tag = got.header("etag");
  ASSERT_EQ(tag.substr(0, 2), "\"v");
  auto const version = static_cast<unsigned>(std::atoi(tag.c_str() + 2));
  EXPECT_EQ(differs(got.body, version, begin), std::nullopt) << tag;
}

TEST(torn_reads, an_object_that_changes_between_two_fills_before_the_first_byte_is_read_anew) {
  world w;
  w.origin.put_version("/buc/k", 1, 2 * MiB);
  w.head("/buc/k");
  w.origin.put_version("/buc/k", 2, 2 * MiB + 16);
  auto const got = w.get_range("/buc/k", "bytes=0-99999");
  EXPECT_EQ(got.status, 206U);
  EXPECT_EQ(got.header("etag"), "\"v2\"");
  EXPECT_EQ(got.header("content-range"), "bytes 0-99999/2097168");
  expect_one_version(got, 0);
}

TEST(torn_reads, an_object_that_changes_after_the_first_byte_aborts_the_read) {
  world w;
  w.origin.put_version("/buc/k", 1, 1 * MiB);
  w.get_range("/buc/k", "bytes=0-300000");  // the beginning is held
  w.origin.put_version("/buc/k", 2, 1 * MiB);
  auto const got = w.get("/buc/k");
  EXPECT_FALSE(got.complete);
  expect_one_version(got, 0);
  auto const next = w.get("/buc/k");
  EXPECT_TRUE(next.complete);
  EXPECT_EQ(next.header("etag"), "\"v2\"");
  expect_one_version(next, 0);
}

TEST(torn_reads, a_changed_etag_never_mixes_two_versions) {
  world w;
  w.origin.put_version("/buc/k", 1, 3 * MiB);
  w.get_range("/buc/k", "bytes=100000-200000");
  // The store ignores our If-Match and answers with another tag: what it sends is not the version that was
  // asked for.
  w.origin.when([](received const& r) { return r.headers.contains("if-match"); }, {.what = kind::other_tag},
                1000);
  auto const got = w.get("/buc/k");
  expect_one_version(got, 0);
  EXPECT_GE(w.origin.count([](received const& r) { return r.headers.contains("if-match"); }), 1U);
  w.origin.clear_rules();
  auto const whole = w.get("/buc/k");
  EXPECT_TRUE(whole.complete);
  expect_one_version(whole, 0);
}

TEST(torn_reads, an_overwrite_in_the_middle_of_an_answer_shows_in_no_reader) {
  world w({.metadata_ttl = 0s});
  std::atomic<unsigned> version = 1;
  w.origin.put_version("/buc/k", 1, 3 * MiB);
  w.origin.when(is("GET"),
                {.what = kind::replaced_midway,
                 .then =
                     [&] {
                       auto const n = ++version;
                       w.origin.put_version("/buc/k", n, 3 * MiB + n * 16);
                     }},
                1000);
  for (int round = 0; round < 5; ++round) {
    std::vector<std::future<answer>> readers;
    for (int i = 0; i < 4; ++i) {
      readers.push_back(std::async(std::launch::async, [&w] { return w.get("/buc/k"); }));
      readers.push_back(
          std::async(std::launch::async, [&w] { return w.get_range("/buc/k", "bytes=2000000-2999999"); }));
    }
    for (std::size_t i = 0; i < readers.size(); ++i) {
      auto const got = readers[i].get();
      if (got.status == 200 || got.status == 206) {
        expect_one_version(got, i % 2 == 0 ? 0 : 2000000);
      } else {
        EXPECT_EQ(got.status, 503U) << got.body;  // overwritten faster than it can be read
      }
    }
  }
}

TEST(torn_reads, writers_and_readers_at_once_never_see_a_mixture_or_an_older_version) {
  world w({.memory = base::byte_count{16} << 20});
  constexpr unsigned versions = 20;
  w.origin.put_version("/buc/k", 1, 1 * MiB);
  std::atomic<unsigned> written = 1;
  auto writer = std::async(std::launch::async, [&] {
    for (unsigned n = 2; n <= versions; ++n) {
      // The body says which version it is; the tag is the store's own choice.
      EXPECT_EQ(w.put("/buc/k", telling_bytes(n, 0, 1 * MiB + n * 16)).status, 200U);
      written = n;
    }
  });
  auto const read_on = [&](std::string const& range, std::uint64_t begin) {
    while (written < versions) {
      auto const at_least = written.load();
      auto const got = w.get_range("/buc/k", range);
      if (got.status != 206 || !got.complete) {
        continue;
      }
      auto const version = static_cast<unsigned>(std::atoi(got.body.c_str() + 1));
      EXPECT_GE(version, at_least);  // read your writes: acknowledged before this read began
      EXPECT_EQ(differs(got.body, version, begin), std::nullopt);
    }
  };
  auto a = std::async(std::launch::async, [&] { read_on("bytes=0-1048575", 0); });
  auto b = std::async(std::launch::async, [&] { read_on("bytes=524288-786431", 512 * KiB); });
  writer.get();
  a.get();
  b.get();
}

}  // namespace
}  // namespace s3proxy::test
