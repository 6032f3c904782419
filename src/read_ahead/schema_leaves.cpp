#include "schema_leaves.hpp"

#include <algorithm>

namespace s3proxy::read_ahead {

namespace {

/// The bytes of a leaf at the least: a type, an empty name, and the end.
constexpr base::byte_count least_leaf = 5;

}  // namespace

schema_leaves::verdict schema_leaves::begin(std::uint64_t elements, base::byte_count bytes_left) {
  if (stage_ != stage::before) {
    return no_layout::malformed;
  }
  stage_ = stage::root;
  open_.reserve(limits_.schema_depth);
  // Nearly all elements are leaves, or in a nested schema every third: eight bytes for each that is not.
  auto const fit = std::min<std::uint64_t>({elements, bytes_left / least_leaf, limits_.chunks});
  paths_.reserve(static_cast<std::size_t>(fit));
  return {};
}

void schema_leaves::begin_element() {
  children_ = 0;
  named_ = false;
  typed_ = false;
  hash_ = 0;
}

void schema_leaves::number(std::int16_t field, std::int64_t value) {
  if (field == 1) {
    typed_ = true;
  } else if (field == 5) {
    children_ = value;
  }
}

void schema_leaves::begin_name() {
  named_ = true;
  hash_ = open_.empty() ? path_hash({}) : open_.back().prefix;
}

schema_leaves::verdict schema_leaves::end_element() {
  bool const root = stage_ == stage::root;
  if (!named_ || children_ < 0 || (!root && open_.empty())) {
    return no_layout::malformed;
  }
  stage_ = stage::below;
  if (!root) {
    --open_.back().left;
  }
  if (children_ > 0) {
    if (open_.size() == limits_.schema_depth) {
      return no_layout::too_deep;
    }
    // The root's own name is in no path.
    open_.push_back({children_, root ? path_hash({}) : path_hash(".", hash_)});
  } else if (typed_ && !root) {
    // Some writers count no children of a leaf, others count none; a group without any has no column.
    if (paths_.size() == limits_.chunks) {
      return no_layout::too_many_chunks;
    }
    paths_.push_back(hash_);
  }
  while (!open_.empty() && open_.back().left == 0) {
    open_.pop_back();
  }
  return {};
}

schema_leaves::verdict schema_leaves::end() {
  if (stage_ != stage::below || !open_.empty()) {
    return no_layout::malformed;
  }
  stage_ = stage::ended;
  return {};
}

}  // namespace s3proxy::read_ahead
