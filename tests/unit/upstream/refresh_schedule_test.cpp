#include "s3proxy/upstream/refresh_schedule.hpp"

#include <gtest/gtest.h>

namespace s3proxy::upstream {
namespace {

using namespace std::chrono_literals;
using seconds = std::chrono::seconds;

http::wall_time const now(1'767'323'045s);
credential_limits const limits;

/// How long before their end keys of that life are fetched anew, at the earliest and at the latest.
std::pair<seconds, seconds> window(seconds life) {
  return {now + life - refresh_at(now, now + life, 0.0, limits),
          now + life - refresh_at(now, now + life, 0.999999, limits)};
}

TEST(refresh_schedule, fetches_between_15_and_10_minutes_ahead) {
  for (auto const life : {seconds(1h), seconds(6h), seconds(36h)}) {
    EXPECT_EQ(window(life).first, 15min);
    EXPECT_LE(window(life).second, 10min + 1s);
    EXPECT_GE(window(life).second, 10min);
  }
}

TEST(refresh_schedule, fetches_short_lived_keys_at_a_share_of_their_life) {
  EXPECT_EQ(window(15min).first, seconds(15min) / 4);
  EXPECT_GE(window(15min).second, seconds(15min) / 6);
  EXPECT_EQ(window(60s).first, 15s);
}

TEST(refresh_schedule, never_fetches_in_a_tight_loop) {
  for (auto const life : {-3600s, 0s, 1s, 4s, 6s}) {
    EXPECT_GE(refresh_at(now, now + life, 0.0, limits), now + 5s);
  }
}

TEST(refresh_schedule, is_after_the_fetch_and_before_the_end) {
  for (auto life = 20s; life < 48h; life += 97s) {
    for (auto const jitter : {0.0, 0.3, 0.99}) {
      auto const at = refresh_at(now, now + life, jitter, limits);
      EXPECT_GT(at, now) << life.count();
      EXPECT_LT(at, now + life) << life.count();
    }
  }
}

TEST(retry_schedule, doubles_up_to_a_minute_and_half_of_it_is_certain) {
  EXPECT_EQ(retry_after(1, 0.0, limits), 500ms);
  EXPECT_EQ(retry_after(1, 0.5, limits), 750ms);
  EXPECT_EQ(retry_after(4, 0.0, limits), 4s);
  EXPECT_EQ(retry_after(7, 0.0, limits), 30s);
  EXPECT_EQ(retry_after(7, 0.5, limits), 45s);
  EXPECT_EQ(retry_after(4'000'000'000U, 0.0, limits), 30s);
}

}  // namespace
}  // namespace s3proxy::upstream
