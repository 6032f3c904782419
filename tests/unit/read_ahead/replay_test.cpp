#include "replay.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace s3proxy::read_ahead {
namespace {

TEST(replays, print) {
  for (auto const how : {mode::full, mode::lean, mode::metadata}) {
    for (unsigned again = 0; again < (how == mode::full ? 2U : 1U); ++again) {
      planner with;
      with.how = how;
      std::printf("%-9s run %u          time   direct ms  prec  recall held  asked MB  guessed  used wasted  req direct\n",
                  std::string(to_text(how)).c_str(), again + 1);
      for (auto const& name : recording_names()) {
        auto const got = replay(load_recording(name), with, again);
        auto const mb = [](base::byte_count n) { return static_cast<double>(n) / (1 << 20); };
        std::printf("%-22s %6.2f %8.0f   %5.2f %5.2f %5.2f %8.1f %8.1f %8.1f %6.1f %5zu %5zu | told %.1f %.1f %.1f\n", name.c_str(), got.time(),
                    static_cast<double>(got.direct.count()) / 1000, got.precision(), got.recall(),
                    got.held_reads(), mb(got.asked), mb(got.guessed), mb(got.used), mb(got.wasted()),
                    got.requests, got.direct_requests, mb(got.told.issued), mb(got.told.used), mb(got.told.lost));
      }
    }
  }
}

}  // namespace
}  // namespace s3proxy::read_ahead
