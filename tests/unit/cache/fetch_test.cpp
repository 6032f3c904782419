#include "s3proxy/cache/fetch.hpp"

#include "s3proxy/cache/cells.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

namespace s3proxy::cache {
namespace {

using base::byte_count;
using base::byte_span;
using namespace base;
using spans = std::vector<byte_span>;

byte_span kib(byte_count begin, byte_count end) {
  return {begin * 1024, end * 1024};
}

std::string printed(spans const& runs) {
  std::string out;
  for (auto const& run : runs) {
    out += std::to_string(run.begin / 1024) + "-" + std::to_string(run.end / 1024) + " ";
  }
  return out;
}

TEST(fetch, runs_are_bridged_over_small_gaps_and_split_when_long) {
  struct {
    char const* why;
    spans missing, fetches;
  } const table[] = {
      {"nothing missing, nothing asked", {}, {}},
      {"one cell", {kib(16, 32)}, {kib(16, 32)}},
      {"a gap as large as both sides is bridged", {kib(0, 16), kib(48, 64)}, {kib(0, 64)}},
      {"a gap larger than both sides is not", {kib(0, 16), kib(64, 80)}, {kib(0, 16), kib(64, 80)}},
      {"a gap of the limit is bridged", {kib(0, 64), kib(128, 192)}, {kib(0, 192)}},
      {"a gap beyond the limit is not, however useful",
       {kib(0, 512), kib(592, 1024)},
       {kib(0, 512), kib(592, 1024)}},
      {"waste adds up over gaps", {kib(0, 16), kib(48, 64), kib(96, 112)}, {kib(0, 64), kib(96, 112)}},
      {"a new run starts with no waste",
       {kib(0, 16), kib(48, 64), kib(96, 112), kib(144, 160)},
       {kib(0, 64), kib(96, 160)}},
      {"runs that touch are one", {kib(0, 16), kib(16, 32)}, {kib(0, 32)}},
      {"3 MiB are one request", {kib(0, 3072)}, {kib(0, 3072)}},
      {"one cell more are parts", {kib(0, 3088)}, {kib(0, 2048), kib(2048, 3088)}},
      {"no part is tiny", {kib(0, 4112)}, {kib(0, 2048), kib(2048, 4112)}},
      {"the last part may be long", {kib(0, 5120)}, {kib(0, 2048), kib(2048, 5120)}},
      {"parts begin where the run begins",
       {kib(16, 6160)},
       {kib(16, 2064), kib(2064, 4112), kib(4112, 6160)}},
      {"a bridged run is split, too",
       {kib(0, 3072), kib(3088, 6144)},
       {kib(0, 2048), kib(2048, 4096), kib(4096, 6144)}},
      {"a long run and a short one",
       {kib(0, 4112), kib(8192, 8208)},
       {kib(0, 2048), kib(2048, 4112), kib(8192, 8208)}},
  };
  for (auto const& row : table) {
    auto const planned = plan_fetches(row.missing, fetch_limits{});
    EXPECT_EQ(planned, row.fetches) << row.why << ": " << printed(planned);
  }
}

/// Cell-aligned runs with gaps of all sizes.
spans random_missing(std::mt19937& random) {
  spans out;
  byte_count at = random() % 8 * cell_size;
  for (auto left = random() % 12; left > 0; --left) {
    auto const length = (random() % 4 == 0 ? 1 + random() % 600 : 1 + random() % 8) * cell_size;
    out.push_back({at, at + length});
    at += length + (1 + random() % 8) * cell_size;
  }
  return out;
}

byte_count total(spans const& runs) {
  return std::accumulate(runs.begin(), runs.end(), byte_count{0},
                         [](byte_count sum, byte_span run) { return sum + run.size(); });
}

TEST(fetch, every_missing_byte_is_asked_for_once_and_never_more_waste_than_use) {
  std::mt19937 random(1);
  fetch_limits const limits;
  for (int round = 0; round < 5'000; ++round) {
    auto const missing = random_missing(random);
    auto const planned = plan_fetches(missing, limits);
    for (std::size_t i = 0; i < planned.size(); ++i) {
      ASSERT_FALSE(planned[i].empty());
      ASSERT_LE(planned[i].size(), limits.split_beyond);
      ASSERT_EQ(planned[i].begin % cell_size, 0U);
      ASSERT_TRUE(i == 0 || planned[i - 1].end <= planned[i].begin) << printed(planned);
    }
    for (auto const& run : missing) {
      byte_count asked = 0;
      for (auto const& part : planned) {
        asked += intersect(part, run).size();
      }
      ASSERT_EQ(asked, run.size()) << printed(missing) << "as " << printed(planned);
    }
    ASSERT_LE(total(planned), 2 * total(missing)) << printed(missing) << "as " << printed(planned);
  }
}

TEST(fetch, no_gap_beyond_the_limit_is_fetched) {
  std::mt19937 random(2);
  fetch_limits const limits;
  for (int round = 0; round < 2'000; ++round) {
    auto const missing = random_missing(random);
    auto const planned = plan_fetches(missing, limits);
    for (std::size_t i = 1; i < missing.size(); ++i) {
      byte_span const gap{missing[i - 1].end, missing[i].begin};
      for (auto const& part : planned) {
        ASSERT_TRUE(gap.size() <= limits.gap || intersect(part, gap).empty());
      }
    }
  }
}

TEST(fetch, a_closed_range_opens_its_whole_window_at_once) {
  fetch_limits const limits;
  for (auto const consumed : {0_MiB, 1_MiB, 900_MiB}) {
    EXPECT_EQ(window_of(read_extent::closed, consumed, 1_GiB, limits), 16_MiB);
    EXPECT_EQ(window_of(read_extent::closed, consumed, 5_MiB, limits), 5_MiB)
        << "within its share of the budget";
  }
}

TEST(fetch, an_open_range_starts_small_and_grows_with_what_its_client_consumed) {
  fetch_limits const limits;
  struct {
    byte_count consumed, share, window;
  } const table[] = {
      {0, 1_GiB, 2_MiB},       {2_MiB, 1_GiB, 4_MiB},    {6_MiB, 1_GiB, 8_MiB},
      {14_MiB, 1_GiB, 16_MiB}, {900_MiB, 1_GiB, 16_MiB}, {6_MiB, 3_MiB, 3_MiB},
  };
  for (auto const& row : table) {
    EXPECT_EQ(window_of(read_extent::open_ended, row.consumed, row.share, limits), row.window)
        << row.consumed;
  }
}

TEST(fetch, a_window_is_never_less_than_a_block) {
  for (auto const extent : {read_extent::closed, read_extent::open_ended}) {
    EXPECT_EQ(window_of(extent, 0, 0, fetch_limits{}), block_size);
  }
}

}  // namespace
}  // namespace s3proxy::cache
