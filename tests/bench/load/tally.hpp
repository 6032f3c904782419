#pragma once

#include "settings.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace load {

/// When an answer's first and last byte came, counted from when its request was due.
struct times {
  clock::duration first{};
  clock::duration last{};
};

/// What came of a run.
struct tally {
  std::uint64_t body_bytes = 0;
  std::uint64_t compared = 0;  // answers
  std::uint64_t compared_bytes = 0;
  clock::duration took{};
  std::vector<times> answers;

  /// With `single`, the times of every answer, too.
  enum class detail { summary, single };
  std::string json(detail how) const;
};

}  // namespace load
