#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/read_ahead/layout.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace s3proxy::read_ahead {

/// Neighbouring columns that are read in one piece, named by the paths of the outermost two: what lies
/// between them is never wanted by itself, it comes along as the engine's merging of reads brings it along.
struct run {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  friend bool operator==(run, run) = default;
};

/// Columns of one row group that a read took, as numbers of the layout.
struct columns_of_group {
  std::size_t row_group = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

/// A layout, made ready to be asked questions. Immutable; shared by all who read the version.
class file_shape {
 public:
  explicit file_shape(layout of);

  layout const& where() const { return layout_; }
  /// The columns that a read wants: where it begins at the first byte of a chunk or ends at the last of one.
  /// A read that does neither (pages, indexes), and the read of the footer, wants none. One entry a row
  /// group.
  std::vector<columns_of_group> columns_in(base::byte_span read) const;
  /// Where a run lies in a row group; nothing where the file lacks one of its ends, or the row group: what
  /// was learnt of another version of the file may name any.
  std::optional<base::byte_span> find(run columns, std::size_t row_group) const;
  /// How many bytes lie between the run's first column and its last there.
  base::byte_count between(run columns, std::size_t row_group) const;
  /// From the first chunk of a row group that lies within `reach` to the last one; empty when none does.
  base::byte_span whole_chunks(base::byte_span reach, std::size_t row_group) const;

  run name(columns_of_group const& columns) const {
    return {layout_.paths[columns.first], layout_.paths[columns.last]};
  }
  /// The number of a column; `columns` where there is none of that path.
  std::size_t column(std::uint64_t path) const;
  std::size_t footprint() const;

 private:
  std::optional<columns_of_group> columns_in(base::byte_span read, std::size_t row_group) const;
  /// The columns whose chunks may touch `span`: [begin, end), all of them where they do not lie in the order
  /// of the schema.
  std::pair<std::size_t, std::size_t> columns_about(base::byte_span span, std::size_t row_group) const;

  layout layout_;
  std::vector<base::byte_span> bounds_;  // of the row groups
  std::vector<std::size_t> in_order_;    // row groups by where they begin
  std::vector<bool> as_schema_;          // row groups whose columns lie in its order, none of them empty
  struct numbered {
    std::uint64_t path = 0;
    std::size_t column = 0;
  };
  std::vector<numbered> numbers_;  // of the columns, by path; one piece, so that it goes as fast as it came
};

}  // namespace s3proxy::read_ahead
