#include "s3proxy/store/block_store.hpp"

#include "filled_store.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <random>
#include <semaphore>
#include <thread>
#include <vector>

namespace s3proxy::store {
namespace {

using namespace filled_store;

enum class cell_state { missing, coming, valid };

/// What the store must say, cell by cell, while nothing is evicted.
struct model {
  std::map<std::pair<std::uint64_t, byte_count>, cell_state> cells;

  cell_state& of(std::uint64_t generation, byte_count cell) { return cells[{generation, cell}]; }
};

struct open_fill {
  cache::object_facts facts;
  fill_permit permit;
  std::vector<byte_count> claimed;  ///< cell numbers
  byte_count at;
};

/// A store, what it must say, and fills under way; every step is one random operation.
class play {
 public:
  play(byte_count budget, unsigned seed) : blocks_(budget), random_(seed) {}

  void step() {
    auto const& facts = objects_[random_() % objects_.size()];
    switch (random_() % 4) {
      case 0:
        claim(facts);
        break;
      case 1:
        write();
        break;
      case 2:
        if (random_() % 3 == 0) {
          abandon();
        }
        break;
      case 3:
        compare(facts);
        break;
      default:
        break;
    }
  }
  void finish() {
    while (!fills_.empty()) {
      abandon();
    }
    for (auto const& facts : objects_) {
      compare(facts);
    }
    EXPECT_EQ(blocks_.in_flight(), 0U);
  }

 private:
  byte_count some(byte_count below) { return random_() % below; }

  byte_span random_span(byte_count size) {
    auto const begin = some(size);
    return {begin, std::min(size, begin + 1 + some(random_() % 3 == 0 ? size : 3 * cell_size))};
  }

  void claim(cache::object_facts const& facts) {
    auto const span = random_span(facts.id.size);
    auto permit = blocks_.claim(facts, span, std::make_shared<flight>());
    std::vector<byte_count> claimed;
    for (auto cell = span.begin / cell_size; cell * cell_size < span.end; ++cell) {
      if (auto& state = model_.of(facts.generation, cell); state == cell_state::missing) {
        state = cell_state::coming;
        claimed.push_back(cell);
      }
    }
    ASSERT_EQ(permit.empty(), claimed.empty());
    if (!claimed.empty()) {
      ASSERT_EQ(permit.span().begin, claimed.front() * cell_size);
      ASSERT_EQ(permit.span().end, std::min((claimed.back() + 1) * cell_size, facts.id.size));
      auto const begin = permit.span().begin;
      fills_.push_back({facts, std::move(permit), claimed, begin});
    }
  }

  void write() {
    if (fills_.empty()) {
      return;
    }
    auto& fill = fills_[random_() % fills_.size()];
    auto const end = std::min(fill.at + some(5 * cell_size), fill.permit.span().end);
    fill.permit.write(fill.at, bytes_of(fill.facts.generation, {fill.at, end}));
    fill.at = end;
    for (auto const cell : fill.claimed) {
      if (std::min((cell + 1) * cell_size, fill.facts.id.size) <= end) {
        model_.of(fill.facts.generation, cell) = cell_state::valid;
      }
    }
  }

  void abandon() {
    if (fills_.empty()) {
      return;
    }
    for (auto const cell : fills_.front().claimed) {
      if (auto& state = model_.of(fills_.front().facts.generation, cell); state == cell_state::coming) {
        state = cell_state::missing;
      }
    }
    fills_.pop_front();
  }

  void compare(cache::object_facts const& facts) {
    byte_count in_flight = 0;
    for (auto const& [name, state] : model_.cells) {
      in_flight += state == cell_state::coming ? cell_size : 0;
    }
    ASSERT_EQ(blocks_.in_flight(), in_flight);
    for (byte_count cell = 0; cell * cell_size < facts.id.size; ++cell) {
      auto const at = std::min(cell * cell_size + some(cell_size), facts.id.size - 1);
      auto const state = model_.of(facts.generation, cell);
      auto const found = blocks_.find(facts, {at, facts.id.size});
      ASSERT_EQ(!found.bytes.empty(), state == cell_state::valid) << at;
      ASSERT_EQ(found.coming != nullptr, state == cell_state::coming) << at;
      auto const bytes = found.bytes.substr(0, cell_size);  // the rest is compared with its own cell
      ASSERT_EQ(bytes, bytes_of(facts.generation, {at, at + bytes.size()})) << at;
    }
  }

