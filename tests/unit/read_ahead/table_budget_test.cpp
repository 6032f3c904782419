#include "table_reader.hpp"

#include <gtest/gtest.h>

#include <random>

namespace s3proxy::read_ahead {
namespace {

constexpr even_file wide{.row_groups = 200, .columns = 10, .chunk = 400'000};

table_reader at_file(planner how = {}, even_file like = wide) {
  table_reader out(std::move(how), like);
  out.open(0);
  return out;
}

TEST(table_budget, nothing_is_guessed_beyond_the_credit) {
  auto reader = at_file();
  auto const& limits = reader.plan.limits;
  for (std::size_t group = 0; group < 60; ++group) {
    auto const got = reader.read_column(0, group, 3);
    auto const sums = reader.of->sums();
    ASSERT_LE(sums.issued - sums.used - sums.lost, limits.credit + limits.credit_factor * sums.used);
    reader.land(got);
  }
  EXPECT_GT(reader.of->sums().used, 10u << 20);
}

TEST(table_budget, before_anything_was_used_a_few_mebibytes_are_all) {
  for (auto const how : {mode::full, mode::lean}) {
    auto reader = at_file(planner_with(how));
    for (std::size_t column = 0; column < 10; ++column) {
      reader.read_column(0, 0, column);  // and never what was guessed
    }
    auto const& limits = reader.plan.limits;
    EXPECT_LE(reader.of->sums().issued, how == mode::full ? limits.credit : limits.lean_credit);
  }
}

TEST(table_budget, a_point_lookup_is_followed_by_little) {
  auto reader = at_file();
  auto const got = reader.read_column(0, 50, 3);
  EXPECT_LE(bytes_of(got), base::byte_count{6} << 20);
  reader.wait(3s);
  auto const sums = reader.of->sums();
  EXPECT_EQ(sums.issued, sums.used + sums.lost);
  EXPECT_LE(sums.lost, base::byte_count{6} << 20);
}

TEST(table_budget, random_point_reads_lose_eight_mebibytes_and_thrice_what_came_true) {
  auto reader = at_file();
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    reader.land(reader.read_column(0, random() % 200, random() % 10));
  }
  reader.step(peer_left{reader.peer});
  auto const sums = reader.of->sums();
  EXPECT_LE(sums.lost, 3 * sums.used + (base::byte_count{8} << 20));
}

TEST(table_budget, lost_guesses_close_the_gate_and_a_scan_that_goes_on_opens_it_again) {
  auto reader = at_file({}, even_file{.row_groups = 400, .columns = 10, .chunk = 40'000});
  for (std::size_t group = 0; group < 200; group += 20) {
    reader.land(reader.read_column(0, group, 3));  // each guess behind it is lost
  }
  EXPECT_FALSE(has(reader.read_column(0, 220, 3), guess_kind::column));
  std::size_t needed = 0;
  for (std::size_t group = 221; group < 260; ++group) {
    if (has(reader.read_column(0, group, 3), guess_kind::column)) {
      break;
    }
    ++needed;
  }
  EXPECT_LE(needed, 12u);
}

TEST(table_budget, a_silent_scan_is_over_after_two_seconds_and_its_unread_guesses_are_lost_and_cancelled) {
  auto reader = at_file();
  auto const got = reader.read_column(0, 0, 3);
  ASSERT_FALSE(got.fetch.empty());
  EXPECT_TRUE(reader.wait(2s).cancel.empty());
  EXPECT_FALSE(reader.of->is_idle());
  EXPECT_EQ(reader.of->sums().lost, 0u);
  auto const over = reader.wait(1ms);
  EXPECT_EQ(over.cancel.size(), got.fetch.size());
  EXPECT_TRUE(reader.of->is_idle());
  EXPECT_EQ(reader.of->sums().lost, bytes_of(got));
}

TEST(table_budget, what_has_come_is_not_cancelled) {
  auto reader = at_file();
  auto const got = reader.read_column(0, 0, 3);
  reader.land(got);
  EXPECT_TRUE(reader.wait(3s).cancel.empty());
  EXPECT_EQ(reader.of->sums().lost, bytes_of(got));
}

TEST(table_budget, a_peer_that_left_ends_its_scans) {
  auto reader = at_file();
  auto const got = reader.read_column(0, 0, 3);
  reader.peer = "10.0.0.2";
  reader.read_tail(0);
  auto const over = reader.step(peer_left{"10.0.0.1"});
  EXPECT_EQ(over.cancel.size(), got.fetch.size());
  EXPECT_FALSE(reader.of->is_idle());  // the other one stays
  reader.step(peer_left{"10.0.0.2"});
  EXPECT_TRUE(reader.of->is_idle());
}

TEST(table_budget, a_byte_is_used_once_and_every_byte_is_used_or_lost) {
  auto reader = at_file();
  auto const got = reader.read_column(0, 0, 3);
  auto const& one = got.fetch.front();
  reader.read(0, one.span, held::yes);
  auto const used = reader.of->sums().used;
  EXPECT_GE(used, one.span.size());
  reader.read(0, one.span, held::yes);
  EXPECT_EQ(reader.of->sums().used, used);
  reader.wait(3s);
  auto const sums = reader.of->sums();
  EXPECT_EQ(sums.issued, sums.used + sums.lost);
}

TEST(table_budget, what_was_refused_is_neither_used_nor_lost) {
  auto reader = at_file();
  for (auto const& one : reader.read_column(0, 0, 3).fetch) {
    reader.step(refused{one.number, refused::why::other});
  }
  reader.wait(3s);
  EXPECT_EQ(reader.of->sums().issued, 0u);
  EXPECT_EQ(reader.of->sums().lost, 0u);
}

TEST(table_budget, lean_mode_waits_for_evidence) {
  auto full = at_file();
  auto lean = at_file(planner_with(mode::lean));
  auto const of_full = full.read_column(0, 0, 3);
  auto const of_lean = lean.read_column(0, 0, 3);
  EXPECT_GT(bytes_of(of_full), bytes_of(of_lean));
  EXPECT_FALSE(has(of_lean, guess_kind::neighbourhood));
  for (std::size_t group = 1; group < 12; ++group) {
    lean.land(lean.read_column(0, group, 3));
  }
  EXPECT_GT(lean.of->sums().used, 0u);
}

TEST(table_budget, a_steady_reader_is_followed_as_far_as_a_fetch_takes) {
  auto reader = at_file({}, even_file{.row_groups = 200, .columns = 10, .chunk = 600'000});
  std::set<table_reader::place> asked;
  std::size_t ahead = 0;
  for (std::size_t group = 0; group < 100; ++group) {
    auto const bytes = asked.contains({0, group, 3}) ? held::yes : held::no;
    auto const got = reader.read(0, reader.alike.where(group, 3), bytes);
    asked.merge(reader.chunks(got));
    reader.land(got, 80ms);
    ahead = (*asked.rbegin())[1] - group;
  }
  // A row group each ten milliseconds, and a fetch takes eighty.
  EXPECT_GE(ahead, 8u);
  EXPECT_LE(ahead, 16u);
}

TEST(table_budget, more_scans_than_are_kept_end_and_none_is_forgotten) {
  auto reader = at_file();
  for (std::size_t peer = 0; peer < 3 * reader.plan.limits.scans; ++peer) {
    reader.peer = "10.0.1." + std::to_string(peer);
    reader.read_column(0, 0, 3);
  }
  auto const many = reader.of->footprint();
  reader.wait(3s);
  auto const sums = reader.of->sums();
  EXPECT_EQ(sums.issued, sums.used + sums.lost);
  EXPECT_TRUE(reader.of->is_idle());
  EXPECT_LT(reader.of->footprint(), many);
}

TEST(table_budget, the_scan_that_reads_now_is_not_the_one_that_makes_room) {
  auto reader = at_file();
  for (std::size_t peer = 100; peer < 100 + 2 * reader.plan.limits.scans; ++peer) {
    reader.peer = "10.0.1." + std::to_string(peer);
    reader.read_tail(0);
  }
  reader.peer = "10.0.0.1";  // the first of all by its name, and the newest
  ASSERT_TRUE(has(reader.read_column(0, 0, 3), guess_kind::column));
  auto const lost = reader.of->sums().lost;
  EXPECT_TRUE(reader.step(tick{}).cancel.empty());
  EXPECT_EQ(reader.of->sums().lost, lost);
}

}  // namespace
}  // namespace s3proxy::read_ahead
