#include "s3proxy/store/slab_supply.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace s3proxy::store {
namespace {

using base::byte_count;

bool is_resident(std::span<char> slab) {
  constexpr std::size_t page = 4096;
  std::vector<unsigned char> pages(slab.size() / page);
  EXPECT_EQ(::mincore(slab.data(), slab.size(), pages.data()), 0);
  return std::ranges::all_of(pages, [](unsigned char one) { return (one & 1U) != 0; });
}

TEST(slab_supply, slabs_are_zeroed_aligned_and_their_own) {
  slab_supply slabs(5 * slab_size, 2 * slab_size);
  std::set<char*> begins;
  for (int i = 0; i < 5; ++i) {
    auto const slab = slabs.take();
    ASSERT_EQ(slab.size(), slab_size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(slab.data()) % slab_size, 0U);
    EXPECT_TRUE(std::ranges::all_of(slab, [](char byte) { return byte == 0; }));
    std::ranges::fill(slab, static_cast<char>(i + 1));
    begins.insert(slab.data());
  }
  EXPECT_EQ(begins.size(), 5U);
  EXPECT_TRUE(slabs.take().empty()) << "all were handed out";
}

TEST(slab_supply, the_last_slab_has_what_is_left) {
  slab_supply slabs(slab_size + cache::block_size, 0);
  EXPECT_EQ(slabs.take().size(), slab_size);
  EXPECT_EQ(slabs.take().size(), cache::block_size);
  EXPECT_TRUE(slabs.take().empty());
}

TEST(slab_supply, what_is_taken_next_is_resident) {
  slab_supply slabs(8 * slab_size, 3 * slab_size);
  slabs.settle();
  EXPECT_EQ(slabs.resident(), 3 * slab_size);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(is_resident(slabs.take())) << i;
  }
}

TEST(slab_supply, no_more_is_resident_than_is_to_be) {
  slab_supply slabs(8 * slab_size, slab_size);
  slabs.settle();
  EXPECT_TRUE(is_resident(slabs.take()));
  slabs.settle();
  EXPECT_EQ(slabs.resident(), slab_size) << "its place was taken by the next";
}

TEST(slab_supply, with_nothing_kept_ahead_a_slab_is_as_good) {
  slab_supply slabs(2 * slab_size, 0);
  slabs.settle();
  EXPECT_EQ(slabs.resident(), 0U);
  EXPECT_FALSE(is_resident(slabs.take()));
}

TEST(slab_supply, threads_that_take_at_once_get_different_slabs) {
  constexpr std::size_t each = 16;
  slab_supply slabs(4 * each * slab_size, 8 * slab_size);
  std::vector<std::vector<char*>> taken(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : taken) {
      threads.emplace_back([&slabs, &mine] {
        for (std::size_t i = 0; i < each; ++i) {
          auto const slab = slabs.take();
          slab.front() = 1;
          mine.push_back(slab.data());
        }
      });
    }
  }
  std::set<char*> all;
  for (auto const& mine : taken) {
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 4 * each);
}

}  // namespace
}  // namespace s3proxy::store
