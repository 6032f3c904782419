#pragma once

#include "s3proxy/proxy/services.hpp"

namespace s3proxy::proxy {

/// Counts a task that no connection owns for as long as its frame lives: the process ends after it.
class counted_task {
 public:
  explicit counted_task(services& shared) : shared_(shared) { ++shared_.open_fills; }
  counted_task(counted_task const&) = delete;
  counted_task& operator=(counted_task const&) = delete;
  ~counted_task() { --shared_.open_fills; }

 private:
  services& shared_;
};

}  // namespace s3proxy::proxy
