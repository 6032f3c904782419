#include "s3proxy/cache/ghost_list.hpp"

namespace s3proxy::cache {

void ghost_list::add(std::uint64_t fingerprint, std::size_t most) {
  numbers_[fingerprint] = ++added_;
  oldest_first_.push_back({fingerprint, added_});
  while (oldest_first_.size() > most) {
    auto const& oldest = oldest_first_.front();
    auto const found = numbers_.find(oldest.fingerprint);
    if (found != numbers_.end() && found->second == oldest.number) {  // or it came and left again since
      numbers_.erase(found);
    }
    oldest_first_.pop_front();
  }
}

std::optional<std::uint64_t> ghost_list::take(std::uint64_t fingerprint) {
  auto const found = numbers_.find(fingerprint);
  if (found == numbers_.end()) {
    return std::nullopt;
  }
  auto const since = added_ - found->second;
  numbers_.erase(found);
  return since;
}

}  // namespace s3proxy::cache
