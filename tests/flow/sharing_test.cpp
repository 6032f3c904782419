#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace s3proxy::test {
namespace {

constexpr std::size_t MiB = 1024 * 1024;

std::vector<std::future<answer>> many(world& w, std::size_t count, std::string const& target,
                                      fields const& headers = {}) {
  std::vector<std::future<answer>> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(std::async(std::launch::async, [&w, target, headers] { return w.get(target, headers); }));
  }
  return out;
}

TEST(sharing, one_origin_request_for_a_hundred_concurrent_gets) {
  world w;
  w.origin.put_version("/buc/k", 1, MiB + 5);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  auto readers = many(w, 100, "/buc/k");
  held->wait_for_arrivals(1);
  held->open();
  for (auto& reader : readers) {
    auto const got = reader.get();
    EXPECT_EQ(got.body.size(), MiB + 5);
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  }
  EXPECT_EQ(w.origin.count(), 1U);
  EXPECT_EQ(w.origin.body_bytes(), MiB + 5);
}

TEST(sharing, overlapping_ranges_fetch_each_cell_once) {
  world w;
  w.origin.put_version("/buc/k", 1, 2 * MiB);
  w.head("/buc/k");
  w.origin.forget_requests();
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  auto a = many(w, 1, "/buc/k", {{"Range", "bytes=0-999999"}});
  held->wait_for_arrivals(1);
  auto b = many(w, 1, "/buc/k", {{"Range", "bytes=500000-1999999"}});
  held->wait_for_arrivals(2);
  held->open();
  EXPECT_EQ(differs(a[0].get().body, 1, 0), std::nullopt);
  EXPECT_EQ(differs(b[0].get().body, 1, 500000), std::nullopt);
  EXPECT_LE(w.origin.body_bytes(), 2'000'000U + 16 * 1024);
}

TEST(sharing, a_waiter_streams_behind_the_first_byte_of_the_leader) {
  world w;
  w.origin.put_version("/buc/k", 1, 1 * MiB);
  w.head("/buc/k");
  w.origin.when(is("GET"), {.what = fault::kind::stall_body, .bytes = 512 * 1024});
  auto leader = w.connect();
  leader.send(w.signed_request({"GET", "/buc/k"}));
  EXPECT_EQ(leader.read_head().status, 200U);
  auto waiter = w.connect();
  waiter.send(w.signed_request({"GET", "/buc/k"}));
  EXPECT_EQ(waiter.read_head().status, 200U);  // although the store has not finished
  std::string got;
  while (got.size() < 512 * 1024) {
    auto const piece = waiter.read_some(MiB);
    ASSERT_FALSE(piece.empty());
    got += piece;
  }
  EXPECT_EQ(differs(got, 1, 0), std::nullopt);
}

TEST(sharing, a_waiter_that_stops_reading_delays_nobody) {
  world w;
  w.origin.put_version("/buc/k", 1, 12 * MiB);
  w.head("/buc/k");
  auto lazy = w.connect();
  lazy.send(w.signed_request({"GET", "/buc/k"}));
  EXPECT_EQ(lazy.read_head().status, 200U);  // and reads no further
  auto const got = w.get("/buc/k");
  EXPECT_EQ(got.body.size(), 12 * MiB);
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
}

TEST(sharing, a_waiter_that_leaves_changes_nothing_for_the_others) {
  world w;
  w.origin.put_version("/buc/k", 1, 3 * MiB);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  auto leaver = w.connect();
  leaver.send(w.signed_request({"GET", "/buc/k"}));
  held->wait_for_arrivals(1);
  auto readers = many(w, 5, "/buc/k");
  leaver.reset();
  held->open();
  for (auto& reader : readers) {
    EXPECT_EQ(differs(reader.get().body, 1, 0), std::nullopt);
  }
}

TEST(sharing, a_fill_ends_when_nobody_waits) {
  world w;
  w.origin.put_version("/buc/k", 1, 2 * MiB);
  w.head("/buc/k");
  w.origin.when(is("GET"), {.what = fault::kind::stall_body, .bytes = 300 * 1024});
  auto only = w.connect();
  only.send(w.signed_request({"GET", "/buc/k"}));
  EXPECT_EQ(only.read_head().status, 200U);
  for (std::size_t got = 0; got < 288 * 1024;) {
    auto const piece = only.read_some(MiB);
    ASSERT_FALSE(piece.empty());
    got += piece.size();
  }
  only.reset();
  // The stalled connection is closed by the proxy long before its idle limit; what came stays, the rest can
  // be had.
  ASSERT_TRUE(w.becomes_quiet());
  w.origin.forget_requests();
  auto const got = w.get("/buc/k");
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  ASSERT_GE(w.origin.count(), 1U);
  EXPECT_EQ(w.origin.requests()[0].header("range"), "bytes=294912-2097151");
}

TEST(sharing, a_read_larger_than_the_cache_streams_within_its_budget) {
  world w({.memory = base::byte_count{16} << 20});
  w.origin.put_version("/buc/k", 1, 40 * MiB);
  auto const got = w.get("/buc/k");
  EXPECT_EQ(got.body.size(), 40 * MiB);
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_LE(w.proxy->services().blocks.block_count() * 256 * 1024, 17 * MiB);
}

}  // namespace
}  // namespace s3proxy::test
