#pragma once

#include "s3proxy/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace s3proxy::read_ahead {

/// The hash of a column's dotted path, piece by piece if need be (FNV-1a of 64 bits). Not for keeping enemies
/// apart: two columns that share it are read ahead together.
constexpr std::uint64_t path_hash(std::string_view dotted, std::uint64_t so_far = 0xcbf29ce484222325ULL) {
  for (auto const c : dotted) {
    so_far = (so_far ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return so_far;
}

/// Where a columnar file keeps the chunks of its columns. Immutable once made; one a version.
struct layout {
  std::size_t columns = 0;
  std::size_t row_groups = 0;
  /// The data of each chunk (dictionary pages included), a row group after the other: `columns` entries each.
  /// Between the magic and the footer, disjoint, and no row group before the one before it. Empty where no
  /// row is.
  std::vector<base::byte_span> chunks;
  /// path_hash of each column's path in the schema: the same column in a sibling file.
  std::vector<std::uint64_t> paths;
  /// What a reader may ask for before the data: column indexes, offset indexes and bloom filters, each as one
  /// span over all of them; empty where the file has none, or has them spread between the chunks.
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
  too_deep,         ///< nested beyond footer_limits::depth or ::schema_depth
  malformed,        ///< the footer contradicts itself or the object's size
  overlapping,      ///< chunks lie over one another, outside of the data, or in no order
  elsewhere,        ///< its chunks are in other files (a `_metadata` file)
  empty,            ///< no row group or no column
};
std::string_view to_text(no_layout why);

}  // namespace s3proxy::read_ahead
