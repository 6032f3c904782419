#include "table_reader.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace s3proxy::read_ahead {
namespace {

using numbers = std::vector<std::size_t>;

numbers from_to(std::size_t begin, std::size_t end) {
  numbers out(end - begin);
  std::iota(out.begin(), out.end(), begin);
  return out;
}

/// Files so large that their tails are less than all of them.
table_reader lake(planner how = {}) {
  table_reader out(std::move(how), even_file{.chunk = 300'000});
  out.list(0, 200);
  return out;
}

TEST(table_tails, the_first_tail_starts_the_tails_of_the_next_files) {
  auto reader = lake();
  auto const got = reader.read_tail(0);
  EXPECT_EQ(reader.files(got, guess_kind::tail), from_to(1, 1 + reader.plan.limits.tails));
  for (auto const& one : got.fetch) {
    EXPECT_EQ(one.span, reader.alike.tail()) << to_text(one);
    EXPECT_EQ(one.file.version, 0u);  // a listing tells none
  }
}

TEST(table_tails, reach_further_with_each_file_and_are_asked_for_once) {
  auto reader = lake();
  std::set<std::size_t> asked{0};
  for (std::size_t file = 0; file < 40; ++file) {
    for (auto const number : reader.files(reader.read_tail(file), guess_kind::tail)) {
      EXPECT_TRUE(asked.insert(number).second) << number;
    }
  }
  EXPECT_TRUE(asked.contains(39 + reader.plan.limits.most_tails));
  EXPECT_EQ(asked.size(), 40 + reader.plan.limits.most_tails);
}

TEST(table_tails, a_guessed_tail_has_its_layout_read) {
  auto reader = lake();
  auto const got = reader.read_tail(0);
  EXPECT_EQ(got.read_layout.size(), 1 + got.fetch.size());
}

TEST(table_tails, nothing_follows_what_no_listing_named) {
  table_reader reader({}, even_file{.chunk = 300'000});
  EXPECT_FALSE(has(reader.read_tail(0), guess_kind::tail));
  EXPECT_FALSE(has(reader.read_tail(1), guess_kind::tail));
}

TEST(table_tails, a_file_that_is_not_quick_is_never_guessed) {
  table_reader reader({}, even_file{.chunk = 300'000});
  listed what{reader.peer, {}, {}};
  for (std::size_t file = 0; file < 20; ++file) {
    auto const kept = file % 2 == 1 ? listed_file::storage::slow_or_billed : listed_file::storage::quick;
    what.files.push_back({reader.content(file).key, reader.alike.size(), kept});
  }
  reader.step(what);
  auto const got = reader.files(reader.read_tail(0), guess_kind::tail);
  EXPECT_FALSE(got.empty());
  EXPECT_TRUE(std::ranges::none_of(got, [](std::size_t file) { return file % 2 == 1; }));
  // Not even where a client reads it.
  reader.open(1);
  EXPECT_TRUE(reader.chunks(reader.read_column(1, 0, 0)).empty());
  EXPECT_EQ(reader.of->tail_for_head(reader.content(1).key, reader.now), 0u);
}

TEST(table_tails, a_listing_alone_fetches_nothing) {
  table_reader reader;
  EXPECT_TRUE(reader.list(0, 1'000).fetch.empty());
}

TEST(table_tails, that_nobody_reads_are_guessed_no_more) {
  auto reader = lake();
  std::size_t asked = 0;
  for (std::size_t round = 0; round < 12; ++round) {
    reader.list(0, 200);
    asked = reader.files(reader.read_tail(round * 15), guess_kind::tail).size();
    reader.wait(3s);
  }
  EXPECT_EQ(asked, 0u);
}

TEST(table_tails, metadata_mode_fetches_tails_only) {
  auto reader = lake(planner_with(mode::metadata));
  auto const got = reader.read_tail(0);
  EXPECT_TRUE(has(got, guess_kind::tail));
  EXPECT_TRUE(got.read_layout.empty());
  reader.learn(0);
  for (std::size_t group = 0; group < 8; ++group) {
    for (auto const& one : reader.read_column(0, group, 1).fetch) {
      EXPECT_EQ(one.kind, guess_kind::tail);
    }
  }
}

TEST(table_tails, a_forbidden_guess_stops_the_table) {
  auto reader = lake();
  auto const got = reader.read_tail(0);
  ASSERT_FALSE(got.fetch.empty());
  reader.step(refused{got.fetch.front().number, refused::why::forbidden});
  EXPECT_EQ(reader.of->tail_for_head(reader.content(50).key, reader.now), 0u);
  reader.learn(0);
  EXPECT_TRUE(reader.read_tail(1).fetch.empty());
  for (std::size_t group = 0; group < 8; ++group) {
    EXPECT_TRUE(reader.read_column(0, group, 1).fetch.empty());
  }
}

TEST(table_tails, a_refusal_of_another_kind_stops_nothing) {
  auto reader = lake();
  auto const got = reader.read_tail(0);
  ASSERT_FALSE(got.fetch.empty());
  reader.step(refused{got.fetch.front().number, refused::why::other});
  EXPECT_TRUE(has(reader.read_tail(1), guess_kind::tail));
}

TEST(table_tails, among_nodes_only_files_that_were_read_here_are_followed) {
  auto reader = lake(planner_with(mode::full, siblings::demanded));
  EXPECT_FALSE(has(reader.read_tail(0), guess_kind::tail));
  // Those that were read here are, when they have become others.
  for (std::size_t const file : {2U, 3U}) {
    reader.read_tail(file);
  }
  reader.wait(3s);
  for (std::size_t const file : {0U, 2U, 3U}) {
    reader.step(listed{reader.peer, {{reader.content(file).key, reader.alike.size()}}, {}});
  }
  reader.open(0);
  auto const got = reader.read_column(0, 7, 1);
  for (auto const& one : got.fetch) {
    EXPECT_TRUE(reader.number_of(one) == 0 || reader.number_of(one) == 2 || reader.number_of(one) == 3)
        << to_text(one);
  }
}

TEST(table_tails, of_a_head_come_in_its_place_until_four_were_not_read) {
  table_reader reader;
  auto const& limits = reader.plan.limits;
  for (unsigned file = 0; file < limits.unread_tails; ++file) {
    EXPECT_EQ(reader.of->tail_for_head(reader.content(file).key, reader.now), limits.head_tail);
    reader.step(opened{reader.peer, reader.content(file), reader.alike.tail(limits.head_tail), {}});
  }
  EXPECT_EQ(reader.of->tail_for_head(reader.content(9).key, reader.now), 0u);
  reader.read_tail(0);  // somebody does read them
  EXPECT_EQ(reader.of->tail_for_head(reader.content(9).key, reader.now), limits.head_tail);
}

TEST(table_tails, of_a_head_are_for_columnar_names) {
  table_reader reader;
  EXPECT_EQ(reader.of->tail_for_head(base::object_key{"t/a.csv"}, reader.now), 0u);
  EXPECT_GT(reader.of->tail_for_head(base::object_key{"t/a.orc"}, reader.now), 0u);
}

TEST(table_tails, a_head_of_one_file_has_its_layout_read) {
  table_reader reader;
  auto const got = reader.step(opened{reader.peer, reader.content(0), reader.alike.tail(), {}});
  ASSERT_EQ(got.read_layout.size(), 1u);
  EXPECT_EQ(got.read_layout[0].key, reader.content(0).key);
}

}  // namespace
}  // namespace s3proxy::read_ahead
