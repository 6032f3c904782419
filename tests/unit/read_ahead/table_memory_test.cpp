#include "table_reader.hpp"

#include <gtest/gtest.h>

namespace s3proxy::read_ahead {
namespace {

using place = table_reader::place;

constexpr even_file wide{.row_groups = 30, .columns = 20, .chunk = 300'000};

/// A query of some columns over one file, and then silence.
void query(table_reader& reader, std::size_t file, std::vector<std::size_t> const& columns) {
  reader.open(file);
  for (std::size_t group = 0; group < 12; ++group) {
    for (auto const column : columns) {
      reader.land(reader.read_column(file, group, column));
    }
  }
  reader.wait(3s);
}

/// Whether the first read of one column has another fetched in the same row group.
bool brings(table_reader& reader, std::size_t file, std::size_t first, std::size_t other) {
  reader.open(file);
  auto const got = reader.chunks(reader.read_column(file, 0, first));
  reader.wait(3s);
  return got.contains(place{file, 0, other});
}

TEST(table_memory, columns_of_a_table_are_remembered_for_other_files) {
  table_reader reader({}, wide);
  query(reader, 0, {2, 9, 15});
  reader.open(7);
  auto const got = reader.chunks(reader.read_column(7, 0, 2));
  EXPECT_TRUE(got.contains(place{7, 0, 9}));
  EXPECT_TRUE(got.contains(place{7, 0, 15}));
}

TEST(table_memory, other_first_columns_are_another_query) {
  table_reader reader({}, wide);
  query(reader, 0, {2, 9, 15});
  EXPECT_FALSE(brings(reader, 7, 3, 9));
}

TEST(table_memory, alternating_column_sets_are_both_remembered) {
  table_reader reader({}, wide);
  for (std::size_t round = 0; round < 3; ++round) {
    query(reader, 2 * round, {2, 9});
    query(reader, 2 * round + 1, {5, 18});
  }
  EXPECT_TRUE(brings(reader, 10, 2, 9));
  EXPECT_TRUE(brings(reader, 11, 5, 18));
  EXPECT_FALSE(brings(reader, 12, 2, 18));
}

TEST(table_memory, of_two_sets_that_begin_alike_the_newer_is_believed) {
  table_reader reader({}, wide);
  query(reader, 0, {2, 9});
  query(reader, 1, {2, 18});
  EXPECT_TRUE(brings(reader, 10, 2, 18));
}

TEST(table_memory, the_last_eight_sets_are_kept) {
  table_reader reader({}, wide);
  for (std::size_t set = 0; set < 9; ++set) {
    query(reader, set, {set, set + 10});
  }
  for (std::size_t set = 1; set < 9; ++set) {
    EXPECT_TRUE(brings(reader, 20 + set, set, set + 10)) << set;
  }
  EXPECT_FALSE(brings(reader, 20, 0, 10));
}

TEST(table_memory, files_beyond_the_limit_are_not_followed_and_harm_nothing) {
  planner how;
  how.limits.files = 10;
  table_reader reader(how, even_file{.chunk = 300'000});
  reader.list(0, 50);
  for (std::size_t file = 0; file < 50; ++file) {
    for (auto const& one : reader.read_tail(file).fetch) {
      EXPECT_LT(reader.number_of(one), 10u);
    }
    reader.learn(file);
    auto const got = reader.read_column(file, 0, 3);
    EXPECT_TRUE(file < 10 || got.fetch.empty());
  }
}

TEST(table_memory, a_listing_of_a_million_keys_takes_bounded_memory) {
  table_reader reader;
  std::size_t half = 0;
  for (std::size_t page = 0; page < 1'000; ++page) {
    listed what{reader.peer, {}, {}};
    for (std::size_t at = 0; at < 1'000; ++at) {
      what.files.push_back(
          {base::object_key{"t/" + std::to_string(page * 1'000 + at) + ".parquet"}, 1'000'000});
    }
    EXPECT_TRUE(reader.step(what).fetch.empty());
    half = page == 500 ? reader.of->footprint() : half;
  }
  EXPECT_EQ(reader.of->footprint(), half);
  EXPECT_LE(half, std::size_t{16} << 20);
}

TEST(table_memory, footprint_grows_with_what_is_known_and_shrinks_when_scans_end) {
  table_reader reader({}, wide);
  auto const empty = reader.of->footprint();
  reader.list(0, 100);
  auto const with_files = reader.of->footprint();
  EXPECT_GT(with_files, empty + 100 * 64);
  reader.open(0);
  auto const with_layout = reader.of->footprint();
  EXPECT_GT(with_layout, with_files + 600 * sizeof(base::byte_span));
  for (std::size_t group = 0; group < 10; ++group) {
    reader.read_column(0, group, 3);
  }
  auto const in_scan = reader.of->footprint();
  EXPECT_GT(in_scan, with_layout);
  reader.wait(3s);
  EXPECT_LT(reader.of->footprint(), in_scan);
  reader.list(0, 100);
  reader.version_shift = 1'000;
  reader.read(0, {0, 10});  // another content: its layout is void
  reader.wait(3s);
  EXPECT_LT(reader.of->footprint(), with_layout);
}

}  // namespace
}  // namespace s3proxy::read_ahead
