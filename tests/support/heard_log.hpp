#pragma once

#include "s3proxy/observe/log.hpp"

#include "support/secret_watch.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::test {

/// Hears every log line, debug included, for as long as it lives.
class heard_log {
 public:
  heard_log() { observe::configure({.everywhere = observe::level::debug, .exceptions = {}}); }
  ~heard_log() { observe::configure(observe::log_spec{}); }

  /// Waits until `n` lines with this text were heard. False when that takes too long.
  bool wait_for(std::string_view text, std::size_t n = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return count_locked(text) >= n; });
  }
  std::size_t count(std::string_view text) {
    std::lock_guard const lock(mutex_);
    return count_locked(text);
  }

 private:
  std::size_t count_locked(std::string_view text) const {
    auto const has = [&](std::string const& line) { return line.find(text) != std::string::npos; };
    return static_cast<std::size_t>(std::ranges::count_if(lines_, has));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  observe::log_capture capture_{[this](observe::room, observe::level, std::string_view line) {
    watch_line(line);
    std::lock_guard const lock(mutex_);
    lines_.emplace_back(line);
    changed_.notify_all();
  }};
};

}  // namespace s3proxy::test
