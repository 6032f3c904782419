#include "s3proxy/proxy/speculation_rate.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace s3proxy::proxy {
namespace {

using namespace std::chrono_literals;

constexpr base::byte_count MiB = 1 << 20;

struct rated {
  explicit rated(double ratio = 1000) : rate(limits, ratio) {}

  /// How many requests of `size` may go out now.
  unsigned taken(unsigned at_most, base::byte_count size = 1) {
    unsigned count = 0;
    while (count < at_most && rate.take(bucket, size, now)) {
      ++count;
    }
    return count;
  }
  /// Likewise within the next second, tried each millisecond.
  unsigned taken_in_a_second() {
    unsigned count = 0;
    for (int i = 0; i < 1000; ++i) {
      count += taken(10'000);
      now += 1ms;
    }
    return count;
  }

  speculation_limits limits;
  speculation_rate rate;
  base::bucket_name bucket{"buc"};
  cache::time_point now{1h};
};

TEST(speculation_rate, is_five_hundred_a_second_behind_a_burst_of_half_of_it) {
  rated r;
  EXPECT_EQ(r.taken(10'000), 250U);
  r.now += 1s;
  EXPECT_EQ(r.taken(10'000), 250U) << "what is not used is not saved up beyond the burst";
  EXPECT_NEAR(r.taken_in_a_second(), 500, 2);
  EXPECT_NEAR(r.taken_in_a_second(), 500, 2);
}

TEST(speculation_rate, halves_when_the_store_asks_for_less_and_grows_by_ten_a_second) {
  rated r;
  r.rate.slow_down(r.bucket, r.now, r.now);
  EXPECT_EQ(r.rate.rate_of(r.bucket, r.now), 250);
  EXPECT_EQ(r.taken(10), 0U) << "what was saved up is gone";
  r.now += 1s;
  EXPECT_EQ(r.rate.rate_of(r.bucket, r.now), 260);
  r.rate.slow_down(r.bucket, r.now, r.now);
  EXPECT_EQ(r.rate.rate_of(r.bucket, r.now), 130);
  r.now += 10s;
  EXPECT_EQ(r.rate.rate_of(r.bucket, r.now), 230);
  r.now += 1h;
  EXPECT_EQ(r.rate.rate_of(r.bucket, r.now), 500) << "and no further";
}

TEST(speculation_rate, halves_once_for_all_that_was_under_way) {
  rated r;
  auto const asked = r.now;
  r.now += 30ms;
  for (int i = 0; i < 64; ++i) {
    r.rate.slow_down(r.bucket, asked, r.now);
    r.now += 1us;
  }
  EXPECT_NEAR(r.rate.rate_of(r.bucket, r.now), 250, 1);
  r.rate.slow_down(r.bucket, r.now, r.now + 30ms);
  EXPECT_NEAR(r.rate.rate_of(r.bucket, r.now), 125, 1) << "what was asked for since then counts";
}

TEST(speculation_rate, never_falls_so_low_that_recovery_is_not_noticed) {
  rated r;
  for (int i = 0; i < 100; ++i) {
    r.rate.slow_down(r.bucket, r.now, r.now);
  }
  EXPECT_EQ(r.rate.rate_of(r.bucket, r.now), 1);
  r.now += 1s;
  EXPECT_GE(r.taken(10), 1U);
}

TEST(speculation_rate, is_each_buckets_own) {
  rated r;
  r.rate.slow_down(r.bucket, r.now, r.now);
  EXPECT_TRUE(r.rate.take(base::bucket_name("other"), 1, r.now));
  EXPECT_FALSE(r.rate.take(r.bucket, 1, r.now));
}

TEST(speculation_rate, of_a_bucket_that_was_slowed_is_remembered_while_many_others_come) {
  rated r;
  r.limits.buckets = 10;
  for (int i = 0; i < 100; ++i) {
    r.rate.slow_down(r.bucket, r.now, r.now);
    r.now += 1us;
    r.rate.rate_of(base::bucket_name("b" + std::to_string(i)), r.now);
    r.now += 1us;
  }
  EXPECT_LT(r.rate.rate_of(r.bucket, r.now), 2);
}

TEST(speculation_rate, does_not_mind_a_clock_that_was_read_before_that_of_another_thread) {
  rated r;
  r.taken(10'000);
  unsigned more = 0;
  for (int i = 0; i < 1000; ++i) {
    more += r.rate.take(r.bucket, 1, r.now + (i % 2 == 0 ? 1ms : 0ms)) ? 1 : 0;
  }
  EXPECT_LE(more, 1U) << "a millisecond passed, and not five hundred";
}

TEST(speculation_rate, bytes_keep_their_ratio_to_demand_over_a_minute) {
  rated r(2);
  r.limits.minute_floor = 10 * MiB;
  EXPECT_EQ(r.taken(1000, MiB), 10U) << "what a start costs";
  r.rate.demanded(4 * MiB, r.now);
  r.now += 1s;
  EXPECT_EQ(r.taken(1000, MiB), 8U);
  r.now += 30s;
  EXPECT_EQ(r.taken(1000, MiB), 0U);
  r.now += 30s;
  EXPECT_EQ(r.taken(1000, MiB), 10U) << "a minute later both are forgotten";
}

TEST(speculation_rate, what_was_not_fetched_is_given_back) {
  rated r(2);
  r.limits.minute_floor = 10 * MiB;
  EXPECT_EQ(r.taken(1000, MiB), 10U);
  r.rate.give_back(3 * MiB, r.now);
  EXPECT_EQ(r.taken(1000, MiB), 3U);
  r.rate.give_back(1000 * MiB, r.now);
  EXPECT_EQ(r.taken(1000, MiB), 10U) << "and no more than was taken";
}

}  // namespace
}  // namespace s3proxy::proxy
