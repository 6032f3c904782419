#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

constexpr std::size_t KiB = 1024;

TEST(read, a_second_get_is_a_hit_without_an_origin_request) {
  world w;
  w.origin.put_version("/b1b/k", 1, 300 * KiB);
  auto const first = w.get("/b1b/k");
  EXPECT_EQ(first.status, 200U);
  EXPECT_EQ(differs(first.body, 1, 0), std::nullopt);
  EXPECT_EQ(first.body.size(), 300 * KiB);
  EXPECT_EQ(first.header("cache-status"), "s3proxy; fwd=uri-miss; stored; detail=unknown_object");
  w.origin.forget_requests();
  auto const second = w.get("/b1b/k");
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.header("etag"), "\"v1\"");
  EXPECT_EQ(second.header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(read, every_range_has_its_own_bytes_and_exact_headers) {
  world w;
  w.origin.put_version("/b1b/k", 1, 1000 * KiB + 7);
  struct row {
    std::string range;
    std::uint64_t begin, end;
  };
  std::uint64_t const size = 1000 * KiB + 7;
  for (auto const& r : {row{"bytes=0-0", 0, 1}, row{"bytes=0-", 0, size}, row{"bytes=16383-16384", 16383, 16385},
                        row{"bytes=262143-262144", 262143, 262145}, row{"bytes=-1", size - 1, size},
                        row{"bytes=-999999999", 0, size}, row{"bytes=1000000-99999999", 1000000, size},
                        row{"bytes=300000-700000", 300000, 700001}}) {
    for (int again = 0; again < 2; ++again) {
      auto const got = w.get_range("/b1b/k", r.range);
      EXPECT_EQ(got.status, 206U) << r.range;
      EXPECT_EQ(got.body.size(), r.end - r.begin) << r.range;
      EXPECT_EQ(differs(got.body, 1, r.begin), std::nullopt) << r.range;
      EXPECT_EQ(got.header("content-range"), "bytes " + std::to_string(r.begin) + "-" + std::to_string(r.end - 1) +
                                                 "/" + std::to_string(size));
    }
  }
}

TEST(read, a_cold_range_fetches_its_cells_and_no_more) {
  world w;
  w.origin.put_version("/b1b/k", 1, 4096 * KiB);
  ASSERT_EQ(w.head("/b1b/k").status, 200U);
  w.origin.forget_requests();
  auto const got = w.get_range("/b1b/k", "bytes=20000-50000");
  EXPECT_EQ(differs(got.body, 1, 20000), std::nullopt);
  ASSERT_EQ(w.origin.count(), 1U);
  EXPECT_EQ(w.origin.requests()[0].header("range"), "bytes=16384-65535");
  EXPECT_EQ(w.origin.requests()[0].header("if-match"), "\"v1\"");
}

}  // namespace
}  // namespace s3proxy::test
