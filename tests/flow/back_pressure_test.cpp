#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;

// What the kernel may hold of two connections, and the proxy of one request: far less than a body.
constexpr std::size_t underway_at_most = 24 * MiB;
constexpr std::size_t large = 40 * MiB;

// Bytes that say where they are, cheaper than telling ones.
std::string large_body() {
  std::string out(large, '\0');
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<char>('a' + i % 23);
  }
  return out;
}

/// Reads the body a little at a time; between the pieces the origin has all the time of other requests to
/// send more.
void read_slowly(world& w, client& slow, std::string const& body, std::size_t bound) {
  auto const head = slow.read_head();
  ASSERT_EQ(head.status, 200U);
  std::size_t read = 0;
  while (read < body.size()) {
    if (read < 4 * MiB) {
      for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(w.get("/bucket/small?acl").status, 200U);
      }
      ASSERT_LE(w.origin.sent_bytes(), read + bound);
    }
    auto const piece = slow.read_some(256 * KiB);
    ASSERT_FALSE(piece.empty());
    ASSERT_TRUE(body.compare(read, piece.size(), piece) == 0);
    read += piece.size();
  }
}

TEST(back_pressure, a_streamed_download_goes_at_its_clients_pace) {
  world w;
  auto const body = large_body();
  w.origin.put_version("/bucket/small", 1, 100);
  w.origin.put("/bucket/k", {.body = body, .tag = "\"v1\""});
  client slow(w.proxy->port(), 64 * KiB);
  slow.send(w.signed_request({"GET", "/bucket/k?acl"}));
  read_slowly(w, slow, body, underway_at_most);
}

TEST(back_pressure, a_cached_download_fetches_a_bounded_window_ahead_of_its_client) {
  world w({.memory = 128 * MiB});
  auto const body = large_body();
  w.origin.put_version("/bucket/small", 1, 100);
  w.origin.put("/bucket/k", {.body = body, .tag = "\"v1\""});
  client slow(w.proxy->port(), 64 * KiB);
  slow.send(w.signed_request({"GET", "/bucket/k"}));
  read_slowly(w, slow, body, underway_at_most);
}

TEST(back_pressure, a_download_larger_than_the_cache_arrives_whole_at_a_slow_client) {
  world w({.memory = 16 * MiB});
  auto const body = large_body();
  w.origin.put_version("/bucket/small", 1, 100);
  w.origin.put("/bucket/k", {.body = body, .tag = "\"v1\""});
  client slow(w.proxy->port(), 64 * KiB);
  slow.send(w.signed_request({"GET", "/bucket/k"}));
  read_slowly(w, slow, body, underway_at_most);
}

TEST(back_pressure, a_reader_that_stands_still_does_not_delay_another_of_the_same_object) {
  world w;
  auto const body = large_body().substr(0, 24 * MiB);
  w.origin.put("/bucket/k", {.body = body, .tag = "\"v1\""});
  client still(w.proxy->port(), 64 * KiB);
  still.send(w.signed_request({"GET", "/bucket/k"}));
  ASSERT_EQ(still.read_head().status, 200U);
  auto const got = w.get("/bucket/k");
  EXPECT_TRUE(got.complete);
  EXPECT_TRUE(got.body == body);
}

TEST(back_pressure, an_upload_is_taken_no_faster_than_the_store_takes_it) {
  world w;
  auto const reading = std::make_shared<gate>();
  w.origin.next({.what = fault::kind::late_body, .then = [reading] { reading->pass(); }});
  auto const body = large_body();
  auto const bytes = w.signed_request({"PUT", "/bucket/k", {}, body, "UNSIGNED-PAYLOAD"});
  auto link = w.connect();
  auto const taken = link.offer(bytes, 300ms);
  EXPECT_LE(taken, underway_at_most);
  EXPECT_GE(taken, 64 * KiB);
  reading->open();
  link.send(std::string_view(bytes).substr(taken));
  EXPECT_EQ(link.read().status, 200U);
  EXPECT_TRUE(w.origin.requests().at(0).body == body);
}

}  // namespace
}  // namespace s3proxy::test
