#include "s3proxy/store/flight.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

namespace s3proxy::store {
namespace {

using base::errc;

TEST(flight, a_new_one_has_not_moved_ended_or_been_abandoned) {
  flight f;
  EXPECT_EQ(f.progress(), 0U);
  EXPECT_FALSE(f.finished());
  EXPECT_FALSE(f.outcome());
  EXPECT_FALSE(f.abandoned());
}

TEST(flight, every_step_is_counted) {
  flight f;
  f.advance();
  f.advance();
  EXPECT_EQ(f.progress(), 2U);
  f.finish(std::nullopt);
  EXPECT_EQ(f.progress(), 3U);
  EXPECT_TRUE(f.finished());
}

TEST(flight, the_next_step_wakes_everyone_who_waits_once) {
  flight f;
  int first = 0, second = 0;
  EXPECT_TRUE(f.wait(0, [&] { ++first; }));
  EXPECT_TRUE(f.wait(0, [&] { ++second; }));
  EXPECT_EQ(first, 0);
  f.advance();
  f.advance();
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

TEST(flight, whoever_missed_a_step_does_not_sleep) {
  flight f;
  auto const seen = f.progress();
  f.advance();
  bool called = false;
  EXPECT_FALSE(f.wait(seen, [&] { called = true; }));
  f.advance();
  EXPECT_FALSE(called);
}

TEST(flight, a_waker_may_wait_again) {
  flight f;
  int woken = 0;
  std::function<void()> again = [&] {
    ++woken;
    EXPECT_TRUE(f.wait(f.progress(), again));
  };
  f.wait(0, again);
  for (int i = 0; i < 3; ++i) {
    f.advance();
  }
  EXPECT_EQ(woken, 3);
}

TEST(flight, the_end_wakes_and_tells_the_fault) {
  for (auto const outcome : {std::optional<errc>(), std::optional(errc::origin_reset)}) {
    flight f;
    bool ended_before_the_call = false;
    f.wait(0, [&] { ended_before_the_call = f.finished() && f.outcome() == outcome; });
    f.finish(outcome);
    EXPECT_TRUE(ended_before_the_call);
  }
}

TEST(flight, the_last_reader_to_leave_abandons_it) {
  flight f;
  int told = 0;
  f.on_abandoned([&] { ++told; });
  f.join();
  f.join();
  f.leave();
  EXPECT_EQ(told, 0);
  EXPECT_FALSE(f.abandoned());
  f.leave();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(f.abandoned());
  f.join();
  EXPECT_FALSE(f.abandoned()) << "a reader may come back: the task asks before it gives up";
  f.leave();
  EXPECT_EQ(told, 2);
}

TEST(flight, it_is_not_abandoned_before_anyone_has_joined) {
  flight f;
  bool told = false;
  f.on_abandoned([&] { told = true; });
  EXPECT_FALSE(told);
  EXPECT_FALSE(f.abandoned());
}

TEST(flight, a_task_that_asks_too_late_is_told_at_once) {
  flight f;
  f.join();
  f.leave();
  bool told = false;
  f.on_abandoned([&] { told = true; });
  EXPECT_TRUE(told);
}

TEST(flight, one_that_ended_is_not_abandoned_afterwards) {
  flight f;
  bool told = false;
  f.join();
  f.on_abandoned([&] { told = true; });
  f.finish(std::nullopt);
  f.leave();
  EXPECT_FALSE(told);
}

TEST(flight, the_end_lets_go_of_what_its_task_handed_in) {
  flight f;
  auto const owned = std::make_shared<int>(1);
  f.on_abandoned([owned] {});
  f.wait(0, [owned] {});
  EXPECT_EQ(owned.use_count(), 3);
  f.finish(std::nullopt);
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(flight, a_waker_may_leave_and_release_the_flight) {
  auto f = std::make_shared<flight>();
  auto const raw = f.get();
  raw->join();
  raw->wait(0, [&f] { f->leave(); });
  raw->advance();
  EXPECT_TRUE(raw->abandoned());
}

TEST(flight, no_step_is_lost_between_threads) {
  constexpr std::uint64_t steps = 2'000;
  flight f;
  std::atomic<int> arrived{0};
  auto const follow = [&] {
    f.join();
    for (auto seen = f.progress(); seen < steps; seen = f.progress()) {
      auto const woken = std::make_shared<std::binary_semaphore>(0);
      if (f.wait(seen, [woken] { woken->release(); })) {
        woken->acquire();
      }
    }
    f.leave();
    ++arrived;
  };
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back(follow);
    }
    for (std::uint64_t i = 0; i < steps; ++i) {
      f.advance();
    }
  }
  EXPECT_EQ(arrived, 3);
}

}  // namespace
}  // namespace s3proxy::store
