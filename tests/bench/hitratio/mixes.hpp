#pragma once

#include "trace.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace s3proxy::hitratio {

/// Which shares of the requests are made by dashboards, by people with questions of their own, and by full
/// scans of tables.
struct mix {
  std::string_view name;
  std::array<double, 3> shares;
};
std::span<mix const> mixes();

/// How much there is: everything else keeps its proportions.
struct scale {
  std::size_t tables = 24;
  std::size_t requests = 300'000;
};

/// Tables of Parquet files of 8 to 48 columns and 2 to 5 row groups, chunks of about 0.6 MB (log-normal, a
/// column keeps its size), a footer of 64 KiB that every reader of a file reads first. New files come all the
/// time. Templates (a few columns of the newest 1, 3, 7, 14 or 30 files of a table) are asked by Zipf's law
/// with an exponent of 0.9, as are tables and columns by people; four queries run at a time.
trace draw_trace(mix const& of, scale const& how_much, std::uint64_t seed);

}  // namespace s3proxy::hitratio