  block_store blocks_;
  model model_;
  std::mt19937 random_;
  std::deque<open_fill> fills_;
  std::array<cache::object_facts, 3> const objects_{facts_of(1, 2 * block_size + 3 * cell_size + 5),
                                                    facts_of(2, block_size), facts_of(3, 77)};
};

TEST(block_store_model, random_fills_and_reads_agree_with_a_plain_map) {
  for (unsigned seed = 0; seed < 4; ++seed) {
    play game(256 * block_size, seed);  // two shards
    for (int i = 0; i < 400 && !testing::Test::HasFatalFailure(); ++i) {
      game.step();
    }
    game.finish();
  }
}

/// A reader of a flight that sleeps until its next step.
class sleeper {
 public:
  explicit sleeper(std::shared_ptr<flight> with) : flight_(std::move(with)) { flight_->join(); }
  ~sleeper() { flight_->leave(); }
  sleeper(sleeper const&) = delete;
  sleeper& operator=(sleeper const&) = delete;

  std::uint64_t progress() const { return flight_->progress(); }
  void sleep(std::uint64_t seen) {
    auto const woken = std::make_shared<std::binary_semaphore>(0);
    if (flight_->wait(seen, [woken] { woken->release(); })) {
      woken->acquire();
    }
  }

 private:
  std::shared_ptr<flight> flight_;
};

TEST(block_store_threads, readers_stream_behind_the_watermark_of_one_fill) {
  block_store blocks(256 * block_size);
  auto const facts = facts_of(1, 3 * block_size + 12'345);
  auto const coming = std::make_shared<flight>();
  auto permit = blocks.claim(facts, {0, facts.id.size}, coming);
  std::atomic<int> whole{0};
  auto const read = [&] {
    sleeper waits(coming);
    byte_count at = 0;
    while (at < facts.id.size) {
      auto const seen = waits.progress();
      auto const found = blocks.find(facts, {at, facts.id.size});
      if (found.bytes.empty() && !found.coming) {
        return;  // the fill gave up: the count tells
      }
      if (found.bytes.empty()) {
        waits.sleep(seen);
        continue;
      }
      if (found.bytes != bytes_of(1, {at, at + found.bytes.size()})) {
        return;
      }
      at += found.bytes.size();
    }
    ++whole;
  };
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back(read);
    }
    for (byte_count at = 0; at < facts.id.size; at += 9'999) {
      permit.write(at, bytes_of(1, {at, std::min(at + 9'999, facts.id.size)}));
      coming->advance();
    }
    permit.release();
    coming->finish(std::nullopt);
  }
  EXPECT_EQ(whole, 3);
}

/// One thread's life: it fills, gives up half-way, looks and compares. Gives how many wrong bytes it met.
std::size_t live(block_store& blocks, unsigned seed) {
  std::mt19937 random(seed);
  std::size_t wrong = 0;
  for (int i = 0; i < 300; ++i) {
    auto const facts = facts_of(1 + random() % 3, 6 * block_size + 100);
    auto const begin = random() % facts.id.size;
    auto const end = std::min<byte_count>(begin + 1 + random() % block_size, facts.id.size);
    if (random() % 2 == 0) {
      auto permit = blocks.claim(facts, {begin, end}, std::make_shared<flight>());
      auto const span = permit.span();
      auto const until = random() % 3 == 0 ? span.begin + span.size() / 2 : span.end;
      if (!permit.empty()) {
        write_span(permit, facts.generation, {span.begin, until}, 20'000);
      }
    }
    auto const found = blocks.find(facts, {begin, facts.id.size});
    wrong += found.bytes != bytes_of(facts.generation, {begin, begin + found.bytes.size()});
    blocks.missing(facts, {begin, end});
  }
  return wrong;
}

TEST(block_store_threads, no_reader_meets_a_wrong_byte_under_eviction) {
  block_store blocks(5 * block_size);  // a third of the data
  std::atomic<std::size_t> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] { wrong += live(blocks, i); });
    }
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(blocks.in_flight(), 0U);
}

}  // namespace
}  // namespace s3proxy::store
