#include "column_chunks.hpp"

#include <algorithm>
#include <utility>

namespace s3proxy::read_ahead {

namespace {

/// The bytes of a chunk at the least: a structure with one in it that has two numbers.
constexpr base::byte_count least_chunk = 7;

}  // namespace

column_chunks::verdict column_chunks::begin(std::uint64_t row_groups, std::optional<std::size_t> columns,
                                            base::byte_count bytes_left) {
  if (std::exchange(begun_, true)) {
    return no_layout::malformed;
  }
  columns_ = columns;
  if (columns) {
    // Neither factor is beyond the bytes of the footer.
    auto const claimed = row_groups * *columns;
    if (claimed > limits_.chunks) {
      return no_layout::too_many_chunks;
    }
    if (claimed > bytes_left / least_chunk) {
      return no_layout::malformed;
    }
    made_.chunks.reserve(static_cast<std::size_t>(claimed));
  }
  return {};
}

void column_chunks::begin_row_group() {
  ++made_.row_groups;
  group_first_ = made_.chunks.size();
  group_begin_ = reached_;
  in_order_ = true;
}

column_chunks::verdict column_chunks::end_row_group() {
  auto const count = made_.chunks.size() - group_first_;
  if (count != columns_.value_or(count)) {
    return no_layout::malformed;
  }
  columns_ = count;
  if (!in_order_ && !are_apart()) {
    return no_layout::overlapping;
  }
  return {};
}

bool column_chunks::are_apart() {
  auto const first = made_.chunks.begin() + static_cast<std::ptrdiff_t>(group_first_);
  std::vector<base::byte_span> sorted(first, made_.chunks.end());
  if (sorted.size() > limits_.disordered) {
    return false;
  }
  // A chunk without bytes begins where another may: it comes first.
  std::ranges::sort(sorted, {}, [](base::byte_span s) { return std::pair(s.begin, s.end); });
  auto const over = [](base::byte_span before, base::byte_span behind) { return before.end > behind.begin; };
  return std::ranges::adjacent_find(sorted, over) == sorted.end();
}

void column_chunks::chunk_number(std::int16_t field, std::int64_t value) {
  switch (field) {
    case 4:
      now_.offset_index = value;
      break;
    case 5:
      now_.offset_index_size = value;
      break;
    case 6:
      now_.column_index = value;
      break;
    case 7:
      now_.column_index_size = value;
      break;
  }
}

void column_chunks::data_number(std::int16_t field, std::int64_t value) {
  switch (field) {
    case 7:
      now_.size = value;
      break;
    case 9:
      now_.data_page = value;
      break;
    case 11:
      now_.dictionary_page = value;
      break;
    case 14:
      now_.bloom_filter = value;
      break;
    case 15:
      now_.bloom_filter_size = value;
      break;
  }
}

column_chunks::verdict column_chunks::end_chunk() {
  if (now_.elsewhere) {
    return no_layout::elsewhere;
  }
  if (now_.encrypted) {
    return no_layout::encrypted;
  }
  if (!now_.described) {
    return no_layout::malformed;
  }
  if (auto const wrong = add_chunk()) {
    return wrong;
  }
  return add_indexes();
}

column_chunks::verdict column_chunks::add_chunk() {
  if (!now_.size || !now_.data_page || *now_.size < 0 || *now_.data_page < 0) {
    return no_layout::malformed;
  }
  if (made_.chunks.size() == limits_.chunks) {
    return no_layout::too_many_chunks;
  }
  auto const size = static_cast<base::byte_count>(*now_.size);
  if (size == 0) {
    made_.chunks.push_back({reached_, reached_});
    return {};
  }
  auto begin = *now_.data_page;
  // Some writers set 0 where there is no such page; a chunk of no rows may have a dictionary and no data.
  if (now_.dictionary_page > 0 && (now_.dictionary_page < begin || begin == 0)) {
    begin = now_.dictionary_page;
  }
  auto const at = static_cast<base::byte_count>(begin);
  if (at < group_begin_ || at > data_end_ || size > data_end_ - at) {
    return no_layout::overlapping;
  }
  in_order_ = in_order_ && at >= reached_;
  made_.chunks.push_back({at, at + size});
  data_begin_ = std::min(data_begin_, at);
  reached_ = std::max(reached_, at + size);
  return {};
}

column_chunks::verdict column_chunks::add_indexes() {
  if (auto const wrong = widen(made_.column_indexes, now_.column_index, now_.column_index_size)) {
    return wrong;
  }
  if (auto const wrong = widen(made_.offset_indexes, now_.offset_index, now_.offset_index_size)) {
    return wrong;
  }
  return widen(made_.bloom_filters, now_.bloom_filter, now_.bloom_filter_size);
}

/// An index that is not there takes no bytes; a bloom filter of unknown size (old writers) is left out.
column_chunks::verdict column_chunks::widen(base::byte_span& all, std::int64_t begin,
                                            std::int64_t size) const {
  if (begin == 0 || size == 0) {
    return {};
  }
  auto const at = static_cast<base::byte_count>(begin);
  auto const length = static_cast<base::byte_count>(size);
  if (begin < 0 || size < 0 || at > data_end_ || length > data_end_ - at) {
    return no_layout::malformed;
  }
  all = all.empty() ? base::byte_span{at, at + length}
                    : base::byte_span{std::min(all.begin, at), std::max(all.end, at + length)};
  return {};
}

std::variant<layout, no_layout> column_chunks::result(std::vector<std::uint64_t> paths) && {
  made_.columns = columns_.value_or(paths.size());
  if (made_.columns != paths.size()) {
    return no_layout::malformed;
  }
  if (made_.row_groups == 0 || made_.columns == 0) {
    return no_layout::empty;
  }
  made_.paths = std::move(paths);
  base::byte_span const data{data_begin_, reached_};
  for (auto* const indexes : {&made_.column_indexes, &made_.offset_indexes, &made_.bloom_filters}) {
    if (!intersect(data, *indexes).empty()) {
      *indexes = {};
    }
  }
  return std::move(made_);
}

}  // namespace s3proxy::read_ahead
