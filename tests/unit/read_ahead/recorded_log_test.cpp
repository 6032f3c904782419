#include "recorded_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace s3proxy::read_ahead {
namespace {

using namespace std::chrono_literals;

recording read(std::string text) {
  std::istringstream log(std::move(text));
  return read_recording(log);
}

std::string const two_objects =
    "# duckdb 1: SELECT 1\n"
    "schema a b.c\n"
    "object absent t/none\n"
    "object 1000 t/a file\n"
    "layout 0 column-indexes=0-0 offset-indexes=600-650 bloom-filters=0-0 footer=900-1000\n"
    "group 4:100 200\n"
    "group 10:50 -60:6\n";

TEST(recorded_log, tells_objects_and_where_their_columns_are) {
  auto const got = read(two_objects);
  EXPECT_EQ(got.title, "duckdb 1: SELECT 1");
  ASSERT_EQ(got.objects.size(), 2u);
  EXPECT_EQ(got.objects[0].key, "t/none");
  EXPECT_FALSE(got.objects[0].size);
  EXPECT_EQ(got.objects[1].key, "t/a file");
  ASSERT_TRUE(got.objects[1].columns);
  auto const& columns = *got.objects[1].columns;
  EXPECT_EQ(columns.columns, 2u);
  EXPECT_EQ(columns.row_groups, 2u);
  EXPECT_EQ(columns.chunk(0, 0), (base::byte_span{4, 104}));
  EXPECT_EQ(columns.chunk(0, 1), (base::byte_span{104, 304}));
  EXPECT_EQ(columns.chunk(1, 0), (base::byte_span{314, 364}));
  EXPECT_EQ(columns.chunk(1, 1), (base::byte_span{304, 310}));
  EXPECT_EQ(columns.offset_indexes, (base::byte_span{600, 650}));
  EXPECT_EQ(columns.footer, (base::byte_span{900, 1000}));
  EXPECT_EQ(columns.paths, (std::vector<std::uint64_t>{path_hash("a"), path_hash("b.c")}));
}

TEST(recorded_log, tells_each_kind_of_request) {
  auto const got = read(two_objects +
                        "0.0 1 L 0-1,1-2 t/\n"
                        "0.1 1 L - \n"
                        "31.2 2 H 1\n"
                        "31.2 3 G 1 4-104\n"
                        "40.0 3 G 1 990-\n"
                        "50.0 3 G 1 -8\n"
                        "60.0 3 G 1 *\n"
                        "70.0 3 G 0 *\n");
  ASSERT_EQ(got.requests.size(), 8u);
  auto const& listed = std::get<recorded_list>(got.requests[0].what);
  EXPECT_EQ(listed.prefix, "t/");
  EXPECT_EQ(listed.objects, (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(std::get<recorded_list>(got.requests[1].what).objects.empty());
  EXPECT_EQ(got.requests[2].at, 31200us);
  EXPECT_EQ(got.requests[2].connection, 2u);
  EXPECT_EQ(std::get<recorded_head>(got.requests[2].what).object, 1u);
  std::vector<std::optional<base::byte_span>> asked;
  for (std::size_t at = 3; at < got.requests.size(); ++at) {
    asked.push_back(got.bytes_of(std::get<recorded_get>(got.requests[at].what)));
  }
  EXPECT_EQ(asked, (std::vector<std::optional<base::byte_span>>{
                       {{4, 104}}, {{990, 1000}}, {{992, 1000}}, {{0, 1000}}, std::nullopt}));
}

TEST(recorded_log, names_the_line_that_is_not_of_the_form) {
  for (auto const* line :
       {"31.2 2 H 2", "31.2 2 H", "31 2 H 1", "31.2 2 P 1", "31.2 2 G 1 5-5", "31.2 2 G 1 4", "31.2 2 H 1 1",
        "31.2 2 L 0-3 t/", "group 1", "layout 1 x", "object", ""}) {
    try {
      read(two_objects + line + "\n");
      ADD_FAILURE() << line;
    } catch (std::runtime_error const& error) {
      EXPECT_NE(std::string{error.what()}.find("line 8 "), std::string::npos) << error.what();
    }
  }
}

TEST(recorded_log, a_time_that_goes_back_is_not_of_the_form) {
  EXPECT_THROW(read(two_objects + "1.0 1 H 1\n0.9 1 H 1\n"), std::runtime_error);
}

/// A file name and what it must hold at least: a recorder that loses requests would weaken every test on top.
TEST(recordings, hold_what_the_engines_asked_for) {
  auto const names = recording_names();
  ASSERT_EQ(names.size(), 21u);
  for (auto const& name : names) {
    SCOPED_TRACE(name);
    auto const got = load_recording(name);
    EXPECT_FALSE(got.title.empty());
    EXPECT_GE(got.requests.size(), 3u);
    EXPECT_TRUE(std::ranges::is_sorted(got.objects, {}, &recorded_object::key));
    for (auto const& request : got.requests) {
      auto const* get = std::get_if<recorded_get>(&request.what);
      if (!get || !got.objects[get->object].size) {
        continue;
      }
      EXPECT_TRUE(got.bytes_of(*get));
      EXPECT_EQ(got.objects[get->object].columns.has_value(),
                got.objects[get->object].key.ends_with(".parquet"));
    }
  }
}

TEST(recordings, every_layout_lies_inside_its_object_and_overlaps_nothing) {
  for (auto const& name : recording_names()) {
    SCOPED_TRACE(name);
    for (auto const& object : load_recording(name).objects) {
      if (!object.columns) {
        continue;
      }
      auto const& layout = *object.columns;
      EXPECT_EQ(layout.footer.end, object.size);
      EXPECT_GT(layout.row_groups, 0u);
      base::byte_count end = 4;  // behind the magic
      for (auto const& chunk : layout.chunks) {
        EXPECT_GE(chunk.begin, end);
        EXPECT_FALSE(chunk.empty());
        end = chunk.end;
      }
      EXPECT_LE(end, layout.footer.begin);
    }
  }
}

}  // namespace
}  // namespace s3proxy::read_ahead
