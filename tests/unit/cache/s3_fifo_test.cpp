#include "s3proxy/cache/s3_fifo.hpp"

#include "shelf_of_items.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <vector>

namespace s3proxy::cache {
namespace {

using namespace shelf_of_items;

TEST(s3_fifo, unread_items_leave_in_the_order_in_which_they_came) {
  shelf s(10);
  for (std::uint64_t i = 0; i < 5; ++i) {
    s.put(i);
  }
  EXPECT_EQ(s.evict_all(), (std::vector<std::uint64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(s.order.count(), 0U);
  EXPECT_EQ(s.order.charge(), 0U);
}

TEST(s3_fifo, the_first_read_is_birth_and_the_second_is_reuse) {
  shelf s(10);
  auto& once = s.put(1);
  auto& twice = s.put(2);
  s.put(3);
  once.touch();
  twice.touch();
  twice.touch();
  EXPECT_EQ(s.order.evict(anything), &once);
  EXPECT_EQ(s.order.evict(anything)->fingerprint, 3U);
  EXPECT_EQ(twice.where, place::main);
  EXPECT_EQ(s.order.evict(anything), &twice);
}

TEST(s3_fifo, what_comes_back_soon_goes_straight_to_the_main_queue) {
  shelf s(10);
  s.put(1);
  EXPECT_EQ(s.put(2).where, place::small);
  ASSERT_EQ(s.order.evict(anything)->fingerprint, 1U);
  EXPECT_EQ(s.put(1).where, place::main);
  EXPECT_EQ(s.put(3).where, place::small);
}

TEST(s3_fifo, a_return_is_remembered_once) {
  shelf s(10);
  s.put(1);
  s.order.evict(anything);
  s.order.erase(s.put(1));
  EXPECT_EQ(s.put(1).where, place::small);
}

TEST(s3_fifo, ghosts_are_forgotten_in_time) {
  shelf s(10);
  s.put(1);
  s.order.evict(anything);
  for (std::uint64_t name = 100; name < 300; ++name) {
    s.put(name);
    s.order.evict(anything);
  }
  EXPECT_EQ(s.put(1).where, place::small);
  EXPECT_EQ(s.put(299).where, place::main);
}

TEST(s3_fifo, the_main_queue_pays_while_the_small_one_is_below_a_tenth) {
  shelf s(100);
  for (std::uint64_t i = 0; i < 95; ++i) {
    auto& one = s.put(i);
    one.touch();
    one.touch();
  }
  s.put(95);
  ASSERT_EQ(s.order.evict(anything)->fingerprint, 95U) << "all that were read twice move on first";
  for (std::uint64_t i = 200; i < 205; ++i) {
    s.put(i);
  }
  EXPECT_EQ(s.order.evict(anything)->fingerprint, 0U) << "the oldest of the main queue";
}

TEST(s3_fifo, reads_in_the_main_queue_buy_one_round_each) {
  shelf s(2);
  for (std::uint64_t i = 0; i < 3; ++i) {
    auto& one = s.put(i);
    one.touch();
    one.touch();
  }
  ASSERT_EQ(s.order.evict(anything)->fingerprint, 0U);
  s.items[1]->touch();
  EXPECT_EQ(s.order.evict(anything)->fingerprint, 2U);
  EXPECT_EQ(s.order.evict(anything)->fingerprint, 1U);
}

TEST(s3_fifo, reads_are_counted_up_to_three) {
  item one(1);
  for (int i = 0; i < 300; ++i) {
    one.touch();
  }
  EXPECT_EQ(one.uses, 3U);
}

TEST(s3_fifo, pinned_items_are_passed_over_and_stay) {
  shelf s(10);
  s.put(1).pinned = true;
  s.put(2);
  s.put(3).pinned = true;
  EXPECT_EQ(s.order.evict(unpinned)->fingerprint, 2U);
  EXPECT_EQ(s.order.evict(unpinned), nullptr);
  EXPECT_EQ(s.order.count(), 2U);
  s.items[0]->pinned = false;
  EXPECT_EQ(s.order.evict(unpinned)->fingerprint, 1U);
}

TEST(s3_fifo, an_item_that_may_go_is_found_wherever_it_is) {
  // The main queue is pinned, the small one is below its tenth and was all read twice.
  shelf s(100);
  for (std::uint64_t i = 0; i < 60; ++i) {
    auto& one = s.put(i);
    one.touch();
    one.touch();
    one.pinned = true;
  }
  ASSERT_EQ(s.order.evict(unpinned), nullptr) << "all move to the main queue";
  auto& free = s.put(100);
  free.touch();
  free.touch();
  EXPECT_EQ(s.order.evict(unpinned), &free);
}

TEST(s3_fifo, however_often_all_were_read_one_goes) {
  shelf s(10);
  for (std::uint64_t i = 0; i < 4; ++i) {
    auto& one = s.put(i);
    one.touch();
    one.touch();
  }
  ASSERT_EQ(s.order.evict([](auto const&) { return false; }), nullptr) << "all move to the main queue";
  s.put(100).pinned = true;
  for (auto const& one : s.items) {
    for (int reads = 0; reads < 3; ++reads) {
      one->touch();
    }
  }
  s.items.back()->uses = 0;
  EXPECT_EQ(s.order.evict(unpinned)->fingerprint, 0U);
}

TEST(s3_fifo, the_search_ends_when_nothing_may_go) {
  shelf s(10);
  for (std::uint64_t i = 0; i < 20; ++i) {
    auto& one = s.put(i);
    for (auto reads = i % 5; reads > 0; --reads) {
      one.touch();
    }
  }
  EXPECT_EQ(s.order.evict([](auto const&) { return false; }), nullptr);
  EXPECT_EQ(s.order.count(), 20U);
  EXPECT_EQ(s.order.charge(), 20U);
  EXPECT_EQ(shelf(5).order.evict(anything), nullptr) << "nor in an empty one";
}

TEST(s3_fifo, erasing_takes_an_item_out_once) {
  shelf s(10);
  for (std::uint64_t i = 0; i < 3; ++i) {
    s.put(i, 10);
  }
  s.order.erase(*s.items[1]);
  EXPECT_EQ(s.order.count(), 2U);
  EXPECT_EQ(s.order.charge(), 20U);
  s.order.erase(*s.items[1]);
  EXPECT_EQ(s.order.count(), 2U);
  EXPECT_EQ(s.evict_all(), (std::vector<std::uint64_t>{0, 2}));
}

TEST(s3_fifo, a_charge_may_change_in_either_queue) {
  shelf s(100);
  auto& small = s.put(1, 10);
  auto& main = s.put(2, 10);
  s.order.erase(main);
  main.touch();
  s.order.insert(main);
  s.order.recharge(small, 25);
  EXPECT_EQ(s.order.charge(), 35U);
  s.order.recharge(small, 5);
  s.order.recharge(main, 1);
  EXPECT_EQ(s.order.charge(), 6U);
  s.evict_all();
  EXPECT_EQ(s.order.charge(), 0U);
}

TEST(s3_fifo, one_scan_does_not_evict_what_was_read_twice) {
  shelf s(1000);
  std::vector<item*> working_set;
  for (std::uint64_t i = 0; i < 800; ++i) {
    auto& one = s.put_and_make_room(i);
    one.touch();
    one.touch();
    working_set.push_back(&one);
  }
  for (std::uint64_t i = 10'000; i < 30'000; ++i) {
    s.put_and_make_room(i).touch();
  }
  for (auto const* one : working_set) {
    EXPECT_NE(one->where, place::none) << one->fingerprint;
  }
  EXPECT_EQ(s.order.charge(), 1000U);
}

void play_random_operations(std::size_t capacity) {
  std::mt19937 random(7);
  s3_fifo order(capacity);
  std::vector<std::unique_ptr<item>> items;
  for (std::uint64_t i = 0; i < 60; ++i) {
    items.push_back(std::make_unique<item>(i, 1 + random() % 20));
    items.back()->what = i % 3 == 0 ? kind::tail : kind::data;
  }
  std::set<item*> queued;
  for (int round = 0; round < 30'000; ++round) {
    auto& one = *items[random() % items.size()];
    switch (random() % 6) {
      case 0:
      case 1:
        if (queued.insert(&one).second) {
          random() % 3 == 0 ? order.insert_on_probation(one) : order.insert(one);
        } else if (one.where == place::probation) {
          order.admit(one);
        }
        break;
      case 2:
        one.touch();
        break;
      case 3:
        one.pinned = random() % 3 == 0;
        break;
      case 4:
        if (random() % 2 == 0) {
          order.erase(one);
          queued.erase(&one);
        } else if (queued.contains(&one)) {
          order.recharge(one, 1 + random() % 20);
        }
        break;
      case 5: {
        auto const may = std::ranges::any_of(queued, [](auto const* i) { return !i->pinned; });
        auto const guesses = std::ranges::any_of(
            queued, [](auto const* i) { return !i->pinned && i->where == place::probation; });
        auto const* const guess = order.oldest_on_probation(unpinned);
        ASSERT_EQ(guess != nullptr, guesses);
        auto* const victim = static_cast<item*>(order.evict(unpinned));
        ASSERT_TRUE(!guess || victim == guess);
        ASSERT_EQ(victim != nullptr, may) << "gives nothing only when nothing may go";
        ASSERT_TRUE(!victim || (!victim->pinned && queued.erase(victim) == 1));
        break;
      }
      default:
        break;
    }
    std::size_t charge = 0;
    for (auto const* i : queued) {
      charge += i->charge;
      ASSERT_NE(i->where, place::none);
    }
    ASSERT_EQ(order.charge(), charge);
    ASSERT_EQ(order.count(), queued.size());
    ASSERT_LE(order.small_bound(), capacity);
  }
}

TEST(s3_fifo, random_operations_keep_the_books) {
  for (auto const capacity : {1U, 200U, 2'000U, 100'000U}) {
    play_random_operations(capacity);
  }
}

}  // namespace
}  // namespace s3proxy::cache
