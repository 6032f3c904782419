#include "s3proxy/upstream/errand.hpp"

#include <utility>

namespace s3proxy::upstream {

urgency errand::how_urgent() const {
  std::lock_guard const lock(mutex_);
  return how_;
}

client_number errand::whose() const {
  std::lock_guard const lock(mutex_);
  return whose_;
}

bool errand::under_way() const {
  std::lock_guard const lock(mutex_);
  return under_way_;
}

bool errand::withdrawn() const {
  std::lock_guard const lock(mutex_);
  return withdrawn_;
}

void errand::promote(client_number joiner) {
  listener told;
  {
    std::lock_guard const lock(mutex_);
    if (how_ == urgency::demand) {
      return;
    }
    how_ = urgency::demand;
    whose_ = joiner;
    told = told_;
  }
  if (told) {
    told();
  }
}

void errand::withdraw() {
  listener told;
  {
    std::lock_guard const lock(mutex_);
    withdrawn_ = true;
    told = told_;
  }
  if (told) {
    told();
  }
}

void errand::on_change(listener told) {
  std::lock_guard const lock(mutex_);
  std::swap(told_, told);  // the old one dies outside the lock
}

void errand::set_under_way() {
  std::lock_guard const lock(mutex_);
  under_way_ = true;
}

void errand::leave_line() {
  listener told;
  {
    std::lock_guard const lock(mutex_);
    if (line_ != line::inside) {
      return;
    }
    line_ = line::left;
    told = told_;
  }
  if (told) {
    told();
  }
}

bool errand::in_line() const {
  std::lock_guard const lock(mutex_);
  return line_ == line::inside;
}

void errand::enter_line() {
  std::lock_guard const lock(mutex_);
  line_ = line::inside;
}

bool errand::end_line() {
  std::lock_guard const lock(mutex_);
  return std::exchange(line_, line::outside) == line::left;
}

}  // namespace s3proxy::upstream
