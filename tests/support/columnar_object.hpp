#pragma once

#include "support/scripted_origin.hpp"
#include "support/telling_bytes.hpp"
#include "unit/read_ahead/handmade_footer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace s3proxy::test {

/// A columnar file whose data are telling bytes: row groups of columns, in chunks of one size each.
struct columnar_object {
  std::size_t row_groups = 6;
  std::size_t columns = 4;
  std::uint64_t chunk_size = 128 * 1024;
  std::size_t padding = 0;  ///< bytes more of metadata, to make the footer long
  unsigned version = 1;

  base::byte_span chunk(std::size_t row_group, std::size_t column) const {
    auto const begin = first + (row_group * columns + column) * chunk_size;
    return {begin, begin + chunk_size};
  }
  std::uint64_t data_end() const { return first + row_groups * columns * chunk_size; }
  std::string footer() const;
  std::uint64_t size() const { return data_end() + footer().size(); }
  std::string body() const { return telling_bytes(version, 0, data_end()) + footer(); }
  /// What the origin holds: a tag that names the version.
  scripted_origin::object object() const {
    auto const told = std::to_string(version);
    return {body(), "\"v" + told + "\"", "Thu, 01 Jan 2026 00:00:00 GMT",
            "x-amz-meta-version: " + told + "\r\n"};
  }

  static constexpr std::uint64_t first = 16;  ///< behind the magic, and in step with telling_bytes
};

inline std::string columnar_object::footer() const {
  using namespace read_ahead;
  std::vector<compact_bytes> elements{group("root", static_cast<std::int64_t>(columns))};
  for (std::size_t column = 0; column < columns; ++column) {
    elements.push_back(leaf("c" + std::to_string(column) + std::string(column == 0 ? padding : 0, 'x')));
  }
  std::vector<compact_bytes> groups;
  for (std::size_t g = 0; g < row_groups; ++g) {
    std::vector<compact_bytes> chunks;
    for (std::size_t column = 0; column < columns; ++column) {
      auto const where = this->chunk(g, column);
      chunks.push_back(
          read_ahead::chunk(static_cast<std::int64_t>(where.begin), static_cast<std::int64_t>(where.size())));
    }
    groups.push_back(row_group(chunks));
  }
  return file_of(elements, groups).bytes;
}

inline bool is_speculative(received const& r) {
  return r.header("user-agent").find("(read-ahead)") != std::string::npos;
}
inline bool is_demand(received const& r) {
  return !is_speculative(r);
}
inline scripted_origin::matcher speculation_on(std::string path) {
  return [path = std::move(path)](received const& r) { return is_speculative(r) && r.path() == path; };
}

}  // namespace s3proxy::test
