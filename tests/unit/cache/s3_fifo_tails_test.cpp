#include "s3proxy/cache/s3_fifo.hpp"

#include "shelf_of_items.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace s3proxy::cache {
namespace {

using namespace shelf_of_items;

constexpr std::size_t capacity = 200;
constexpr std::size_t share = 10;

TEST(s3_fifo_tails, no_scan_of_data_evicts_the_tails_in_their_share) {
  shelf s(capacity);
  std::vector<item*> tails;
  for (std::uint64_t name = 0; name < share; ++name) {
    tails.push_back(&s.put_tail(name));
  }
  for (std::uint64_t name = 1000; name < 1000 + 10 * capacity; ++name) {
    s.put_and_make_room(name).touch();
  }
  for (auto const* tail : tails) {
    EXPECT_EQ(tail->where, place::tails) << tail->fingerprint;
  }
  EXPECT_EQ(s.order.tail_charge(), share);
  EXPECT_EQ(s.order.charge(), capacity);
}

TEST(s3_fifo_tails, beyond_their_share_the_oldest_that_was_not_read_again_is_data) {
  shelf s(capacity);
  for (std::uint64_t name = 0; name < share; ++name) {
    s.put_tail(name).touch();
  }
  s.items[0]->touch();
  s.put_tail(100);
  EXPECT_EQ(s.items[0]->where, place::tails) << "read twice";
  EXPECT_EQ(s.items[1]->where, place::small) << "read once: why it was fetched";
  EXPECT_EQ(s.order.tail_charge(), share);
  EXPECT_EQ(s.order.count(), share + 1) << "nothing has left";
  ASSERT_EQ(s.order.evict(anything), s.items[1].get());
}

TEST(s3_fifo_tails, tails_take_what_data_does_not_want_and_no_more) {
  shelf s(capacity);
  for (std::uint64_t name = 0; name < capacity; ++name) {
    s.put_tail(name);
  }
  EXPECT_EQ(s.order.charge(), capacity);
  for (std::uint64_t name = 1000; name < 1000 + capacity; ++name) {
    s.put_and_make_room(name).touch();
  }
  std::size_t left = 0;
  for (std::size_t i = 0; i < capacity; ++i) {
    left += s.items[i]->where != place::none ? 1 : 0;
  }
  EXPECT_EQ(left, share);
}

TEST(s3_fifo_tails, however_often_all_were_read_they_stay_in_their_share) {
  shelf s(capacity);
  for (std::uint64_t name = 0; name < 3 * share; ++name) {
    auto& tail = s.put_tail(name);
    for (int reads = 0; reads < 3; ++reads) {
      tail.touch();
    }
    ASSERT_LE(s.order.tail_charge(), share);
  }
}

TEST(s3_fifo_tails, a_tail_goes_when_no_data_may) {
  shelf s(capacity);
  s.put(1).pinned = true;
  auto& first = s.put_tail(2);
  first.pinned = true;
  auto& second = s.put_tail(3);
  EXPECT_EQ(s.order.evict(unpinned), &second);
  EXPECT_EQ(s.order.evict(unpinned), nullptr);
  EXPECT_EQ(s.order.count(), 2U);
}

TEST(s3_fifo_tails, a_guess_at_a_tail_is_one_once_it_is_admitted) {
  shelf s(capacity);
  auto& guess = *s.items.emplace_back(std::make_unique<item>(1));
  guess.what = kind::tail;
  s.order.insert_on_probation(guess);
  EXPECT_EQ(s.order.tail_charge(), 0U);
  s.order.admit(guess);
  EXPECT_EQ(guess.where, place::tails);
}

TEST(s3_fifo_tails, what_is_larger_than_the_share_is_data) {
  shelf s(capacity);
  auto& large = *s.items.emplace_back(std::make_unique<item>(1, share + 1));
  large.what = kind::tail;
  s.order.insert(large);
  EXPECT_EQ(large.where, place::small);
}

}  // namespace
}  // namespace s3proxy::cache
