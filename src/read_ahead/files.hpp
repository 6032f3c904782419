#pragma once

#include "s3proxy/read_ahead/columns.hpp"
#include "s3proxy/read_ahead/event.hpp"
#include "s3proxy/read_ahead/table_name.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace s3proxy::read_ahead {

/// What is known of one file of a table.
struct file {
  file_content content;
  listed_file::storage kept = listed_file::storage::quick;
  format kind = format::other;
  std::shared_ptr<file_shape const> shape;
  enum class footer : std::uint8_t { unread, asked_for, no_layout } state = footer::unread;
  bool demanded = false;       ///< somebody read it here
  bool end_asked = false;      ///< its tail, or all of it, was asked for
  base::byte_count taken = 0;  ///< by clients, of this content
  std::size_t rank = nowhere;

  static constexpr std::size_t nowhere = ~std::size_t{0};
};

/// The files of one table, in the order of their newest listing. Files that no listing named have no place in
/// it. Not more than `most`: what is listed beyond is not remembered.
class file_list {
 public:
  explicit file_list(std::size_t most) : most_(most) {}

  void list(listed_file const& one);
  /// The file as it is now. A version other than the one known voids what was learnt of its content. Null
  /// where there is no room for another.
  file* meet(file_content const& content);
  file* find(base::object_key const& key) const;
  /// The next file of the order that may be read ahead; null at its end.
  file* after(file const& one) const;
  /// The first of the newest listing that is still there; null without any.
  file* first() const;
  std::size_t count() const { return by_key_.size(); }
  std::size_t footprint() const { return footprint_; }
  void give_shape(file& one, std::shared_ptr<file_shape const> shape);

 private:
  file* place(base::object_key const& key);
  void put_last(file& one);
  /// Voids what was learnt of its content.
  void become(file& one, file_content const& content);

  std::size_t most_;
  std::unordered_map<base::object_key, std::unique_ptr<file>> by_key_;
  std::vector<file*> order_;  // null where a file was listed again, and moved
  std::size_t footprint_ = 0;
};

}  // namespace s3proxy::read_ahead
