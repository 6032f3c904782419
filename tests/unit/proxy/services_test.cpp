#include "s3proxy/proxy/services.hpp"

#include "idle_exchange.hpp"
#include "unit/store/filled_store.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace s3proxy::proxy {
namespace {

using namespace store::filled_store;
using store::purpose;

TEST(room_in_flight, guesses_do_not_close_the_window_of_reads_nor_reads_that_of_guesses) {
  idle_exchange idle;
  auto& blocks = idle.shared.blocks;
  auto const facts = facts_of(1, 100 * block_size);
  auto const claim = [&](byte_span span, purpose why) {
    return blocks.claim(facts, span, std::make_shared<store::flight>(), why);
  };
  auto const share = blocks.budget() / 8;
  EXPECT_EQ(room_in_flight(idle.shared), share);
  EXPECT_EQ(room_in_flight(idle.shared, purpose::speculation), share);

  auto const guessed = claim({0, 2 * block_size}, purpose::speculation);
  EXPECT_EQ(room_in_flight(idle.shared), share);
  EXPECT_EQ(room_in_flight(idle.shared, purpose::speculation), share - 2 * block_size);

  auto const read = claim({10 * block_size, 20 * block_size}, purpose::demand);
  EXPECT_EQ(room_in_flight(idle.shared), block_size) << "what each read needs next";
  EXPECT_EQ(room_in_flight(idle.shared, purpose::speculation), share - 2 * block_size);
}

TEST(room_in_flight, guesses_may_find_none_at_all) {
  idle_exchange idle;
  auto& blocks = idle.shared.blocks;
  auto const facts = facts_of(1, 100 * block_size);
  for (byte_count number = 0; number < 5; ++number) {
    fill(blocks, facts, {number * block_size, number * block_size + 1});
  }
  // Into blocks of demand's, which have places of their own.
  auto const guessed =
      blocks.claim(facts, {0, 5 * block_size}, std::make_shared<store::flight>(), purpose::speculation);
  ASSERT_GT(blocks.in_flight(purpose::speculation), blocks.budget() / 8);
  EXPECT_EQ(room_in_flight(idle.shared, purpose::speculation), 0U);
}

}  // namespace
}  // namespace s3proxy::proxy
