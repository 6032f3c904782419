#include "s3proxy/store/flight_table.hpp"

#include <utility>

namespace s3proxy::store {

flight_table::question::question(flight_table& table, cache::object_id id, base::principal_id asker,
                                 std::shared_ptr<flight> asked)
    : table_(&table), id_(std::move(id)), asker_(std::move(asker)), asked_(std::move(asked)) {}

flight_table::question::~question() {
  if (!asked_) {
    return;  // moved from
  }
  {
    std::lock_guard const lock(table_->mutex_);
    table_->open_.erase({id_, asker_});
  }
  asked_->finish(std::nullopt);
}

flight_table::turn flight_table::ask_or_wait(cache::object_id const& id, base::principal_id const& asker) {
  std::lock_guard const lock(mutex_);
  auto& place = open_[{id, asker}];
  if (place) {
    return {nullptr, place};
  }
  place = std::make_shared<flight>();
  return {std::make_unique<question>(*this, id, asker, place), nullptr};
}

std::shared_ptr<flight> flight_table::open(cache::object_id const& id,
                                           base::principal_id const& asker) const {
  std::lock_guard const lock(mutex_);
  auto const found = open_.find({id, asker});
  return found == open_.end() ? nullptr : found->second;
}

std::size_t flight_table::count() const {
  std::lock_guard const lock(mutex_);
  return open_.size();
}

}  // namespace s3proxy::store
