#pragma once

#include "s3proxy/upstream/errand.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <utility>

namespace s3proxy::upstream {

/// Who waits for something scarce: one of each client in turn, each client's own in the order of their
/// coming, so that one with forty waiting reads does not starve another with one. Not thread-safe.
template <class Waiter>
class turn_queue {
 public:
  void add(client_number whose, std::shared_ptr<Waiter> one) { waiting_[whose].push_back(std::move(one)); }

  bool empty() const { return waiting_.empty(); }

  /// Takes out whose turn it is; null when nobody waits.
  std::shared_ptr<Waiter> next() {
    if (waiting_.empty()) {
      return nullptr;
    }
    auto at = waiting_.upper_bound(last_);
    if (at == waiting_.end()) {
      at = waiting_.begin();
    }
    last_ = at->first;
    auto taken = std::move(at->second.front());
    at->second.pop_front();
    if (at->second.empty()) {
      waiting_.erase(at);
    }
    return taken;
  }

  /// Takes `one` out, wherever it stands. False when it is not here.
  bool remove(std::shared_ptr<Waiter> const& one) {
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
      if (std::erase(at->second, one) > 0) {
        if (at->second.empty()) {
          waiting_.erase(at);
        }
        return true;
      }
    }
    return false;
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (auto const& [whose, line] : waiting_) {
      std::ranges::for_each(line, visit);
    }
  }

 private:
  std::map<client_number, std::deque<std::shared_ptr<Waiter>>> waiting_;
  client_number last_{};
};

}  // namespace s3proxy::upstream
