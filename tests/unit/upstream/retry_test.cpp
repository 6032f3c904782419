#include "s3proxy/upstream/retry.hpp"

#include <gtest/gtest.h>

#include <set>

namespace s3proxy::upstream {
namespace {

using base::errc;
using namespace std::chrono_literals;

/// No byte of the request can have reached the store.
std::set<errc> const before_any_byte{errc::origin_unresolved, errc::origin_refused,
                                     errc::origin_connect_timeout, errc::origin_tls_failed,
                                     errc::origin_busy};
/// The store may have seen the request: only a read is asked again.
std::set<errc> const after_it_was_sent{errc::origin_reset, errc::origin_short_body, errc::origin_stalled,
                                       errc::version_changed};

TEST(retry, only_what_is_safe_is_asked_again) {
  for (auto const& row : base::error_table()) {
    for (auto const kind : {repeatable::read, repeatable::unwritten, repeatable::no}) {
      for (auto const age : {connection_age::fresh, connection_age::reused}) {
        auto const again = (before_any_byte.contains(row.code) && kind != repeatable::no) ||
                           (after_it_was_sent.contains(row.code) && kind == repeatable::read);
        EXPECT_EQ(next_attempt(1, row.code, kind, age, 0.5, {}).has_value(), again)
            << row.sentence << " kind " << static_cast<int>(kind);
      }
    }
  }
}

TEST(retry, a_write_whose_bytes_went_out_is_never_repeated) {
  for (auto const& row : base::error_table()) {
    EXPECT_FALSE(next_attempt(1, row.code, repeatable::no, connection_age::reused, 0, {})) << row.sentence;
  }
}

TEST(retry, a_store_that_did_not_answer_in_time_is_not_waited_for_twice) {
  // Engines give up after as long themselves.
  EXPECT_FALSE(
      next_attempt(1, errc::origin_first_byte_timeout, repeatable::read, connection_age::fresh, 0, {}));
}

TEST(retry, attempts_come_to_an_end) {
  origin_limits limits;
  limits.attempts = 3;
  for (unsigned made = 1; made < 6; ++made) {
    for (auto const age : {connection_age::fresh, connection_age::reused}) {
      EXPECT_EQ(next_attempt(made, errc::origin_reset, repeatable::read, age, 0.5, limits).has_value(),
                made < 3)
          << made;
    }
  }
}

TEST(retry, waits_double_up_to_a_ceiling) {
  origin_limits limits;
  limits.attempts = 1'000;
  struct {
    unsigned made;
    double jitter;
    std::chrono::milliseconds wait;
  } const table[] = {{1, 0.0, 0ms},    {1, 0.5, 25ms},     {1, 0.999, 49ms},  {2, 0.5, 50ms},
                     {3, 0.5, 100ms},  {5, 0.5, 400ms},    {6, 0.5, 500ms},   {7, 0.5, 500ms},
                     {40, 0.5, 500ms}, {900, 0.25, 250ms}, {11, 0.999, 999ms}};
  for (auto const& row : table) {
    EXPECT_EQ(next_attempt(row.made, errc::origin_refused, repeatable::read, connection_age::fresh,
                           row.jitter, limits),
              row.wait)
        << row.made << " attempts, jitter " << row.jitter;
  }
}

TEST(retry, a_connection_that_died_while_it_was_idle_costs_no_wait) {
  auto const wait = [](connection_age age, errc why) {
    return next_attempt(1, why, repeatable::read, age, 0.5, {});
  };
  EXPECT_EQ(wait(connection_age::reused, errc::origin_reset), 0ms);
  EXPECT_EQ(wait(connection_age::fresh, errc::origin_reset), 25ms);
  EXPECT_EQ(wait(connection_age::reused, errc::origin_stalled), 25ms);
}

TEST(retry, only_a_store_that_says_later_is_asked_later) {
  for (unsigned status = 100; status < 600; ++status) {
    auto const expected = status == 500 || status == 502 || status == 503 || status == 504;
    EXPECT_EQ(is_passing_fault(status), expected) << status;
  }
}

int spend_all(retry_budget& budget) {
  int spent = 0;
  while (budget.spend()) {
    ++spent;
  }
  return spent;
}

TEST(retry, an_outage_exhausts_the_budget) {
  retry_budget budget{origin_limits{}};
  EXPECT_EQ(spend_all(budget), 35) << "500 tokens, 14 each";
  EXPECT_FALSE(budget.spend());
}

TEST(retry, successes_earn_retries_one_token_each) {
  retry_budget budget{origin_limits{}};
  spend_all(budget);  // 10 are left
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(budget.spend());
    budget.earn();
  }
  EXPECT_TRUE(budget.spend());
  EXPECT_FALSE(budget.spend());
}

TEST(retry, the_budget_never_grows_beyond_its_bound) {
  retry_budget budget{origin_limits{}};
  for (int i = 0; i < 10'000; ++i) {
    budget.earn();
  }
  EXPECT_EQ(spend_all(budget), 35);
}

}  // namespace
}  // namespace s3proxy::upstream
