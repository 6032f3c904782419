#include "s3proxy/cache/ghost_list.hpp"

#include <gtest/gtest.h>

namespace s3proxy::cache {
namespace {

TEST(ghost_list, a_ghost_is_taken_once_and_tells_how_many_came_since) {
  ghost_list ghosts;
  for (std::uint64_t name = 1; name <= 3; ++name) {
    ghosts.add(name, 10);
  }
  EXPECT_EQ(ghosts.take(3), 0U);
  EXPECT_EQ(ghosts.take(1), 2U);
  EXPECT_EQ(ghosts.take(1), std::nullopt);
  EXPECT_EQ(ghosts.take(4), std::nullopt);
}

TEST(ghost_list, the_oldest_are_forgotten) {
  ghost_list ghosts;
  for (std::uint64_t name = 1; name <= 5; ++name) {
    ghosts.add(name, 3);
  }
  EXPECT_EQ(ghosts.take(2), std::nullopt);
  EXPECT_EQ(ghosts.take(3), 2U);
  ghosts.add(6, 1);
  EXPECT_EQ(ghosts.take(5), std::nullopt) << "also when the list becomes shorter";
  EXPECT_EQ(ghosts.take(6), 0U);
}

TEST(ghost_list, who_left_again_is_not_forgotten_with_its_former_ghost) {
  ghost_list ghosts;
  ghosts.add(1, 3);
  ASSERT_EQ(ghosts.take(1), 0U);
  ghosts.add(2, 3);
  ghosts.add(1, 3);
  ghosts.add(3, 3);
  EXPECT_EQ(ghosts.take(1), 1U);
}

}  // namespace
}  // namespace s3proxy::cache
