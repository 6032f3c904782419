#include "s3proxy/upstream/turn_queue.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::upstream {
namespace {

using queue = turn_queue<std::string>;

std::shared_ptr<std::string> one(std::string name) {
  return std::make_shared<std::string>(std::move(name));
}

std::vector<std::string> drained(queue& from) {
  std::vector<std::string> out;
  while (auto const next = from.next()) {
    out.push_back(*next);
  }
  return out;
}

TEST(turn_queue, each_client_has_its_turn_and_its_own_order) {
  queue q;
  for (auto const* name : {"a1", "a2", "a3"}) {
    q.add(client_number{1}, one(name));
  }
  q.add(client_number{2}, one("b1"));
  q.add(client_number{3}, one("c1"));
  q.add(client_number{3}, one("c2"));
  EXPECT_EQ(drained(q), (std::vector<std::string>{"a1", "b1", "c1", "a2", "c2", "a3"}));
  EXPECT_TRUE(q.empty());
}

TEST(turn_queue, who_comes_late_is_not_behind_all_of_another) {
  queue q;
  for (int i = 0; i < 40; ++i) {
    q.add(client_number{1}, one("a"));
  }
  q.next();
  q.add(client_number{2}, one("b"));
  EXPECT_EQ(*q.next(), "b");
}

TEST(turn_queue, who_is_taken_out_has_no_turn) {
  queue q;
  auto const gone = one("gone");
  q.add(client_number{1}, gone);
  q.add(client_number{1}, one("a"));
  EXPECT_TRUE(q.remove(gone));
  EXPECT_FALSE(q.remove(gone));
  EXPECT_EQ(drained(q), std::vector<std::string>{"a"});
  EXPECT_EQ(q.next(), nullptr);
}

}  // namespace
}  // namespace s3proxy::upstream
