#include "s3proxy/store/flight_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace s3proxy::store {
namespace {

base::principal_id const alice("alice"), bob("bob");

cache::object_id object(std::string_view key, std::optional<base::version_id> version = {}) {
  return {base::bucket_name("lake"), base::object_key(key), std::move(version)};
}

TEST(flight_table, the_first_asks_and_the_others_wait) {
  flight_table table;
  auto const first = table.ask_or_wait(object("a"), alice);
  ASSERT_TRUE(first.mine);
  EXPECT_FALSE(first.theirs);
  auto const second = table.ask_or_wait(object("a"), alice);
  EXPECT_FALSE(second.mine);
  ASSERT_TRUE(second.theirs);
  EXPECT_EQ(table.ask_or_wait(object("a"), alice).theirs, second.theirs);
  EXPECT_EQ(table.count(), 1U);
}

TEST(flight_table, verdicts_are_not_shared_between_principals) {
  flight_table table;
  auto const first = table.ask_or_wait(object("a"), alice);
  EXPECT_TRUE(table.ask_or_wait(object("a"), bob).mine);
}

TEST(flight_table, objects_and_their_versions_are_separate_questions) {
  flight_table table;
  auto const plain = table.ask_or_wait(object("a"), alice);
  auto const null_version = table.ask_or_wait(object("a", base::version_id("null")), alice);
  auto const other_key = table.ask_or_wait(object("b"), alice);
  auto elsewhere = object("a");
  elsewhere.bucket = base::bucket_name("pond");
  auto const other_bucket = table.ask_or_wait(elsewhere, alice);
  EXPECT_TRUE(null_version.mine && other_key.mine && other_bucket.mine);
  EXPECT_EQ(table.count(), 4U);
}

TEST(flight_table, the_end_of_a_question_wakes_those_who_wait_and_frees_its_place) {
  flight_table table;
  auto first = table.ask_or_wait(object("a"), alice);
  auto const second = table.ask_or_wait(object("a"), alice);
  bool free_when_woken = false;
  ASSERT_TRUE(second.theirs->wait(0, [&] { free_when_woken = table.count() == 0; }));
  first.mine.reset();
  EXPECT_TRUE(free_when_woken) << "whoever wakes must be able to ask";
  EXPECT_TRUE(second.theirs->finished());
  EXPECT_FALSE(second.theirs->outcome()) << "the end says nothing about the answer";
  EXPECT_TRUE(table.ask_or_wait(object("a"), alice).mine);
}

TEST(flight_table, a_moved_question_ends_once) {
  flight_table table;
  auto turn = table.ask_or_wait(object("a"), alice);
  {
    auto const moved = std::move(*turn.mine);
    turn.mine.reset();
    EXPECT_EQ(table.count(), 1U);
  }
  EXPECT_EQ(table.count(), 0U);
}

TEST(flight_table, at_most_one_thread_asks_at_a_time) {
  flight_table table;
  std::atomic<int> asking{0}, most{0}, asked{0};
  auto const ask = [&] {
    for (int i = 0; i < 500; ++i) {
      auto const turn = table.ask_or_wait(object("a"), alice);
      if (turn.mine) {
        auto const now = ++asking;
        most = std::max(most.load(), now);
        ++asked;
        --asking;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(ask);
    }
  }
  EXPECT_EQ(most, 1);
  EXPECT_GT(asked, 0);
  EXPECT_EQ(table.count(), 0U);
}

}  // namespace
}  // namespace s3proxy::store
