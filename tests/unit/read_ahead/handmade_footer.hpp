#pragma once

#include "compact_bytes.hpp"
#include "support/read_footer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::read_ahead {

/// A SchemaElement.
inline compact_bytes leaf(std::string_view name) {
  return compact_bytes().number(1, 1, compact_bytes::i32).text(4, name).stop();
}
inline compact_bytes group(std::string_view name, std::int64_t children) {
  return compact_bytes().text(4, name).number(5, children, compact_bytes::i32).stop();
}
inline compact_bytes schema_of(std::vector<compact_bytes> const& elements) {
  compact_bytes out;
  for (auto const& e : elements) {
    out.append(e);
  }
  return out;
}

/// A ColumnChunk with its data at [begin, begin + size).
inline compact_bytes chunk(std::int64_t begin, std::int64_t size) {
  return compact_bytes().inner(3, compact_bytes().number(7, size).number(9, begin)).stop();
}
inline compact_bytes row_group(std::vector<compact_bytes> const& chunks) {
  compact_bytes out;
  out.elements(1, chunks.size(), compact_bytes::structure);
  for (auto const& c : chunks) {
    out.append(c);
  }
  return out.stop();
}

inline tail file_of(std::vector<compact_bytes> const& elements, std::vector<compact_bytes> const& groups) {
  compact_bytes out;
  out.elements(2, elements.size(), compact_bytes::structure).append(schema_of(elements));
  out.elements(4, groups.size(), compact_bytes::structure).append(schema_of(groups)).stop();
  return tail_of(out.str());
}
/// A file of one column, a chunk for each row group.
inline tail one_column(std::vector<compact_bytes> const& chunks) {
  std::vector<compact_bytes> groups;
  for (auto const& c : chunks) {
    groups.push_back(row_group({c}));
  }
  return file_of({group("root", 1), leaf("a")}, groups);
}
/// A file of one row group.
inline tail one_group(std::vector<compact_bytes> const& chunks) {
  std::vector<compact_bytes> elements{group("root", static_cast<std::int64_t>(chunks.size()))};
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    elements.push_back(leaf("c" + std::to_string(i)));
  }
  return file_of(elements, {row_group(chunks)});
}

}  // namespace s3proxy::read_ahead
