#include "table_reader.hpp"

#include <gtest/gtest.h>

namespace s3proxy::read_ahead {
namespace {

using place = table_reader::place;
using places = std::set<place>;

/// Files so large that no neighbourhood reaches from one column to the next.
constexpr even_file wide{.row_groups = 40, .columns = 10, .chunk = 400'000};

table_reader at_file(even_file like = wide, planner how = {}) {
  table_reader out(std::move(how), like);
  out.open(0);
  return out;
}

places all_chunks(table_reader const& of, advice const& what) {
  auto out = of.chunks(what, guess_kind::column);
  out.merge(of.chunks(what, guess_kind::neighbourhood));
  return out;
}

TEST(table_columns, of_one_row_group_are_fetched_in_the_next) {
  auto reader = at_file();
  auto got = reader.read_column(0, 0, 3);
  EXPECT_TRUE(reader.chunks(got).contains(place{0, 1, 3}));
  got = reader.read_column(0, 0, 7);
  EXPECT_TRUE(reader.chunks(got).contains(place{0, 1, 7}));
  for (auto const& [file, group, column] : reader.chunks(got)) {
    EXPECT_TRUE(column == 3 || column == 7) << column;
  }
}

TEST(table_columns, are_fetched_once) {
  auto reader = at_file();
  places seen;
  for (std::size_t group = 0; group < 20; ++group) {
    for (std::size_t const column : {3U, 7U}) {
      for (auto const& one : reader.chunks(reader.read_column(0, group, column))) {
        EXPECT_TRUE(seen.insert(one).second) << one[1] << ' ' << one[2];
        EXPECT_TRUE(one[1] > group || one[2] != column);
      }
    }
  }
  EXPECT_GE(seen.size(), 38u);
}

TEST(table_columns, are_fetched_in_row_groups_that_slower_threads_have_begun) {
  auto reader = at_file();
  reader.read_column(0, 0, 3);
  reader.read_column(0, 5, 3);
  auto const got = reader.chunks(reader.read_column(0, 0, 7));
  EXPECT_TRUE(got.contains(place{0, 5, 7}));
  EXPECT_FALSE(got.contains(place{0, 0, 3}));
}

TEST(table_columns, a_thread_that_begins_far_away_does_not_end_the_guesses_for_the_first) {
  auto reader = at_file();
  reader.read_column(0, 0, 3);
  reader.read_column(0, 20, 3);
  EXPECT_TRUE(reader.chunks(reader.read_column(0, 0, 7)).contains(place{0, 20, 7}));
}

TEST(table_columns, a_column_inside_a_merged_read_is_never_wanted_alone) {
  auto reader = at_file(even_file{.row_groups = 40, .columns = 10, .chunk = 100'000});
  places seen;
  for (std::size_t group = 0; group < 4; ++group) {
    auto const merged = base::byte_span{reader.alike.where(group, 2).begin, reader.alike.where(group, 4).end};
    auto const got = reader.read(0, merged);
    for (auto const& one : got.fetch) {
      if (one.kind == guess_kind::column) {
        for (std::size_t other = 0; other < 40; ++other) {
          EXPECT_NE(one.span, reader.alike.where(other, 3));
        }
      }
    }
    seen.merge(reader.chunks(got));
  }
  EXPECT_TRUE(seen.contains(place{0, 4, 2}));
  EXPECT_TRUE(seen.contains(place{0, 4, 4}));
}

TEST(table_columns, a_run_is_fetched_as_its_ends_where_far_more_lies_between_than_was_ever_bridged) {
  table_reader reader({}, even_file{.row_groups = 20, .columns = 10, .chunk = 100'000});
  reader.read_tail(0);
  auto first_is_small = reader.alike.shape();
  for (std::size_t column = 0; column < 10; ++column) {
    first_is_small.chunks[column] = {4 + column * 10'000, 4 + (column + 1) * 10'000};
  }
  reader.step(layout_read{reader.content(0), std::make_shared<file_shape const>(first_is_small)});
  auto const got =
      reader.chunks(reader.read(0, {first_is_small.chunks[2].begin, first_is_small.chunks[4].end}));
  EXPECT_TRUE(got.contains(place{0, 1, 2}));
  EXPECT_FALSE(got.contains(place{0, 1, 3})) << "ten times as wide";
  EXPECT_TRUE(got.contains(place{0, 1, 4}));
  auto const bridged =
      reader.chunks(reader.read(0, {reader.alike.where(1, 2).begin, reader.alike.where(1, 4).end}));
  EXPECT_TRUE(bridged.contains(place{0, 2, 3})) << "now it was";
}

TEST(table_columns, of_a_reader_that_asks_for_all_row_groups_at_once_none_are_guessed) {
  auto reader = at_file();
  reader.each = 1ms;
  for (std::size_t group = 0; group < 20; ++group) {
    auto const got = reader.chunks(reader.read_column(0, group, 3));
    EXPECT_TRUE(got.empty() || group < 2) << group;
  }
  reader.each = 40ms;
  EXPECT_TRUE(reader.chunks(reader.read_column(0, 0, 7)).contains(place{0, 19, 7}))
      << "with its next column it waits";
}

TEST(table_columns, a_reader_that_finds_some_of_what_it_reads_may_be_as_fast_as_it_likes) {
  auto reader = at_file();
  reader.each = 1ms;
  auto const read = [&](std::size_t group, held bytes) {
    return reader.chunks(reader.read(0, reader.alike.where(group, 3), bytes));
  };
  read(0, held::no);
  read(1, held::no);
  read(2, held::yes);
  EXPECT_FALSE(read(3, held::no).empty());
}

TEST(table_columns, of_pages_nothing_is_known_and_nothing_guessed) {
  auto reader = at_file();
  auto const chunk = reader.alike.where(1, 1);
  EXPECT_TRUE(reader.read(0, {chunk.begin + 5'000, chunk.begin + 9'000}).fetch.empty());
}

TEST(table_columns, a_read_of_the_tail_wants_none_of_those_under_it) {
  auto reader = at_file(even_file{.row_groups = 3, .columns = 4, .chunk = 10'000});
  auto const got = reader.read(0, {reader.alike.where(1, 0).begin, reader.alike.size()});
  EXPECT_FALSE(has(got, guess_kind::column));
  EXPECT_FALSE(has(got, guess_kind::neighbourhood));
}

TEST(table_columns, that_are_read_in_every_second_row_group_are_told_from_those_read_in_all) {
  auto reader = at_file(even_file{.row_groups = 60, .columns = 20, .chunk = 200'000});
  for (std::size_t group = 0; group < 50; ++group) {
    reader.land(reader.read_column(0, group, 3));
    if (group < 2) {
      reader.land(reader.read_column(0, group, 9));  // and never again
    }
  }
  auto const got = reader.chunks(reader.read_column(0, 50, 3));
  auto const rest = reader.chunks(reader.read_column(0, 51, 3));
  for (auto const& chunks : {got, rest}) {
    EXPECT_TRUE(std::ranges::none_of(chunks, [](place const& one) { return one[2] == 9; }));
  }
}

TEST(table_columns, known_ones_are_fetched_of_the_files_that_come_next) {
  table_reader reader({}, even_file{.row_groups = 1, .columns = 20, .chunk = 300'000});
  reader.list(0, 20);
  reader.open(0);
  reader.learn(1);
  reader.learn(2);
  EXPECT_TRUE(reader.chunks(reader.read_column(0, 0, 3)).contains(place{1, 0, 3}));
}

TEST(table_columns, a_file_of_another_order_of_columns_is_read_by_their_names) {
  table_reader reader({}, even_file{.row_groups = 1, .columns = 20, .chunk = 300'000});
  reader.list(0, 20);
  reader.open(0);
  auto other = reader.alike.shape();
  std::swap(other.paths[3], other.paths[15]);
  reader.step(layout_read{reader.content(1), std::make_shared<file_shape const>(std::move(other))});
  EXPECT_TRUE(reader.chunks(reader.read_column(0, 0, 3)).contains(place{1, 0, 15}));
}

TEST(table_columns, a_changed_version_drops_layout_and_columns) {
  auto reader = at_file();
  reader.read_column(0, 0, 3);
  reader.version_shift = 1'000;
  auto const got = reader.read_column(0, 1, 3);
  EXPECT_FALSE(has(got, guess_kind::column));
  // Where its new layout is known, it is read ahead again, with the new version.
  reader.open(0);
  auto const again = reader.read_column(0, 2, 3);
  EXPECT_TRUE(std::ranges::all_of(again.fetch, [&](guess const& one) { return one.file.version == 1'001; }));
}

TEST(table_columns, a_layout_of_an_older_content_is_not_believed) {
  auto reader = at_file();
  auto const old = reader.content(0);
  reader.version_shift = 1'000;
  reader.read_column(0, 0, 3);
  reader.step(layout_read{old, std::make_shared<file_shape const>(reader.alike.shape())});
  for (std::size_t group = 1; group < 4; ++group) {
    for (auto const& one : reader.read_column(0, group, 3).fetch) {
      EXPECT_NE(one.kind, guess_kind::column) << to_text(one);
    }
  }
}

// Its owner's lock is held meanwhile: a wide table is not to be gone through there.
TEST(table_columns, a_layout_is_kept_as_it_was_made) {
  table_reader reader;
  reader.read_tail(0);
  auto const made = std::make_shared<file_shape const>(reader.alike.shape());
  reader.step(layout_read{reader.content(0), made});
  EXPECT_EQ(made.use_count(), 2);
}

TEST(table_columns, a_file_without_a_layout_is_read_ahead_in_order) {
  table_reader reader({}, even_file{.chunk = 4'000'000});
  reader.read_tail(0);
  reader.step(layout_read{reader.content(0), nullptr});
  bool guessed = false;
  for (base::byte_count at = 0; at < 5; ++at) {
    auto const got = reader.read(0, {at << 20, (at + 1) << 20});
    EXPECT_FALSE(has(got, guess_kind::column));
    guessed = guessed || has(got, guess_kind::sequence);
  }
  EXPECT_TRUE(guessed);
}

TEST(table_columns, what_is_not_columnar_is_read_ahead_in_order) {
  table_reader reader({}, even_file{.chunk = 4'000'000});
  reader.ending = ".csv";
  base::byte_count end = 0;
  for (base::byte_count at = 0; at < 5; ++at) {
    for (auto const& one : reader.read(0, {at << 20, (at + 1) << 20}).fetch) {
      EXPECT_EQ(one.kind, guess_kind::sequence);
      EXPECT_GE(one.span.begin, (at + 1) << 20);
      EXPECT_GE(one.span.begin, end);
      end = one.span.end;
    }
  }
  EXPECT_GT(end, base::byte_count{6} << 20);
}

TEST(table_columns, page_indexes_are_fetched_only_for_readers_that_read_them) {
  table_reader reader({}, even_file{.row_groups = 4, .columns = 10, .chunk = 900'000, .indexes = 70'000});
  reader.list(0, 20);
  reader.open(0);
  EXPECT_FALSE(has(reader.learn(1), guess_kind::index));
  reader.read(0, {reader.alike.data_end() + 100, reader.alike.data_end() + 200});
  EXPECT_EQ(reader.files(reader.learn(2), guess_kind::index), (std::vector<std::size_t>{2}));
  // Another client did not.
  reader.peer = "10.0.0.2";
  reader.step(peer_left{"10.0.0.1"});
  reader.read_tail(0);
  EXPECT_FALSE(has(reader.learn(3), guess_kind::index));
}

TEST(table_columns, the_first_read_of_a_row_group_brings_what_lies_beside_it) {
  auto reader = at_file(even_file{.row_groups = 10, .columns = 40, .chunk = 50'000});
  auto const got = reader.read_column(0, 0, 20);
  auto const beside = reader.chunks(got, guess_kind::neighbourhood);
  EXPECT_TRUE(beside.contains(place{0, 0, 21}));
  EXPECT_TRUE(beside.contains(place{0, 0, 19}));
  EXPECT_TRUE(std::ranges::all_of(beside, [](place const& one) { return one[1] == 0; }));
  auto bytes = base::byte_count{0};
  for (auto const& one : got.fetch) {
    bytes += one.kind == guess_kind::neighbourhood ? one.span.size() : 0;
  }
  EXPECT_LE(bytes, reader.plan.limits.neighbourhood * 5 / 4);
}

TEST(table_columns, a_part_of_a_column_is_no_neighbour) {
  auto reader = at_file(even_file{.row_groups = 10, .columns = 4, .chunk = 700'000});
  auto const got = reader.read_column(0, 0, 1);
  EXPECT_EQ(reader.chunks(got, guess_kind::neighbourhood), (std::set<place>{place{0, 0, 2}}))
      << "of the column before it a quarter of the reach has no whole one, of those behind it one fits";
  for (auto const& one : got.fetch) {
    EXPECT_TRUE(one.kind != guess_kind::neighbourhood || one.span == reader.alike.where(0, 2));
  }
}

TEST(table_columns, what_a_neighbourhood_brings_is_not_asked_for_again) {
  auto reader = at_file(even_file{.row_groups = 10, .columns = 40, .chunk = 50'000});
  reader.read_column(0, 0, 20);
  auto const got = all_chunks(reader, reader.read_column(0, 0, 22));
  EXPECT_TRUE(std::ranges::none_of(got, [](place const& one) { return one[1] == 0 && one[2] > 20; }));
}

}  // namespace
}  // namespace s3proxy::read_ahead
