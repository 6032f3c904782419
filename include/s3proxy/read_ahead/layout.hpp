#pragma once

#include "s3proxy/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace s3proxy::read_ahead {

/// Where a columnar file keeps the chunks of its columns. Immutable once made; one a version.
struct layout {
  std::size_t columns = 0;
  std::size_t row_groups = 0;
  /// The data of each chunk (dictionary pages included), a row group after the other: `columns` entries each.
  /// Inside the object, ascending within a column, disjoint.
  std::vector<base::byte_span> chunks;
  /// A hash of each column's path in the schema (its dotted name): the same column in a sibling file.
  std::vector<std::uint64_t> paths;
  /// What a reader may ask for before the data: column indexes, offset indexes and bloom filters, each as one
  /// span over all of them; empty where the file has none.
  base::byte_span column_indexes;
  base::byte_span offset_indexes;
  base::byte_span bloom_filters;
  base::byte_span footer;  ///< the metadata and the 8 bytes behind it

  base::byte_span chunk(std::size_t row_group, std::size_t column) const {
    return chunks[row_group * columns + column];
  }
  /// Memory taken, in bytes.
  std::size_t footprint() const {
    return sizeof *this + chunks.capacity() * sizeof(base::byte_span) +
           paths.capacity() * sizeof(std::uint64_t);
  }
};

/// Why a file that is named like a columnar one has no layout.
enum class no_layout {
  not_columnar,     ///< the magic at its end is another
  encrypted,        ///< its footer is
  too_long,         ///< its footer is longer than footer_limits::length
  too_many_chunks,  ///< more than footer_limits::chunks
  too_deep,         ///< structures nested beyond footer_limits::depth
  malformed,        ///< the footer contradicts itself or the object's size
  overlapping,      ///< chunks lie over one another, or outside of the data
  elsewhere,        ///< its chunks are in other files (a `_metadata` file)
  empty,            ///< no row group or no column
};
inline constexpr std::size_t no_layout_kinds = 9;

}  // namespace s3proxy::read_ahead
