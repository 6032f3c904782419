#include "files.hpp"

#include <algorithm>

namespace s3proxy::read_ahead {

void file_list::list(listed_file const& one) {
  auto* const known = place(one.key);
  if (!known) {
    return;
  }
  if (known->content.size != one.size) {
    become(*known, {one.key, 0, one.size});
  }
  known->kept = one.kept;
  put_last(*known);
}

file* file_list::meet(file_content const& content) {
  auto* const known = place(content.key);
  if (!known) {
    return nullptr;
  }
  auto& held = known->content;
  auto const other_version = held.version != 0 && content.version != 0 && held.version != content.version;
  if (other_version || held.size != content.size) {
    become(*known, content);
  }
  if (content.version != 0) {
    held.version = content.version;
  }
  return known;
}

void file_list::become(file& one, file_content const& content) {
  if (one.shape) {
    footprint_ -= one.shape->footprint();
  }
  file fresh;
  fresh.content = content;
  fresh.kept = one.kept;
  fresh.kind = one.kind;
  fresh.rank = one.rank;
  one = std::move(fresh);
}

void file_list::give_shape(file& one, std::shared_ptr<file_shape const> shape) {
  footprint_ += shape->footprint();
  one.shape = std::move(shape);
}

file* file_list::find(base::object_key const& key) const {
  auto const found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : found->second.get();
}

file* file_list::after(file const& one) const {
  if (one.rank == file::nowhere) {
    return nullptr;
  }
  for (auto at = one.rank + 1; at < order_.size(); ++at) {
    if (order_[at] && order_[at]->kept == listed_file::storage::quick) {
      return order_[at];
    }
  }
  return nullptr;
}

file* file_list::first() const {
  auto const found = std::ranges::find_if(order_, [](file const* one) { return one != nullptr; });
  return found == order_.end() ? nullptr : *found;
}

file* file_list::place(base::object_key const& key) {
  if (auto* const known = find(key)) {
    return known;
  }
  if (by_key_.size() >= most_) {
    return nullptr;
  }
  auto made = std::make_unique<file>();
  made->content.key = key;
  made->kind = format_of(key.str());
  footprint_ += sizeof(file) + 2 * key.str().size() + 64;
  return by_key_.emplace(key, std::move(made)).first->second.get();
}

void file_list::put_last(file& one) {
  if (one.rank != file::nowhere) {
    order_[one.rank] = nullptr;
  }
  if (order_.size() > 2 * by_key_.size()) {
    std::erase(order_, nullptr);
    for (std::size_t at = 0; at < order_.size(); ++at) {
      order_[at]->rank = at;
    }
  }
  one.rank = order_.size();
  order_.push_back(&one);
}

}  // namespace s3proxy::read_ahead
