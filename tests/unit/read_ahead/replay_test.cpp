#include "replay.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::read_ahead {
namespace {

using base::byte_count;
using names = std::span<std::string_view const>;

double mebibytes(byte_count n) {
  return static_cast<double>(n) / (1 << 20);
}

outcome run(std::string_view name, mode how, unsigned again = 0, link const& over = {}) {
  planner with;
  with.how = how;
  return replay(load_recording(name), with, again, over);
}

/// What a law that fails has to tell.
std::string row(std::string_view name, outcome const& of) {
  std::ostringstream out;
  out.precision(3);
  out << name << ": time " << of.time() << " of " << of.direct.count() / 1000 << " ms, precision "
      << of.precision() << ", recall " << of.recall() << ", reads held " << of.held_reads() << "; MiB asked "
      << mebibytes(of.asked) << ", fetched " << mebibytes(of.fetched) << ", guessed " << mebibytes(of.guessed)
      << ", used " << mebibytes(of.used) << ", wasted " << mebibytes(of.wasted()) << "; requests "
      << of.requests << ", direct " << of.direct_requests;
  return out.str();
}

/// What a recording must reach in full mode. A replay is exact: each bound is its number of today and a
/// tenth.
struct bounds {
  std::string_view log;
  double time;       ///< to direct, at most
  double recall;     ///< at least
  double precision;  ///< at least
  std::size_t requests;
  double wasted;  ///< MiB, at most
};
void PrintTo(bounds const& of, std::ostream* out) {
  *out << of.log;
}

// clang-format off
constexpr std::array expected{
    //     log                       time   recall prec. requests wasted
    bounds{"all-rows",              0.115,  0.93, 0.85,     113,   3.0},
    bounds{"boto3-listing",          1.01,  1.00, 1.00,       4,   0.0},
    bounds{"datafusion-filter",      0.47,  0.77, 0.25,      31,  18.0},
    bounds{"datafusion-hive",        0.55,  0.82, 0.56,     160,  46.0},
    bounds{"deltalake",              0.95,  0.14, 0.12,      56,   2.0},
    bounds{"duckdb-cancelled",       0.43,  0.77, 0.20,      52,  17.0},
    bounds{"duckdb-csv",             1.01,  0.00, 1.00,       3,   0.0},
    bounds{"duckdb-dashboards",      0.11,  0.94, 0.29,     560,  13.0},
    bounds{"duckdb-join",            0.27,  0.90, 0.70,     120,   3.7},
    bounds{"duckdb-limit-one",       0.88,  0.03, 0.03,       6,   7.3},
    bounds{"duckdb-limit-one-hive",  1.01,  0.00, 0.00,      14,   1.3},
    bounds{"duckdb-point-lookups",   0.90, 0.002, 0.03,      64,   7.0},
    bounds{"glob",                   0.24,  0.89, 0.36,      47,   2.1},
    bounds{"hive",                  0.081,  0.94, 0.46,     320,   4.2},
    bounds{"lookup",                 0.90,  0.04, 0.03,       8,   6.6},
    bounds{"one-year",               0.26,  0.90, 0.37,      68,  10.8},
    bounds{"polars-columns",         1.02,  0.09, 0.66,      56,   2.4},
    bounds{"polars-hive",            0.46,  0.88, 0.78,     208,   9.0},
    bounds{"polars-one-quarter",     1.02,  0.27, 0.11,      12,   6.7},
    bounds{"pyarrow-filter",         0.36,  0.82, 0.25,      68,   8.2},
    bounds{"pyarrow-hive",          0.232,  0.94, 0.72,     222,   4.7},
};
// clang-format on

/// What read-ahead is measured by: four scans of DuckDB and a lookup, two scans of Polars.
constexpr std::array<std::string_view, 7> seven{"all-rows", "glob",        "hive",          "lookup",
                                                "one-year", "polars-hive", "polars-columns"};
constexpr std::array<std::string_view, 3> of_many_files{"glob", "hive", "polars-hive"};
/// Where nothing that is guessed can help. A cancelled query is not among them: what it wastes is what it
/// would have read next, and twice these 8 MiB.
constexpr std::array<std::string_view, 4> hopeless{"duckdb-limit-one", "duckdb-limit-one-hive",
                                                   "duckdb-point-lookups", "lookup"};

constexpr auto most_waste = byte_count{64} << 20;
constexpr auto most_hopeless_waste = byte_count{8} << 20;

bool is_in(names all, std::string_view name) {
  return std::ranges::find(all, name) != all.end();
}

double mean_time(names of, mode how, unsigned again = 0) {
  double logarithms = 0;
  for (auto const& name : of) {
    logarithms += std::log(run(name, how, again).time());
  }
  return std::exp(logarithms / static_cast<double>(of.size()));
}

class recorded_run : public testing::TestWithParam<bounds> {};

TEST_P(recorded_run, goes_as_well_as_it_ever_did) {
  auto const& least = GetParam();
  auto const got = run(least.log, mode::full);
  SCOPED_TRACE(row(least.log, got));
  EXPECT_LE(got.time(), least.time);
  EXPECT_GE(got.recall(), least.recall);
  EXPECT_GE(got.precision(), least.precision);
  EXPECT_LE(got.requests, least.requests);
  EXPECT_LE(mebibytes(got.wasted()), least.wasted);
}

INSTANTIATE_TEST_SUITE_P(of, recorded_run, testing::ValuesIn(expected), [](auto const& of) {
  std::string name{of.param.log};
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(replays, every_recording_has_bounds) {
  std::vector<std::string> bounded;
  std::ranges::transform(expected, std::back_inserter(bounded),
                         [](bounds const& of) { return std::string{of.log}; });
  EXPECT_EQ(bounded, recording_names());
}

TEST(replays, the_seven_take_less_than_a_third_of_the_time) {
  EXPECT_LE(mean_time(seven, mode::full), 0.29);
}

TEST(replays, the_seven_ask_the_store_less_often_than_without_and_none_more_than_twice_as_often) {
  std::size_t requests = 0;
  std::size_t direct = 0;
  for (auto const& name : seven) {
    auto const got = run(name, mode::full);
    EXPECT_LE(got.requests, 2 * got.direct_requests) << row(name, got);
    requests += got.requests;
    direct += got.direct_requests;
  }
  EXPECT_LT(requests, direct);
}

TEST(replays, waste_at_most_64_mib_and_what_was_asked_for_and_8_where_nothing_helps) {
  for (auto const& name : recording_names()) {
    auto const got = run(name, mode::full);
    EXPECT_LE(got.wasted(), most_waste + got.asked) << row(name, got);
    if (is_in(hopeless, name)) {
      EXPECT_LE(got.wasted(), most_hopeless_waste) << row(name, got);
    }
  }
}

// Full mode: in the bounds of each.
TEST(replays, no_recording_takes_longer_than_direct_in_a_mode_that_dares_less) {
  for (auto const how : {mode::lean, mode::metadata}) {
    for (auto const& name : recording_names()) {
      auto const got = run(name, how);
      EXPECT_LE(got.time(), 1.02) << to_text(how) << ' ' << row(name, got);
    }
  }
}

TEST(replays, no_recording_takes_longer_than_direct_from_a_store_that_is_near) {
  link const near{.first_byte = microseconds{2'000}, .bytes_per_second = 1'000'000'000};
  for (auto const& name : recording_names()) {
    auto const got = run(name, mode::full, 0, near);
    EXPECT_LE(got.time(), 1.02) << row(name, got);
  }
}

// What is known of a table may lead one that filters row groups to the wrong ones first: hence the
// hundredths.
TEST(replays, other_files_of_a_known_table_are_read_as_fast_as_the_first) {
  for (auto const& name : recording_names()) {
    auto const first = run(name, mode::full);
    auto const second = run(name, mode::full, 1);
    EXPECT_LE(second.time(), 1.03 * first.time()) << row(name, second);
    EXPECT_LE(second.wasted(), most_waste + second.asked) << row(name, second);
  }
  EXPECT_LE(mean_time(of_many_files, mode::full, 1), 0.20);
}

TEST(replays, once_its_columns_are_known_a_lookup_takes_two_thirds_of_the_time) {
  EXPECT_LE(run("lookup", mode::full, 1).time(), 0.6);
  EXPECT_LE(run("duckdb-point-lookups", mode::full, 1).time(), 0.72);
}

TEST(replays, lean_fetches_little_more_than_was_asked_for_and_takes_less_than_half_the_time) {
  byte_count asked = 0;
  byte_count fetched = 0;
  for (auto const& name : seven) {
    auto const got = run(name, mode::lean);
    asked += got.asked;
    fetched += got.fetched;
  }
  EXPECT_LE(outcome::ratio(fetched, asked), 1.1);
  EXPECT_LE(mean_time(seven, mode::lean), 0.42);
}

TEST(replays, metadata_mode_brings_nothing_but_tails) {
  std::size_t tails = 0;
  for (auto const& name : recording_names()) {
    for (auto const& one : run(name, mode::metadata).guesses) {
      EXPECT_EQ(one.kind, guess_kind::tail) << name << ": " << to_text(one);
      ++tails;
    }
  }
  EXPECT_GT(tails, 400U);
}

TEST(replays, every_guess_has_a_reason_and_is_what_its_reason_says) {
  for (auto const& name : recording_names()) {
    for (auto const& one : run(name, mode::full).guesses) {
      SCOPED_TRACE(name + ": " + to_text(one));
      EXPECT_TRUE(to_text(one).ends_with(") " + std::string{to_text(one.kind)}));
      EXPECT_LT(static_cast<std::size_t>(one.kind), guess_kinds);
      EXPECT_FALSE(one.span.empty());
      EXPECT_LE(one.span.end, one.file.size);
      if (one.kind == guess_kind::tail || one.kind == guess_kind::whole) {
        EXPECT_EQ(one.span.end, one.file.size);
      }
      if (one.kind == guess_kind::whole) {
        EXPECT_LE(one.file.size, planner_limits{}.small_object);
      }
    }
  }
}

TEST(replays, what_was_guessed_is_used_or_lost_once_the_reader_is_gone) {
  for (auto const& name : recording_names()) {
    auto const got = run(name, mode::full);
    EXPECT_EQ(got.told.issued, got.told.used + got.told.lost) << row(name, got);
  }
}

TEST(replays, go_the_same_way_twice) {
  constexpr auto text = [](guess const& of) { return to_text(of); };
  for (auto const& name : seven) {
    auto const one = run(name, mode::full);
    auto const other = run(name, mode::full);
    EXPECT_EQ(row(name, one), row(name, other));
    EXPECT_EQ(one.ahead, other.ahead);
    EXPECT_EQ(one.fetched, other.fetched);
    EXPECT_TRUE(std::ranges::equal(one.guesses, other.guesses, {}, text, text)) << name;
  }
}

}  // namespace
}  // namespace s3proxy::read_ahead
