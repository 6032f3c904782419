#include "s3proxy/cache/s3_fifo.hpp"

#include "shelf_of_items.hpp"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <random>
#include <vector>

namespace s3proxy::cache {
namespace {

using namespace shelf_of_items;

/// A cache of `capacity` items that counts its hits.
class counted {
 public:
  explicit counted(std::size_t capacity, s3_fifo_limits limits = {}) : order_(capacity, limits) {}
  ~counted() {
    for (auto& [name, one] : items_) {
      order_.erase(one);
    }
  }

  void use(std::uint64_t name) {
    auto& one = items_.try_emplace(name, name).first->second;
    if (one.where != place::none) {
      ++hits_;
    } else {
      order_.insert(one);
      while (order_.charge() > order_.capacity()) {
        order_.evict([&](eviction_node const& node) { return &node != &one; });
      }
    }
    one.touch();
  }
  std::size_t hits() const { return hits_; }
  std::size_t small_bound() const { return order_.small_bound(); }

 private:
  s3_fifo order_;
  std::map<std::uint64_t, item> items_;
  std::size_t hits_ = 0;
};

std::size_t hits_of_lru(std::vector<std::uint64_t> const& uses, std::size_t capacity) {
  std::list<std::uint64_t> newest_first;
  std::map<std::uint64_t, std::list<std::uint64_t>::iterator> places;
  std::size_t hits = 0;
  for (auto const name : uses) {
    if (auto const found = places.find(name); found != places.end()) {
      ++hits;
      newest_first.erase(found->second);
    } else if (places.size() == capacity) {
      places.erase(newest_first.back());
      newest_first.pop_back();
    }
    newest_first.push_front(name);
    places[name] = newest_first.begin();
  }
  return hits;
}

std::size_t hits_of(std::vector<std::uint64_t> const& uses, std::size_t capacity,
                    s3_fifo_limits limits = {}) {
  counted through(capacity, limits);
  for (auto const name : uses) {
    through.use(name);
  }
  return through.hits();
}

/// Few names often, the others once: what a cache is for.
std::vector<std::uint64_t> favourites_and_strangers() {
  std::mt19937 random(1);
  std::vector<std::uint64_t> uses;
  for (std::uint64_t i = 0; i < 40'000; ++i) {
    uses.push_back(random() % 5 < 2 ? random() % 300 : 1000 + i);
  }
  return uses;
}

/// Each name comes once, and again for a while: every query asks for the newest files.
std::vector<std::uint64_t> sliding_window() {
  std::mt19937 random(1);
  std::vector<std::uint64_t> uses;
  for (std::uint64_t i = 1000; i < 21'000; ++i) {
    uses.push_back(i);
    uses.push_back(i - random() % 200);
  }
  return uses;
}

constexpr std::size_t room = 300;

TEST(s3_fifo_adapts, where_some_are_favourites_it_holds_more_of_them_than_an_lru) {
  auto const uses = favourites_and_strangers();
  EXPECT_GT(hits_of(uses, room), hits_of_lru(uses, room) + uses.size() / 20) << "five points";
}

TEST(s3_fifo_adapts, where_new_replaces_old_it_is_nearly_an_lru) {
  auto const uses = sliding_window();
  s3_fifo_limits fixed;
  fixed.step = 0;
  auto const lru = hits_of_lru(uses, room);
  EXPECT_GT(hits_of(uses, room) + uses.size() / 50, lru) << "two points";
  EXPECT_LT(hits_of(uses, room, fixed) + uses.size() / 5, lru) << "a tenth alone loses twenty";
}

TEST(s3_fifo_adapts, the_small_queue_has_a_tenth_to_begin_with) {
  EXPECT_EQ(s3_fifo(1000).small_bound(), 100U);
}

TEST(s3_fifo_adapts, a_soon_return_moves_the_bound_away_from_the_queue_that_was_long_enough) {
  shelf s(100);
  s.put(1);
  ASSERT_EQ(s.order.evict(anything)->fingerprint, 1U);
  auto& back = s.put(1);
  ASSERT_EQ(back.where, place::main);
  EXPECT_EQ(s.order.small_bound(), 14U) << "it left the small queue";
  ASSERT_EQ(s.order.evict(anything), &back);
  EXPECT_EQ(s.put(1).where, place::main);
  EXPECT_EQ(s.order.small_bound(), 10U) << "it left the main queue";
}

TEST(s3_fifo_adapts, a_late_return_moves_nothing) {
  shelf s(100);
  s.put(1);
  s.order.evict(anything);
  for (std::uint64_t name = 100; name < 120; ++name) {
    s.put(name);
    s.order.evict(anything);
  }
  EXPECT_EQ(s.put(1).where, place::main) << "it is remembered";
  EXPECT_EQ(s.order.small_bound(), 10U);
}

TEST(s3_fifo_adapts, neither_queue_loses_all_of_its_room) {
  shelf s(100);
  for (int i = 0; i < 100; ++i) {
    s.put(1);
    s.order.erase(*s.order.evict(anything));
    s.order.erase(s.put(1));
  }
  EXPECT_EQ(s.order.small_bound(), 90U);
  s.put(2);
  s.order.evict(anything);
  for (int i = 0; i < 100; ++i) {
    s.put(2);
    ASSERT_EQ(s.order.evict(anything)->fingerprint, 2U);
  }
  EXPECT_EQ(s.order.small_bound(), 5U);
}

}  // namespace
}  // namespace s3proxy::cache
