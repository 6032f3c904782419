#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/read_ahead/parquet_footer.hpp"

#include <chrono>
#include <cstddef>

namespace s3proxy::read_ahead {

/// Every number of the planning. docs/configuration.md lists them.
struct planner_limits {
  footer_limits footer;

  std::chrono::milliseconds silence{2'000};  ///< without demand, and a scan is over
  /// What a scan may have fetched for it before anything of it was used: five row groups of a wide table.
  base::byte_count credit = base::byte_count{6} << 20;
  base::byte_count lean_credit = base::byte_count{1} << 20;
  /// ...and for each byte of it that was used since. Four: so that a pipeline of 30 ms fills in two steps.
  unsigned credit_factor = 4;
  unsigned lean_credit_factor = 2;
  /// The same for tails: they are few, and every reader of a table reads them first.
  base::byte_count tail_credit = base::byte_count{8} << 20;
  unsigned tail_credit_factor = 8;
  /// What a scan may lose beyond what it used, before nothing more is guessed for it.
  base::byte_count loss = base::byte_count{6} << 20;
  base::byte_count lean_loss = base::byte_count{1} << 20;

  double gate = 0.5;       ///< a guess is made where the last ones came true this often
  double lean_gate = 0.8;  ///< likewise in lean mode

  /// Files whose tails are asked for behind the one that is read; four times as many with each further
  /// file, up to most.
  unsigned tails = 8;
  unsigned most_tails = 64;
  /// Tails asked for with a HEAD and read by nobody, before HEADs of a table are plain.
  unsigned unread_tails = 4;
  /// A HEAD of a columnar file brings this much of its end: DuckDB and Polars ask for 256 KiB, and one cell
  /// more makes their first one whole.
  base::byte_count head_tail = 288 * 1024;
  base::byte_count least_tail = 64 * 1024;  ///< of a sibling: what a request costs anyway
  base::byte_count most_tail = base::byte_count{1} << 20;

  /// Behind the first read of a row group whose columns are not known, and a quarter of it before.
  base::byte_count neighbourhood = base::byte_count{1} << 20;
  unsigned neighbourhoods = 2;            ///< of one scan: engines begin with a row group for each thread
  unsigned most_units = 64;               ///< row groups ahead of a reader
  std::chrono::microseconds pace{8'000};  ///< from one row group to the next, until it was measured
  std::chrono::milliseconds fetch{40};    ///< of one step, until it was measured
  /// Row groups that need less than this together are read ahead at any pace: they cost next to nothing.
  base::byte_count least_depth = base::byte_count{2} << 20;
  /// In lean mode, and at any pace there: what a line of 25 MB/s carries in the time of a request.
  base::byte_count lean_depth = base::byte_count{1} << 20;
  /// A store that answers sooner: what is fetched for nothing costs more than a trip.
  std::chrono::milliseconds near{8};
  /// An engine that begins so many row groups within this part of a fetch waits for none of them, and asks
  /// for the others before a guess could be on its way: guesses would only be in its way.
  unsigned rush = 3;
  unsigned rush_part = 8;
  /// Between two columns of one row group that are wanted: fetched too, since a request costs more.
  base::byte_count gap = 64 * 1024;
  /// Parts of one guess: a connection of S3 brings 2 MiB in the time of its first byte.
  base::byte_count part = base::byte_count{2} << 20;

  /// Objects up to this size come whole where a third of them is used.
  base::byte_count small_object = base::byte_count{2} << 20;
  base::byte_count always_whole = 256 * 1024;  ///< transferred in a tenth of a round trip

  base::byte_count first_window = base::byte_count{2}
                                  << 20;  ///< of a sequential reader; doubled as it goes on
  base::byte_count most_window = base::byte_count{16} << 20;

  std::size_t files = 20'000;   ///< of one table, remembered in the order of their listing
  std::size_t runs = 32;        ///< columns or neighbouring columns of one scan
  std::size_t column_sets = 8;  ///< of one table, remembered
  std::size_t units = 4'096;    ///< row groups of one scan that are remembered as begun or asked for
  std::size_t scans = 64;       ///< of one table at once
  std::size_t bets = 1'024;     ///< guesses of one scan that are neither used nor lost
};

}  // namespace s3proxy::read_ahead
