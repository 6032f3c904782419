#include "s3proxy/read_ahead/columns.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace s3proxy::read_ahead {
namespace {

file_shape two_columns_in_one_row_group() {
  layout where;
  where.row_groups = 1;
  where.columns = 2;
  where.chunks = {{4, 104}, {104, 204}};
  where.paths = {11, 22};
  where.footer = {204, 300};
  return file_shape(std::make_shared<layout const>(std::move(where)));
}

TEST(columns, a_run_lies_where_its_first_and_last_chunk_do) {
  auto const shape = two_columns_in_one_row_group();
  EXPECT_EQ(shape.find({11, 22}, 0), (base::byte_span{4, 204}));
  EXPECT_EQ(shape.find({22, 22}, 0), (base::byte_span{104, 204}));
  EXPECT_EQ(shape.find({11, 33}, 0), std::nullopt);
}

// A reader of the version before may have been in its ninth row group.
TEST(columns, a_row_group_that_the_file_lacks_has_none) {
  auto const shape = two_columns_in_one_row_group();
  EXPECT_EQ(shape.find({11, 11}, 1), std::nullopt);
  EXPECT_EQ(shape.find({11, 11}, 8), std::nullopt);
}

}  // namespace
}  // namespace s3proxy::read_ahead
