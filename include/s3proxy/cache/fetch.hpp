#pragma once

#include "s3proxy/base/units.hpp"

#include <span>
#include <vector>

namespace s3proxy::cache {

/// How much is asked of the store at once. What is kept (blocks, cells) is another size.
struct fetch_limits {
  /// Held bytes between two missing runs that are fetched again to save a request. A request costs about 30
  /// ms, worth some megabytes, but engines that leave gaps of this size come in parallel anyway.
  base::byte_count gap = 64 * 1024;
  /// A longer run is split into parts fetched in parallel (computed for 25 ms to the first byte and 55 MiB/s
  /// a connection: 16 MiB in one GET 316 ms, in eight 61 ms). What is little longer than a part is one
  /// request: a short last part costs as much as a long one.
  base::byte_count split_beyond = 3 * 1024 * 1024;
  base::byte_count part = 2 * 1024 * 1024;
  /// How far a request may run ahead of its client: bytes landed but unsent, and in flight.
  base::byte_count window = 16 * 1024 * 1024;
  /// Where an open-ended or whole-object GET begins: such reads are often dropped early (Iceberg, ClickHouse,
  /// S3A).
  base::byte_count open_window = 2 * 1024 * 1024;
};

/// Merges missing runs (cell-aligned, ascending, disjoint) over gaps of at most `limits.gap`, never more
/// waste than use, and splits what is longer than `limits.split_beyond` into parts.
std::vector<base::byte_span> plan_fetches(std::span<base::byte_span const> missing,
                                          fetch_limits const& limits);

/// The parts that a run is asked for in: one when it is at most `limits.split_beyond` long, else
/// `limits.part` each, and the last up to `limits.split_beyond`.
std::vector<base::byte_span> parts_of(base::byte_span run, fetch_limits const& limits);

/// How far from its position a read may fetch ahead.
enum class read_extent { closed, open_ended };

/// A closed range opens the whole window at once; an open-ended read starts small and doubles with what its
/// client consumed. Gives bytes from the client's position.
base::byte_count window_of(read_extent extent, base::byte_count consumed, base::byte_count budget_share,
                           fetch_limits const& limits);

}  // namespace s3proxy::cache
