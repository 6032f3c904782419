#include "s3proxy/store/write_epochs.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace s3proxy::store {
namespace {

base::bucket_name const lake("lake"), pond("pond");
base::object_key const a("a");

TEST(write_epochs, the_sequence_rises) {
  write_epochs epochs;
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    auto const next = epochs.next();
    EXPECT_GT(next, last);
    last = next;
    if (i % 7 == 0) {
      epochs.raise(lake, a);
    }
  }
}

TEST(write_epochs, a_key_that_was_never_written_has_no_edge) {
  write_epochs const epochs;
  EXPECT_EQ(epochs.raised(lake, a), 0U);
}

TEST(write_epochs, an_edge_lies_between_what_began_before_and_after) {
  write_epochs epochs;
  auto const before = epochs.next();
  epochs.raise(lake, a);
  auto const after = epochs.next();
  EXPECT_LT(before, epochs.raised(lake, a));
  EXPECT_GT(after, epochs.raised(lake, a));
}

TEST(write_epochs, a_later_edge_replaces_an_earlier) {
  write_epochs epochs;
  epochs.raise(lake, a);
  auto const first = epochs.raised(lake, a);
  epochs.raise(lake, a);
  EXPECT_GT(epochs.raised(lake, a), first);
}

/// How many of 1,000 other keys a raise reaches: none but for collisions of the hashed table.
std::size_t reached(write_epochs const& epochs, base::bucket_name const& bucket, std::uint64_t since) {
  std::size_t out = 0;
  for (int i = 0; i < 1'000; ++i) {
    out += epochs.raised(bucket, base::object_key("k" + std::to_string(i))) > since;
  }
  return out;
}

TEST(write_epochs, a_write_of_one_key_leaves_the_others) {
  write_epochs epochs;
  epochs.raise(lake, a);
  EXPECT_LT(reached(epochs, lake, 0), 10U);
  EXPECT_LT(reached(epochs, pond, 0), 10U);
}

TEST(write_epochs, a_raise_of_the_bucket_covers_all_its_keys) {
  write_epochs epochs;
  epochs.raise(lake, a);
  auto const before = epochs.next();
  epochs.raise(lake);
  EXPECT_GT(epochs.raised(lake, a), before);
  EXPECT_EQ(reached(epochs, lake, before), 1'000U);
  EXPECT_LT(reached(epochs, pond, before), 10U);
  epochs.raise(lake, a);
  EXPECT_GT(epochs.raised(lake, a), epochs.raised(lake, base::object_key("b")))
      << "the later edge of the two";
}

TEST(write_epochs, no_order_is_given_twice_whoever_asks) {
  write_epochs epochs;
  std::vector<std::vector<std::uint64_t>> given(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : given) {
      threads.emplace_back([&epochs, &mine] {
        for (int i = 0; i < 5'000; ++i) {
          mine.push_back(epochs.next());
        }
      });
    }
  }
  std::set<std::uint64_t> all;
  for (auto const& mine : given) {
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 20'000U);
}

TEST(write_epochs, of_concurrent_edges_the_greatest_stays) {
  write_epochs epochs;
  std::atomic<int> lost{0};
  auto const write = [&] {
    std::uint64_t highest = 0;
    for (int i = 0; i < 5'000; ++i) {
      auto const began = epochs.next();
      epochs.raise(lake, a);
      auto const now = epochs.raised(lake, a);
      lost += now <= began || now < highest;
      highest = now;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(write);
    }
  }
  EXPECT_EQ(lost, 0);
  EXPECT_LT(epochs.raised(lake, a), epochs.next());
}

TEST(write_epochs, a_change_of_rights_concerns_its_bucket_and_no_object_in_it) {
  write_epochs epochs;
  auto const before = epochs.raised(lake, a);
  auto const then = epochs.next();
  epochs.raise_rights(lake);
  EXPECT_GT(epochs.rights_raised(lake), then);
  EXPECT_EQ(epochs.rights_raised(pond), 0U);
  EXPECT_EQ(epochs.raised(lake, a), before);
}

}  // namespace
}  // namespace s3proxy::store
