#pragma once

#include "s3proxy/read_ahead/parquet_footer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::read_ahead {

/// The columns of a Parquet schema, which is a tree written as a list, each node before its children: hashes
/// the dotted path of each leaf as its parts pass.
class schema_leaves {
 public:
  explicit schema_leaves(footer_limits const& limits) : limits_(limits) {}

  using verdict = std::optional<no_layout>;

  /// The list begins, and claims so many elements in what bytes are left.
  verdict begin(std::uint64_t elements, base::byte_count bytes_left);
  void begin_element();
  /// A field of a SchemaElement: its type, or its number of children.
  void number(std::int16_t field, std::int64_t value);
  void begin_name();
  void name(std::string_view piece) { hash_ = path_hash(piece, hash_); }
  verdict end_element();
  verdict end();

  /// The list has begun, and ended as one tree.
  bool whole() const { return stage_ == stage::ended; }
  std::vector<std::uint64_t> const& paths() const& { return paths_; }
  std::vector<std::uint64_t> paths() && { return std::move(paths_); }

 private:
  enum class stage { before, root, below, ended };
  /// A node with children to come, and the hash of the path to it, its dot included.
  struct level {
    std::int64_t left;
    std::uint64_t prefix;
  };

  footer_limits limits_;
  stage stage_ = stage::before;
  std::vector<level> open_;
  std::vector<std::uint64_t> paths_;
  std::uint64_t hash_ = 0;
  std::int64_t children_ = 0;
  bool named_ = false;
  bool typed_ = false;
};

}  // namespace s3proxy::read_ahead
