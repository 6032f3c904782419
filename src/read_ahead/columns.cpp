#include "s3proxy/read_ahead/columns.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <ranges>
#include <utility>

namespace s3proxy::read_ahead {

using base::byte_span;

file_shape::file_shape(layout of) : layout_(std::move(of)) {
  auto const& where = layout_;
  bounds_.reserve(where.row_groups);
  for (std::size_t group = 0; group < where.row_groups; ++group) {
    byte_span bounds{std::numeric_limits<base::byte_count>::max(), 0};
    auto is_as_schema = true;
    for (std::size_t column = 0; column < where.columns; ++column) {
      auto const chunk = where.chunk(group, column);
      is_as_schema = is_as_schema && !chunk.empty() && (column == 0 || bounds.end <= chunk.begin);
      if (!chunk.empty()) {  // an empty one may claim to lie anywhere
        bounds = {std::min(bounds.begin, chunk.begin), std::max(bounds.end, chunk.end)};
      }
    }
    bounds_.push_back(bounds);
    as_schema_.push_back(is_as_schema);
  }
  in_order_.resize(where.row_groups);
  std::iota(in_order_.begin(), in_order_.end(), std::size_t{0});
  std::ranges::sort(in_order_, {}, [&](std::size_t group) { return bounds_[group].begin; });
  numbers_.reserve(where.columns);
  for (std::size_t column = 0; column < where.columns; ++column) {
    numbers_.push_back({where.paths[column], column});
  }
  // Of columns that share a path, the first is the one.
  std::ranges::sort(numbers_, {}, [](numbered const& one) { return std::pair{one.path, one.column}; });
}

std::vector<columns_of_group> file_shape::columns_in(byte_span read) const {
  std::vector<columns_of_group> out;
  if (read.end > layout_.footer.begin) {
    return out;  // a read of the tail is no read of the columns that lie under it
  }
  // The last row group that begins at or before the read, and those behind it that it reaches.
  auto at = std::ranges::upper_bound(in_order_, read.begin, {},
                                     [&](std::size_t group) { return bounds_[group].begin; });
  if (at != in_order_.begin()) {
    --at;
  }
  for (; at != in_order_.end() && bounds_[*at].begin < read.end; ++at) {
    if (auto const found = columns_in(read, *at)) {
      out.push_back(*found);
    }
  }
  return out;
}

// A table of a million columns is asked for under a lock.
std::pair<std::size_t, std::size_t> file_shape::columns_about(byte_span span, std::size_t row_group) const {
  if (!as_schema_[row_group]) {
    return {0, layout_.columns};
  }
  auto const columns = std::views::iota(std::size_t{0}, layout_.columns);
  auto const ends = [&](std::size_t column) { return layout_.chunk(row_group, column).end; };
  auto const begins = [&](std::size_t column) { return layout_.chunk(row_group, column).begin; };
  auto const first = std::ranges::upper_bound(columns, span.begin, {}, ends);
  auto const behind = std::ranges::lower_bound(columns, span.end, {}, begins);
  return {static_cast<std::size_t>(first - columns.begin()),
          static_cast<std::size_t>(behind - columns.begin())};
}

std::optional<columns_of_group> file_shape::columns_in(byte_span read, std::size_t row_group) const {
  auto const none = layout_.columns;
  auto first = none;
  auto last = none;
  auto begins = false;
  auto ends = false;
  auto const inside = base::intersect(read, bounds_[row_group]);
  auto const [from, to] = columns_about(inside, row_group);
  for (auto column = from; column < to; ++column) {
    auto const chunk = layout_.chunk(row_group, column);
    if (chunk.empty() || base::intersect(chunk, inside).empty()) {
      continue;
    }
    begins = begins || chunk.begin == inside.begin;
    ends = ends || chunk.end == inside.end;
    // By place: columns need not lie in the order of the schema.
    if (first == none || chunk.begin < layout_.chunk(row_group, first).begin) {
      first = column;
    }
    if (last == none || chunk.begin > layout_.chunk(row_group, last).begin) {
      last = column;
    }
  }
  if (first == none || (!begins && !ends)) {
    return std::nullopt;
  }
  if (!begins) {
    first = last;  // only the end is known to be wanted
  } else if (!ends) {
    last = first;
  }
  return columns_of_group{row_group, first, last};
}

std::optional<byte_span> file_shape::find(run columns, std::size_t row_group) const {
  auto const first = column(columns.first);
  auto const last = column(columns.last);
  if (row_group >= layout_.row_groups || first == layout_.columns || last == layout_.columns) {
    return std::nullopt;
  }
  auto const begin = layout_.chunk(row_group, first);
  auto const end = layout_.chunk(row_group, last);
  if (begin.begin > end.begin || begin.empty() || end.empty()) {
    return std::nullopt;
  }
  return byte_span{begin.begin, end.end};
}

base::byte_count file_shape::between(run columns, std::size_t row_group) const {
  auto const whole = find(columns, row_group);
  if (!whole || columns.first == columns.last) {
    return 0;
  }
  auto const first = layout_.chunk(row_group, column(columns.first));
  auto const last = layout_.chunk(row_group, column(columns.last));
  return last.begin - std::min(first.end, last.begin);
}

byte_span file_shape::whole_chunks(byte_span reach, std::size_t row_group) const {
  byte_span out;
  auto const [from, to] = columns_about(reach, row_group);
  for (auto column = from; column < to; ++column) {
    auto const chunk = layout_.chunk(row_group, column);
    if (!chunk.empty() && reach.contains(chunk)) {
      out = out.empty() ? chunk : byte_span{std::min(out.begin, chunk.begin), std::max(out.end, chunk.end)};
    }
  }
  return out;
}

std::size_t file_shape::column(std::uint64_t path) const {
  auto const found = std::ranges::lower_bound(numbers_, path, {}, &numbered::path);
  return found == numbers_.end() || found->path != path ? layout_.columns : found->column;
}

std::size_t file_shape::footprint() const {
  return sizeof *this - sizeof layout_ + layout_.footprint() +
         bounds_.capacity() * (sizeof(byte_span) + sizeof(std::size_t)) + as_schema_.capacity() / 8 +
         numbers_.capacity() * sizeof(numbered);
}

}  // namespace s3proxy::read_ahead
