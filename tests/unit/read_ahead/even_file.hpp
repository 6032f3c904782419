#pragma once

#include "s3proxy/read_ahead/layout.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace s3proxy::read_ahead {

/// A columnar file whose chunks have one size: columns `0`, `1`, ..., row group after row group, then the
/// page indexes, then the footer.
struct even_file {
  std::size_t row_groups = 8;
  std::size_t columns = 10;
  base::byte_count chunk = 100'000;
  base::byte_count indexes = 0;
  base::byte_count footer = 4'000;

  base::byte_span where(std::size_t row_group, std::size_t column) const {
    auto const begin = 4 + (row_group * columns + column) * chunk;
    return {begin, begin + chunk};
  }
  base::byte_count data_end() const { return 4 + row_groups * columns * chunk; }
  base::byte_count size() const { return data_end() + indexes + footer; }
  base::byte_span tail(base::byte_count length = 65'536) const {
    return {size() - std::min(length, size()), size()};
  }

  layout shape() const {
    layout out;
    out.columns = columns;
    out.row_groups = row_groups;
    for (std::size_t group = 0; group < row_groups; ++group) {
      for (std::size_t column = 0; column < columns; ++column) {
        out.chunks.push_back(where(group, column));
      }
    }
    for (std::size_t column = 0; column < columns; ++column) {
      out.paths.push_back(path_hash(std::to_string(column)));
    }
    out.offset_indexes = {data_end(), data_end() + indexes};
    out.footer = {data_end() + indexes, size()};
    return out;
  }
};

}  // namespace s3proxy::read_ahead
