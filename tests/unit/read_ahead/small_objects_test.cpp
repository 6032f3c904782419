#include "table_reader.hpp"

#include <gtest/gtest.h>

namespace s3proxy::read_ahead {
namespace {

constexpr even_file small{.row_groups = 1, .columns = 10, .chunk = 100'000};

/// Reads the files of a table one after the other, of each some columns. Gives the kinds of guess that the
/// end of the last one brings.
advice scan_of(table_reader& reader, std::size_t columns, std::size_t files = 30) {
  reader.list(0, 200);
  advice last;
  for (std::size_t file = 0; file < files; ++file) {
    auto got = reader.read_tail(file);
    reader.land(got);
    last = got.fetch.empty() ? last : got;
    reader.learn(file);
    for (std::size_t column = 0; column < columns; ++column) {
      reader.read_column(file, 0, column);
    }
  }
  return last;
}

TEST(small_objects, come_whole_when_a_third_of_them_is_used) {
  table_reader reader({}, small);
  auto const last = scan_of(reader, 5);
  ASSERT_TRUE(has(last, guess_kind::whole));
  EXPECT_FALSE(has(last, guess_kind::tail));
  EXPECT_EQ(last.fetch.front().span, (base::byte_span{0, small.size()}));
}

TEST(small_objects, come_by_their_tails_when_less_is_used) {
  table_reader reader({}, small);
  auto const last = scan_of(reader, 1);
  EXPECT_FALSE(has(last, guess_kind::whole));
  EXPECT_TRUE(has(last, guess_kind::tail));
}

TEST(small_objects, of_two_mebibytes_are_the_largest_that_come_whole) {
  even_file const larger{.row_groups = 1, .columns = 10, .chunk = 210'000};
  table_reader reader({}, larger);
  EXPECT_FALSE(has(scan_of(reader, 8), guess_kind::whole));
}

TEST(small_objects, as_long_as_a_tenth_of_a_trip_always_come_whole) {
  table_reader reader({}, even_file{.row_groups = 1, .columns = 10, .chunk = 20'000});
  reader.list(0, 20);
  EXPECT_TRUE(has(reader.read_tail(0), guess_kind::whole));
}

TEST(small_objects, do_not_come_whole_in_the_other_modes) {
  for (auto const how : {mode::lean, mode::metadata}) {
    table_reader reader(planner_with(how), small);
    EXPECT_FALSE(has(scan_of(reader, 8), guess_kind::whole));
  }
}

TEST(small_objects, that_are_archived_never_come_whole) {
  table_reader reader({}, small);
  listed what{reader.peer, {}, {}};
  for (std::size_t file = 0; file < 40; ++file) {
    auto const kept = file > 20 ? listed_file::storage::slow_or_billed : listed_file::storage::quick;
    what.files.push_back({reader.content(file).key, small.size(), kept});
  }
  reader.step(what);
  for (std::size_t file = 0; file < 20; ++file) {
    for (auto const& one : reader.read_tail(file).fetch) {
      EXPECT_LE(reader.number_of(one), 20u);
    }
    reader.learn(file);
    for (std::size_t column = 0; column < 8; ++column) {
      reader.read_column(file, 0, column);
    }
  }
}

TEST(small_objects, an_empty_one_is_not_guessed) {
  table_reader reader({}, small);
  listed what{reader.peer, {{reader.content(0).key, small.size()}, {reader.content(1).key, 0}}, {}};
  reader.step(what);
  EXPECT_TRUE(reader.read_tail(0).fetch.empty());
}

}  // namespace
}  // namespace s3proxy::read_ahead
