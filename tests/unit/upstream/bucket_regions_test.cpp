#include "s3proxy/upstream/bucket_regions.hpp"

#include <gtest/gtest.h>

namespace s3proxy::upstream {
namespace {

TEST(bucket_regions, what_was_learnt_last_counts) {
  bucket_regions known;
  EXPECT_EQ(known.find("b"), std::nullopt);
  known.remember("b", "eu-west-1", 10);
  known.remember("b", "us-west-2", 10);
  EXPECT_EQ(known.find("b"), "us-west-2");
  known.forget("b");
  known.forget("b");
  EXPECT_EQ(known.find("b"), std::nullopt);
}

TEST(bucket_regions, the_oldest_goes_when_there_are_too_many) {
  bucket_regions known;
  for (int i = 0; i < 100; ++i) {
    known.remember("bucket-" + std::to_string(i), "eu-west-1", 10);
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(known.find("bucket-" + std::to_string(i)).has_value(), i >= 90) << i;
  }
}

TEST(bucket_regions, a_forgotten_one_leaves_its_place) {
  bucket_regions known;
  known.remember("a", "eu-west-1", 2);
  known.remember("b", "eu-west-1", 2);
  known.forget("a");
  known.remember("c", "eu-west-1", 2);
  EXPECT_TRUE(known.find("b"));
  EXPECT_TRUE(known.find("c"));
}

}  // namespace
}  // namespace s3proxy::upstream
