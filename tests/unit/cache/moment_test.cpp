#include "s3proxy/cache/moment.hpp"

#include <gtest/gtest.h>

namespace s3proxy::cache {
namespace {

TEST(moment, what_began_after_the_last_write_edge_stands) {
  struct {
    std::uint64_t began, raised;
    bool stands;
  } const table[] = {{1, 0, true}, {5, 4, true}, {5, 5, false}, {5, 6, false}, {0, 0, false}};
  for (auto const& row : table) {
    EXPECT_EQ(stands({{}, row.began}, row.raised), row.stands) << row.began << " against " << row.raised;
  }
}

TEST(moment, the_order_decides_and_not_the_clock) {
  auto const late = time_point(std::chrono::hours(9));
  EXPECT_FALSE(stands({late, 3}, 7));
  EXPECT_TRUE(stands({time_point{}, 8}, 7));
}

}  // namespace
}  // namespace s3proxy::cache
