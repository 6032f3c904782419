#include "s3proxy/read_ahead/columns.hpp"

#include "even_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>
#include <vector>

namespace s3proxy::read_ahead {
namespace {

using base::byte_span;
using found = std::vector<std::array<std::size_t, 3>>;  // row group, first, last

constexpr even_file plain{.row_groups = 3, .columns = 4, .chunk = 100};

file_shape shape_of(layout of) {
  return file_shape(std::move(of));
}

found columns(file_shape const& of, byte_span read) {
  found out;
  for (auto const& one : of.columns_in(read)) {
    out.push_back({one.row_group, one.first, one.last});
  }
  return out;
}

TEST(columns, a_read_of_a_chunk_wants_its_column) {
  EXPECT_EQ(columns(shape_of(plain.shape()), plain.where(1, 2)), (found{{1, 2, 2}}));
}

TEST(columns, a_read_that_begins_with_a_chunk_or_ends_with_one_wants_that_column) {
  auto const chunk = plain.where(1, 2);
  EXPECT_EQ(columns(shape_of(plain.shape()), {chunk.begin, chunk.begin + 10}), (found{{1, 2, 2}}));
  EXPECT_EQ(columns(shape_of(plain.shape()), {chunk.end - 10, chunk.end}), (found{{1, 2, 2}}));
  // It begins within another: that one is not known to be wanted.
  EXPECT_EQ(columns(shape_of(plain.shape()), {chunk.begin - 10, chunk.end}), (found{{1, 2, 2}}));
  EXPECT_EQ(columns(shape_of(plain.shape()), {chunk.begin, chunk.end + 10}), (found{{1, 2, 2}}));
}

TEST(columns, a_read_of_pages_inside_a_chunk_wants_none) {
  auto const chunk = plain.where(1, 2);
  EXPECT_EQ(columns(shape_of(plain.shape()), {chunk.begin + 10, chunk.end - 10}), found{});
  EXPECT_EQ(columns(shape_of(plain.shape()), {chunk.begin + 10, chunk.end + 10}), found{});
}

TEST(columns, a_merged_read_is_one_run_from_its_first_to_its_last) {
  EXPECT_EQ(columns(shape_of(plain.shape()), {plain.where(0, 1).begin, plain.where(0, 3).end}),
            (found{{0, 1, 3}}));
}

TEST(columns, a_read_of_the_tail_is_no_read_of_the_columns_under_it) {
  auto const shape = shape_of(plain.shape());
  EXPECT_EQ(columns(shape, {plain.where(1, 0).begin, plain.size()}), found{});
  EXPECT_EQ(columns(shape, {plain.where(2, 3).begin, plain.data_end() + 1}), found{});
  EXPECT_EQ(columns(shape, {plain.where(2, 3).begin, plain.data_end()}), (found{{2, 3, 3}}));
}

TEST(columns, a_read_over_several_row_groups_wants_a_run_of_each) {
  EXPECT_EQ(columns(shape_of(plain.shape()), {plain.where(0, 2).begin, plain.where(2, 0).end}),
            (found{{0, 2, 3}, {1, 0, 3}, {2, 0, 0}}));
}

TEST(columns, are_told_by_their_place_and_not_by_their_number) {
  auto layout = plain.shape();
  std::swap(layout.chunks[0], layout.chunks[3]);  // of the first row group: 3 1 2 0
  auto const shape = shape_of(std::move(layout));
  EXPECT_EQ(columns(shape, plain.where(0, 0)), (found{{0, 3, 3}}));
  EXPECT_EQ(columns(shape, {plain.where(0, 0).begin, plain.where(0, 1).end}), (found{{0, 3, 1}}));
  auto const run = shape.name({0, 3, 1});
  EXPECT_EQ(shape.find(run, 0), (byte_span{plain.where(0, 0).begin, plain.where(0, 1).end}));
  EXPECT_EQ(shape.find(run, 1), std::nullopt);  // there it lies the other way round
}

TEST(columns, a_run_is_found_where_a_sibling_keeps_it) {
  even_file const wider{.row_groups = 2, .columns = 4, .chunk = 333};
  auto const run = shape_of(plain.shape()).name({0, 1, 2});
  EXPECT_EQ(shape_of(wider.shape()).find(run, 1),
            (byte_span{wider.where(1, 1).begin, wider.where(1, 2).end}));
}

TEST(columns, a_sibling_that_lacks_an_end_of_a_run_has_none) {
  even_file const fewer{.row_groups = 2, .columns = 2, .chunk = 100};
  auto const shape = shape_of(plain.shape());
  EXPECT_EQ(shape_of(fewer.shape()).find(shape.name({0, 1, 2}), 0), std::nullopt);
  EXPECT_TRUE(shape_of(fewer.shape()).find(shape.name({0, 0, 1}), 0));
  EXPECT_EQ(shape_of(fewer.shape()).column(path_hash("3")), 2u);
}

TEST(columns, of_columns_that_share_a_path_the_first_is_the_one) {
  auto twins = plain.shape();
  twins.paths = {30, 10, 30, 10};
  auto const shape = shape_of(std::move(twins));
  EXPECT_EQ(shape.column(30), 0u);
  EXPECT_EQ(shape.column(10), 1u);
  EXPECT_EQ(shape.column(20), plain.columns);
}

TEST(columns, an_empty_chunk_is_not_wanted_and_not_found) {
  auto layout = plain.shape();
  layout.chunks[1] = {0, 0};
  auto const shape = shape_of(std::move(layout));
  EXPECT_EQ(columns(shape, {plain.where(0, 0).begin, plain.where(0, 2).end}), (found{{0, 0, 2}}));
  EXPECT_EQ(shape.find(shape.name({0, 1, 1}), 0), std::nullopt);
  EXPECT_TRUE(shape.find(shape.name({0, 1, 1}), 1));
}

TEST(columns, an_empty_chunk_does_not_hide_its_row_group) {
  auto layout = plain.shape();
  layout.chunks[9] = {0, 0};  // of the last row group
  EXPECT_EQ(columns(shape_of(std::move(layout)), plain.where(2, 0)), (found{{2, 0, 0}}));
}

// A reader of the version before may have been in its ninth row group.
TEST(columns, a_row_group_that_the_file_lacks_has_none) {
  auto const shape = shape_of(plain.shape());
  auto const run = shape.name({0, 1, 1});
  EXPECT_TRUE(shape.find(run, 2));
  EXPECT_EQ(shape.find(run, 3), std::nullopt);
  EXPECT_EQ(shape.find(run, 8), std::nullopt);
}

}  // namespace
}  // namespace s3proxy::read_ahead
