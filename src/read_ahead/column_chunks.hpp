#pragma once

#include "s3proxy/read_ahead/parquet_footer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace s3proxy::read_ahead {

/// Gathers the chunks of a Parquet footer, row group by row group, and checks each as it comes: so that the
/// work is spread over the bytes.
class column_chunks {
 public:
  column_chunks(base::byte_span footer, footer_limits const& limits)
      : limits_(limits), data_begin_(footer.begin), data_end_(footer.begin) {
    made_.footer = footer;
  }

  using verdict = std::optional<no_layout>;

  /// The list of row groups begins, and claims so many in what bytes are left. `columns`: of the schema,
  /// where it came before.
  verdict begin(std::uint64_t row_groups, std::optional<std::size_t> columns, base::byte_count bytes_left);
  bool begun() const { return begun_; }

  void begin_row_group();
  verdict end_row_group();

  /// What a ColumnChunk says, 0 where it says nothing (as some writers put it, too).
  struct description {
    bool described = false;  ///< it has a ColumnMetaData
    bool elsewhere = false;
    bool encrypted = false;
    std::optional<std::int64_t> size;
    std::optional<std::int64_t> data_page;
    std::int64_t dictionary_page = 0;
    std::int64_t bloom_filter = 0;
    std::int64_t bloom_filter_size = 0;
    std::int64_t offset_index = 0;
    std::int64_t offset_index_size = 0;
    std::int64_t column_index = 0;
    std::int64_t column_index_size = 0;
  };
  void begin_chunk() { now_ = {}; }
  description& now() { return now_; }
  void chunk_number(std::int16_t field, std::int64_t value);  ///< a field of ColumnChunk
  void data_number(std::int16_t field, std::int64_t value);   ///< a field of ColumnMetaData
  verdict end_chunk();

  /// All is read; `paths` are of the schema's leaves.
  std::variant<layout, no_layout> result(std::vector<std::uint64_t> paths) &&;

 private:
  verdict add_chunk();
  verdict add_indexes();
  verdict widen(base::byte_span& all, std::int64_t begin, std::int64_t size) const;
  bool are_apart();

  footer_limits limits_;
  base::byte_count data_begin_;  ///< the first byte of any chunk so far
  base::byte_count data_end_;    ///< the first byte none may take
  layout made_;
  bool begun_ = false;
  std::optional<std::size_t> columns_;  ///< of each row group, once known
  description now_;
  std::size_t group_first_ = 0;       ///< the first chunk of the row group
  bool in_order_ = true;              ///< its chunks are, so far
  base::byte_count group_begin_ = 4;  ///< where the row groups before it end; the magic is before all
  base::byte_count reached_ = 4;      ///< where the chunks so far end
};

}  // namespace s3proxy::read_ahead
