#include "s3proxy/read_ahead/table_name.hpp"

#include <gtest/gtest.h>

namespace s3proxy::read_ahead {
namespace {

TEST(table_name, ends_before_the_first_segment_of_a_name_and_a_value) {
  EXPECT_EQ(table_of("lake/sales/year=2024/month=1/a.parquet"), "lake/sales/");
  EXPECT_EQ(table_of("year=2024/a.parquet"), "");
  EXPECT_EQ(table_of("a/b=/c"), "a/");
  EXPECT_EQ(table_of("a/=b/c/d"), "a/");
}

TEST(table_name, is_the_directory_where_no_segment_is_one) {
  EXPECT_EQ(table_of("lake/a.csv"), "lake/");
  EXPECT_EQ(table_of("lake/deep/er/still/a.csv"), "lake/deep/er/still/");
  EXPECT_EQ(table_of("a.csv"), "");
  EXPECT_EQ(table_of(""), "");
  EXPECT_EQ(table_of("lake//a"), "lake//");
  EXPECT_EQ(table_of("/a"), "/");
}

TEST(table_name, a_file_is_no_segment) {
  EXPECT_EQ(table_of("lake/day=1.parquet"), "lake/");
  EXPECT_EQ(table_of("day=1.parquet"), "");
}

TEST(format, is_told_by_the_ending_of_a_name) {
  for (auto const* key : {"a/b.parquet", "a.zstd.parquet", "x.parq", "x.pq"}) {
    EXPECT_EQ(format_of(key), format::parquet) << key;
  }
  for (auto const* key : {"a.orc", "a.arrow", "a.feather", "a.ipc", "a.lance"}) {
    EXPECT_EQ(format_of(key), format::columnar) << key;
  }
  for (auto const* key : {"a.csv", "parquet", "a.parquet/b", "a.parquet.crc", ""}) {
    EXPECT_EQ(format_of(key), format::other) << key;
  }
}

}  // namespace
}  // namespace s3proxy::read_ahead
