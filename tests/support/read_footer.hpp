#pragma once

#include "s3proxy/read_ahead/parquet_footer.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace s3proxy::read_ahead {

using reading = std::variant<layout, no_layout>;

/// The last bytes of an object, and how long that is.
struct tail {
  std::string bytes;
  base::byte_count object_size;
};

/// The metadata and what a writer puts behind it, in an object with `data` bytes before it.
inline tail tail_of(std::string metadata, base::byte_count data = 10'000) {
  auto const length = metadata.size();
  for (int i = 0; i < 4; ++i) {
    metadata += static_cast<char>(length >> (8 * i) & 0xff);
  }
  metadata += "PAR1";
  auto const size = data + metadata.size();
  return {std::move(metadata), size};
}

/// Reads a footer fed in pieces of `step` bytes, the first of `first`.
inline reading read_footer(tail const& t, std::size_t step, std::size_t first = 0,
                           footer_limits const& limits = {}) {
  std::string_view rest = t.bytes;
  auto const found =
      find_footer(rest.substr(rest.size() - std::min<std::size_t>(rest.size(), 8)), t.object_size, limits);
  if (auto const* why = std::get_if<no_layout>(&found)) {
    return *why;
  }
  auto const span = std::get<base::byte_span>(found);
  if (span.size() > rest.size()) {
    return no_layout::malformed;
  }
  rest.remove_prefix(rest.size() - static_cast<std::size_t>(span.size()));
  parquet_footer_reader reader(span, t.object_size, limits);
  auto said = reader.feed(rest.substr(0, first));
  rest.remove_prefix(first);
  while (said == parquet_footer_reader::progress::more && !rest.empty()) {
    auto const piece = rest.substr(0, step);
    said = reader.feed(piece);
    rest.remove_prefix(piece.size());
  }
  return std::move(reader).result();
}
inline reading read_footer(tail const& t, footer_limits const& limits = {}) {
  return read_footer(t, t.bytes.size() + 1, 0, limits);
}

/// The law that a layout breaks, or nothing.
inline std::string broken_law(layout const& l, base::byte_count object_size,
                              footer_limits const& limits = {}) {
  if (l.columns == 0 || l.row_groups == 0 || l.paths.size() != l.columns ||
      l.chunks.size() != l.columns * l.row_groups) {
    return "a chunk for each column of each row group, and a path for each column";
  }
  if (l.chunks.size() > limits.chunks) {
    return "no more chunks than allowed";
  }
  if (l.footer.end != object_size || l.footer.begin >= l.footer.end) {
    return "the footer ends with the object";
  }
  auto sorted = l.chunks;
  std::ranges::sort(sorted, {}, [](base::byte_span s) { return std::pair(s.begin, s.end); });
  base::byte_count reached = 4;
  for (auto const& chunk : sorted) {
    if (chunk.begin < reached || chunk.end < chunk.begin) {
      return "chunks are disjoint, behind the magic";
    }
    reached = chunk.end;
  }
  if (reached > l.footer.begin) {
    return "chunks are before the footer";
  }
  for (auto const& indexes : {l.column_indexes, l.offset_indexes, l.bloom_filters}) {
    if (!indexes.empty() &&
        (indexes.end > l.footer.begin || !intersect(indexes, {sorted.front().begin, reached}).empty())) {
      return "indexes are beside the data, before the footer";
    }
  }
  return "";
}

inline bool same(layout const& a, layout const& b) {
  return a.columns == b.columns && a.row_groups == b.row_groups && a.chunks == b.chunks &&
         a.paths == b.paths && a.column_indexes == b.column_indexes && a.offset_indexes == b.offset_indexes &&
         a.bloom_filters == b.bloom_filters && a.footer == b.footer;
}
inline bool same(reading const& a, reading const& b) {
  if (a.index() != b.index()) {
    return false;
  }
  auto const* l = std::get_if<layout>(&a);
  return l ? same(*l, std::get<layout>(b)) : std::get<no_layout>(a) == std::get<no_layout>(b);
}

}  // namespace s3proxy::read_ahead
