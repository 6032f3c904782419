#include "s3proxy/read_ahead/sequence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <random>
#include <vector>

namespace s3proxy::read_ahead {
namespace {

using namespace base;
using spans = std::vector<byte_span>;
using enum sequence::step;

constexpr byte_count size = 10_GiB;

/// How reads went, and how many bytes of them had been foretold.
struct outcome {
  int apart = 0;
  int again = 0;
  int began = 0;
  int continued = 0;
  int foretold = 0;  ///< reads that lay wholly in a guess after some read before
  int guesses = 0;
};

outcome play(spans const& reads, byte_count depth) {
  outcome out;
  sequence reader;
  spans guessed;
  for (auto const what : reads) {
    out.foretold += std::ranges::any_of(guessed, [&](byte_span g) { return g.contains(what); }) ? 1 : 0;
    auto const step = reader.read(what);
    (step == apart ? out.apart : step == again ? out.again : step == began ? out.began : out.continued) += 1;
    auto const next = reader.next(what, depth, size);
    out.guesses += next.empty() ? 0 : 1;
    guessed.insert(guessed.end(), next.begin(), next.end());
  }
  return out;
}

/// `count` reads of `length`, the first at `begin`, each `stride` behind the one before.
spans run(byte_count begin, byte_count length, byte_count stride, std::size_t count) {
  spans out;
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back({begin + i * stride, begin + i * stride + length});
  }
  return out;
}

/// One read of each in turn.
spans in_turns(std::vector<spans> const& runs) {
  spans out;
  for (std::size_t i = 0; i < runs.front().size(); ++i) {
    for (auto const& one : runs) {
      out.push_back(one[i]);
    }
  }
  return out;
}

TEST(sequence, foretells_all_of_a_scan_but_its_first_two_reads) {
  auto const got = play(run(0, 1_MiB, 1_MiB, 300), 1_MiB);
  EXPECT_EQ(got.apart, 1);
  EXPECT_EQ(got.began, 1);
  EXPECT_EQ(got.continued, 298);
  EXPECT_EQ(got.foretold, 298);
}

TEST(sequence, bridges_small_gaps_and_no_larger_ones) {
  EXPECT_EQ(play(run(0, 1_MiB, 1_MiB + 64_KiB, 2), 1_MiB).began, 1);
  EXPECT_EQ(play(run(0, 1_MiB, 1_MiB + 64_KiB + 1, 2), 1_MiB).began, 0);
  EXPECT_EQ(play(run(0, 4_KiB, 5_KiB, 2), 1_MiB).began, 1);
  EXPECT_EQ(play(run(0, 4_KiB, 5_KiB + 1, 2), 1_MiB).began, 0);
}

TEST(sequence, goes_on_through_reads_of_changing_length) {
  EXPECT_EQ(play({{0, 10}, {10, 1000}, {1000, 1001}, {1001, 1_MiB}, {1_MiB, 2_MiB}}, 1_MiB).continued, 3);
}

TEST(sequence, tells_threads_apart_that_have_regions_of_their_own) {
  std::vector<spans> threads;
  for (byte_count i = 0; i < 4; ++i) {
    threads.push_back(run(i * 1_GiB + i * 1000, 256_KiB, 256_KiB, 100));
  }
  auto const got = play(in_turns(threads), 256_KiB);
  EXPECT_EQ(got.apart, 4);
  EXPECT_EQ(got.began, 4);
  EXPECT_EQ(got.foretold, 4 * 98);
}

TEST(sequence, takes_equal_regions_of_threads_for_a_stride_no_longer_than_till_their_second_reads) {
  std::vector<spans> threads;
  for (byte_count i = 0; i < 8; ++i) {
    threads.push_back(run(i * 50_MiB, 256_KiB, 256_KiB, 100));
  }
  EXPECT_GE(play(in_turns(threads), 256_KiB).foretold, 8 * 98);
}

TEST(sequence, holds_eight_streams_however_they_take_turns) {
  std::vector<spans> threads;
  for (byte_count i = 0; i < sequence::most_streams; ++i) {
    threads.push_back(run(i * 1_GiB, 100'000 + i, 100'000 + i, 100));
  }
  EXPECT_EQ(play(in_turns(threads), 1_MiB).foretold, 8 * 98);
  std::mt19937 random(7);
  spans mixed;
  std::vector<std::size_t> at(threads.size(), 0);
  while (mixed.size() < 700) {
    auto const who = random() % threads.size();
    if (at[who] < 100) {
      mixed.push_back(threads[who][at[who]++]);
    }
  }
  EXPECT_EQ(play(mixed, 1_MiB).continued, 700 - 16);
}

TEST(sequence, finds_streams_again_that_gave_way_to_others) {
  std::vector<spans> threads;
  for (byte_count i = 0; i < 12; ++i) {
    threads.push_back(run(i * 100_MiB, 100'000 + i, 100'000 + i, 100));
  }
  EXPECT_EQ(play(in_turns(threads), 100'011).foretold, 12 * 98);
}

TEST(sequence, survives_random_reads_in_between) {
  std::mt19937_64 random(3);
  spans reads;
  for (auto const one : run(0, 1_MiB, 1_MiB, 100)) {
    reads.push_back(one);
    for (int i = 0; i < 5; ++i) {
      auto const at = 1_GiB + random() % (8 * 1_GiB);
      reads.push_back({at, at + 5000});
    }
  }
  EXPECT_EQ(play(reads, 1_MiB).continued, 98);
}

TEST(sequence, puts_reads_in_order_that_overtook_one_another) {
  auto reads = run(0, 1_MiB, 1_MiB, 99);
  for (std::size_t i = 0; i + 2 < reads.size(); i += 3) {
    std::swap(reads[i + 1], reads[i + 2]);
  }
  auto const got = play(reads, 4_MiB);
  EXPECT_EQ(got.began, 1);
  EXPECT_EQ(got.apart, 1 + 33);
  EXPECT_EQ(got.continued, 99 - 1 - 33 - 1);
}

TEST(sequence, foretells_strides_after_three_reads) {
  auto const got = play(run(1000, 4_KiB, 1_MiB, 100), 8_KiB);
  EXPECT_EQ(got.apart, 2);
  EXPECT_EQ(got.began, 1);
  EXPECT_EQ(got.foretold, 97);
  std::vector<spans> threads;
  for (byte_count i = 0; i < 4; ++i) {
    threads.push_back(run(i * 1_GiB, 5000 + i, 3_MiB + i, 50));
  }
  EXPECT_EQ(play(in_turns(threads), 8_KiB).foretold, 4 * 47);
}

TEST(sequence, needs_the_same_length_for_a_stride) {
  EXPECT_EQ(play({{0, 10}, {100, 111}, {200, 210}, {300, 311}}, 1_MiB).guesses, 0);
  EXPECT_EQ(play({{0, 10}, {100, 110}, {201, 211}, {303, 313}}, 1_MiB).guesses, 0);
  EXPECT_EQ(play({{100, 110}, {0, 10}, {200, 210}}, 1_MiB).guesses, 0) << "in another order";
}

TEST(sequence, foretells_nothing_of_random_reads) {
  for (byte_count const length : {1_B, 4_KiB, 1_MiB}) {
    std::mt19937_64 random(length);
    spans reads;
    for (int i = 0; i < 2000; ++i) {
      auto const at = random() % (size - length);
      reads.push_back({at, at + length});
    }
    // A read of a megabyte in ten gigabytes now and then lies behind another by chance.
    EXPECT_LE(play(reads, 1_MiB).guesses, length == 1_MiB ? 4 : 0) << length;
  }
}

TEST(sequence, foretells_nothing_of_reads_backwards) {
  auto contiguous = run(1_GiB, 1_MiB, 1_MiB, 500);
  std::ranges::reverse(contiguous);
  EXPECT_EQ(play(contiguous, 1_MiB).guesses, 0);
  auto strided = run(1_GiB, 4_KiB, 1_MiB, 500);
  std::ranges::reverse(strided);
  EXPECT_EQ(play(strided, 1_MiB).guesses, 0);
}

TEST(sequence, takes_no_read_twice) {
  auto const got = play({{0, 100}, {0, 100}, {0, 50}, {5000, 5100}, {0, 100}, {5000, 5100}}, 1_MiB);
  EXPECT_EQ(got.apart, 2);
  EXPECT_EQ(got.again, 4);
  EXPECT_EQ(got.guesses, 0);
  auto const scan = play({{0, 100}, {100, 200}, {100, 200}, {200, 300}, {200, 300}}, 1_MiB);
  EXPECT_EQ(scan.continued, 1);
  EXPECT_EQ(scan.again, 2);
  EXPECT_EQ(scan.guesses, 4) << "what is read again is known to go on";
}

TEST(sequence, finds_a_second_scan_of_what_was_read) {
  auto reads = run(0, 1_MiB, 1_MiB, 50);
  auto const second = run(0, 1_MiB, 1_MiB, 50);
  reads.insert(reads.end(), second.begin(), second.end());
  EXPECT_EQ(play(reads, 1_MiB).foretold, 48 + 48);
  spans whole{{0, 100_MiB}};
  whole.insert(whole.end(), second.begin(), second.end());
  EXPECT_GE(play(whole, 1_MiB).continued, 47);
}

TEST(sequence, gives_at_most_the_depth_and_nothing_outside_of_the_object) {
  sequence reader;
  reader.read({0, 100});
  reader.read({100, 200});
  EXPECT_EQ(reader.next({100, 200}, 50, 1000), (spans{{200, 250}}));
  EXPECT_EQ(reader.next({100, 200}, 5000, 1000), (spans{{200, 1000}}));
  EXPECT_EQ(reader.next({100, 200}, 0, 1000), spans{});
  EXPECT_EQ(reader.next({100, 200}, 50, 200), spans{});
  EXPECT_EQ(reader.next({100, 200}, 50, 150), spans{});
  EXPECT_EQ(reader.next({0, 100}, 50, 1000), spans{}) << "not the latest";
  EXPECT_EQ(reader.next({}, 50, 1000), spans{});
}

TEST(sequence, gives_strides_up_to_the_depth_and_the_end) {
  sequence reader;
  for (auto const what : run(0, 10, 100, 3)) {
    reader.read(what);
  }
  EXPECT_EQ(reader.next({200, 210}, 25, 1000), (spans{{300, 310}, {400, 410}, {500, 505}}));
  EXPECT_EQ(reader.next({200, 210}, 1000, 405), (spans{{300, 310}, {400, 405}}));
  EXPECT_EQ(reader.next({200, 210}, 1000, 300), spans{});
  EXPECT_EQ(reader.next({200, 210}, 1_GiB, 1_GiB).size(), sequence::most_spans);
}

TEST(sequence, knows_no_overflow) {
  constexpr auto end = ~byte_count{0};
  sequence reader;
  auto const third = end / 3;
  for (auto const what : {byte_span{0, 10}, {third, third + 10}, {2 * third, 2 * third + 10}}) {
    EXPECT_EQ(reader.read(what), apart);
  }
  auto const last = byte_span{end - 10, end};
  for (auto const what :
       {byte_span{last.begin - 2_MiB, last.end - 2_MiB}, {last.begin - 1_MiB, last.end - 1_MiB}, last}) {
    reader.read(what);
  }
  EXPECT_EQ(reader.next(last, 1_GiB, end), spans{});
  EXPECT_EQ(reader.read({end - 1, end}), apart);
  EXPECT_EQ(reader.read({0, end}), apart);
  EXPECT_EQ(reader.read({}), again);
}

}  // namespace
}  // namespace s3proxy::read_ahead
