#pragma once

#include "trace.hpp"

#include <cstddef>
#include <cstdint>

namespace s3proxy::hitratio {

/// What real engines asked for (tests/unit/read_ahead/logs): runs of the recorded queries by Zipf's law with
/// an exponent of 0.9, which is the favourite and their order drawn by the seed, four at a time. Throws
/// std::runtime_error when a log cannot be read.
trace draw_engines_trace(std::size_t requests, std::uint64_t seed);

}  // namespace s3proxy::hitratio
