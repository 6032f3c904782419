#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <list>
#include <thread>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;
constexpr std::size_t small_window =
    64 * KiB;  // a reader that lags leaves nearly all with the proxy's kernel

// More than a store of 16 MiB holds, so that reading them all evicts whatever was held.
constexpr unsigned others = 6;
constexpr std::size_t size_of_others = 4 * MiB;

class zero_copy : public testing::Test {
 protected:
  world& start(world::choices with = {}) {
    w_.emplace(std::move(with));
    w_->origin.put_version("/bucket/k", 1, 3 * MiB);
    for (unsigned i = 0; i < others; ++i) {
      w_->origin.put_version("/bucket/o" + std::to_string(i), 2 + i, size_of_others);
    }
    return *w_;
  }

  answer read(std::string const& target, std::string const& range = {}) {
    return range.empty() ? w_->get(target) : w_->get_range(target, range);
  }
  /// Reads every other object, one answer from the store and one that was held.
  void evict_all() {
    for (unsigned i = 0; i < others; ++i) {
      auto const target = "/bucket/o" + std::to_string(i);
      for (int twice = 0; twice < 2; ++twice) {
        ASSERT_TRUE(w_->get(target).complete);
      }
    }
  }
  /// A client that has asked for an object that is held, and reads only the head for now.
  void stall(std::list<client>& readers, std::string const& target = "/bucket/k") {
    auto& slow = readers.emplace_back(w_->proxy->port(), small_window);
    slow.send(w_->signed_request({"GET", target}));
  }
  static std::string rest_of(client& slow) {
    auto const got = slow.read();
    EXPECT_TRUE(got.complete);
    return got.body;
  }
  net::zero_copy const& lending() { return *w_->proxy->lending(); }

  std::optional<world> w_;
};

TEST_F(zero_copy, any_range_of_held_bytes_arrives_as_it_is) {
  start();
  ASSERT_TRUE(read("/bucket/k").complete);
  struct range {
    std::size_t begin, end;
  };
  for (auto const& [begin, end] :
       {range{0, 3 * MiB}, range{1, 3 * MiB}, range{0, 16 * KiB}, range{0, 16 * KiB - 1},
        range{256 * KiB - 1, 512 * KiB + 1}, range{255 * KiB, 271 * KiB}, range{4097, 2 * MiB + 4099},
        range{3 * MiB - 17 * KiB, 3 * MiB}, range{1 * MiB + 1, 2 * MiB + 2}}) {
    auto const got = read("/bucket/k", "bytes=" + std::to_string(begin) + "-" + std::to_string(end - 1));
    EXPECT_EQ(got.header("Cache-Status"), "s3proxy; hit");
    ASSERT_EQ(got.body.size(), end - begin);
    EXPECT_EQ(differs(got.body, 1, begin), std::nullopt) << begin << "-" << end;
  }
  EXPECT_GT(lending().pipes(), 0U) << "nothing was lent";
}

TEST_F(zero_copy, many_answers_on_one_connection_follow_each_other) {
  auto& w = start();
  ASSERT_TRUE(read("/bucket/k").complete);
  auto link = w.connect();
  std::size_t const sizes[]{64 * KiB, 1 * MiB, 100, 300 * KiB};
  for (auto const size : sizes) {
    link.send(w.signed_request({"GET", "/bucket/k", {{"Range", "bytes=7-" + std::to_string(6 + size)}}}));
  }
  for (auto const size : sizes) {
    auto const got = link.read();
    ASSERT_EQ(got.body.size(), size);
    EXPECT_EQ(differs(got.body, 1, 7), std::nullopt);
  }
}

TEST_F(zero_copy, a_miss_is_copied) {
  start();
  ASSERT_TRUE(read("/bucket/k").complete);
  EXPECT_EQ(lending().pipes(), 0U);
}

// Each reader has in its socket what was lent; then all of that memory gets other bytes.
TEST_F(zero_copy, readers_that_lag_get_their_bytes_though_the_memory_has_others_now) {
  auto& w = start({.memory = 16 * MiB});
  ASSERT_TRUE(read("/bucket/k").complete);
  std::list<client> readers;
  for (int i = 0; i < 4; ++i) {
    stall(readers);
  }
  for (int i = 0; i < 3; ++i) {
    evict_all();
  }
  EXPECT_GT(w.proxy->services().blocks.replaced(), 0U);
  for (auto& slow : readers) {
    EXPECT_EQ(differs(rest_of(slow), 1, 0), std::nullopt);
  }
}

// The whole answer lies in the socket, so that no pin holds its memory: only the rule protects it.
TEST_F(zero_copy, without_the_rule_of_recycling_readers_get_the_bytes_of_others) {
  for (auto const how : {store::recycling::replaces_pages, store::recycling::in_place_for_test}) {
    auto& w = start({.memory = 16 * MiB, .recycling = how});
    w.origin.put_version("/bucket/short", 9, 256 * KiB);
    ASSERT_TRUE(read("/bucket/short").complete);
    std::list<client> readers;
    for (int i = 0; i < 8; ++i) {
      stall(readers, "/bucket/short");
    }
    w.access_lines(1 + readers.size());  // all was handed to the kernel
    for (int i = 0; i < 3; ++i) {
      evict_all();
    }
    auto broken = 0;
    for (auto& slow : readers) {
      broken += differs(rest_of(slow), 9, 0) ? 1 : 0;
    }
    EXPECT_EQ(broken > 0, how == store::recycling::in_place_for_test);
  }
}

TEST_F(zero_copy, clients_that_reset_in_the_middle_cost_their_pipe_and_nothing_else) {
  auto& w = start({.adjust = [](auto& l) { l.client.zero_copy.idle_pipes = 1; }});
  ASSERT_TRUE(read("/bucket/k").complete);
  for (int round = 0; round < 5; ++round) {
    std::list<client> readers;
    for (int i = 0; i < 8; ++i) {
      stall(readers);
      ASSERT_EQ(readers.back().read_head().status, 200U);
    }
    for (auto& slow : readers) {
      slow.reset();
    }
  }
  ASSERT_TRUE(w.becomes_quiet());
  EXPECT_LE(lending().pipes(), 2U) << "one of each worker";
  auto const got = read("/bucket/k");
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
}

TEST_F(zero_copy, without_a_pipe_bytes_are_copied) {
  start({.adjust = [](auto& l) { l.client.zero_copy.pipes = 0; }});
  for (int twice = 0; twice < 2; ++twice) {
    auto const got = read("/bucket/k");
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  }
  EXPECT_EQ(lending().pipes(), 0U);
}

TEST_F(zero_copy, a_pipe_that_is_smaller_than_an_answer_is_filled_again) {
  start({.adjust = [](auto& l) { l.client.zero_copy.at_once = l.client.zero_copy.least_pipe; }});
  for (int twice = 0; twice < 2; ++twice) {
    auto const got = read("/bucket/k");
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  }
  EXPECT_GT(lending().pipes(), 0U);
}

TEST_F(zero_copy, where_it_is_refused_bytes_are_copied) {
  auto& w = start({.sending = app::sending::by_copy});
  for (int twice = 0; twice < 2; ++twice) {
    auto const got = read("/bucket/k");
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  }
  EXPECT_EQ(w.proxy->lending(), nullptr);
  EXPECT_EQ(w.proxy->services().blocks.replaced(), 0U);
}

}  // namespace
}  // namespace s3proxy::test
