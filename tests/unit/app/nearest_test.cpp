#include "s3proxy/app/nearest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace s3proxy::app {
namespace {

constexpr std::array<std::string_view, 5> names{"port", "identities", "principals", "metadata-ttl", "secret"};

TEST(nearest, finds_what_was_probably_meant) {
  EXPECT_EQ(nearest("prot", names), "port");
  EXPECT_EQ(nearest("identity", names), "identities");
  EXPECT_EQ(nearest("principal", names), "principals");
  EXPECT_EQ(nearest("metadata", names), "metadata-ttl");
  EXPECT_EQ(nearest("secret-access-key", names), "secret");
}

TEST(nearest, says_nothing_where_nothing_is_near) {
  EXPECT_EQ(nearest("x", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest("colour", names), std::nullopt);
  EXPECT_EQ(nearest("anything", {}), std::nullopt);
}

}  // namespace
}  // namespace s3proxy::app
