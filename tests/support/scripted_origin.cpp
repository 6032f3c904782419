#include "support/scripted_origin.hpp"

#include "support/scripted_connection.hpp"
#include "support/telling_bytes.hpp"

#include <algorithm>
#include <sys/socket.h>
#include <utility>

namespace s3proxy::test {

void gate::open() {
  std::lock_guard const lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void gate::wait_for_arrivals(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return arrived_ >= count; });
}

void gate::pass() {
  std::unique_lock lock(mutex_);
  ++arrived_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return open_; });
}

scripted_origin::scripted_origin(std::shared_ptr<asio::ssl::context> tls)
    : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      tls_(std::move(tls)),
      port_(acceptor_.local_endpoint().port()) {
  acceptor_thread_ = std::thread([this] { accept_loop(); });
}

scripted_origin::~scripted_origin() {
  clear_rules();
  stop_listening();
  for (auto& thread : threads_) {
    thread.join();
  }
}

void scripted_origin::stop_listening() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
    for (auto const& one : open_) {
      one->end();
    }
    for (auto const& one : rules_) {
      if (one.held) {
        one.held->open();
      }
    }
    changed_.notify_all();
  }
  if (acceptor_thread_.joinable()) {
    error_code ec;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    acceptor_thread_.join();
    acceptor_.close(ec);
  }
}

void scripted_origin::accept_loop() {
  for (;;) {
    error_code ec;
    tcp::socket socket(context_);
    acceptor_.accept(socket, ec);
    if (ec) {
      return;
    }
    std::lock_guard const lock(mutex_);
    if (stopping_) {
      return;
    }
    ++accepted_;
    auto const made = std::make_shared<connection>(*this, std::move(socket));
    open_.push_back(made);
    threads_.emplace_back([this, made] {
      made->serve();
      std::lock_guard const done(mutex_);
      open_.remove(made);
      changed_.notify_all();
    });
  }
}

void scripted_origin::put(std::string const& path, object what) {
  std::lock_guard const lock(mutex_);
  objects_[path] = std::move(what);
}

void scripted_origin::put_version(std::string const& path, unsigned n, std::size_t size) {
  put(path,
      {telling_bytes(n, 0, size), "\"v" + std::to_string(n) + "\"", "Thu, 01 Jan 2026 00:00:00 GMT", {}});
}

void scripted_origin::remove(std::string const& path) {
  std::lock_guard const lock(mutex_);
  objects_.erase(path);
}

void scripted_origin::when(matcher match, fault what, std::size_t times) {
  std::lock_guard const lock(mutex_);
  rules_.push_back({std::move(match), std::move(what), times, nullptr});
}

void scripted_origin::hold(matcher match, std::shared_ptr<gate> at) {
  std::lock_guard const lock(mutex_);
  rules_.push_back({std::move(match), {}, 0, std::move(at)});
}

void scripted_origin::clear_rules() {
  std::lock_guard const lock(mutex_);
  for (auto const& one : rules_) {
    if (one.held) {
      one.held->open();
    }
  }
  rules_.clear();
}

std::optional<fault> scripted_origin::take_fault(received const& request) {
  std::lock_guard const lock(mutex_);
  for (auto& one : rules_) {
    if (!one.held && one.times > 0 && one.match(request)) {
      --one.times;
      return one.what;
    }
  }
  return std::nullopt;
}

std::shared_ptr<gate> scripted_origin::gate_for(received const& request) {
  std::lock_guard const lock(mutex_);
  for (auto const& one : rules_) {
    if (one.held && one.match(request)) {
      return one.held;
    }
  }
  return nullptr;
}

std::vector<received> scripted_origin::requests() const {
  std::lock_guard const lock(mutex_);
  return requests_;
}

std::size_t scripted_origin::count(matcher const& match) const {
  auto const all = requests();
  return static_cast<std::size_t>(std::ranges::count_if(all, match));
}

void scripted_origin::forget_requests() {
  std::lock_guard const lock(mutex_);
  requests_.clear();
  body_bytes_ = 0;
  sent_bytes_ = 0;
}

std::size_t scripted_origin::connections() const {
  std::lock_guard const lock(mutex_);
  return accepted_;
}

std::size_t scripted_origin::open_connections() const {
  std::lock_guard const lock(mutex_);
  return open_.size();
}

std::uint64_t scripted_origin::body_bytes() const {
  std::lock_guard const lock(mutex_);
  return body_bytes_;
}

std::uint64_t scripted_origin::sent_bytes() const {
  std::lock_guard const lock(mutex_);
  return sent_bytes_;
}

void scripted_origin::close_connections() {
  std::lock_guard const lock(mutex_);
  for (auto const& one : open_) {
    one->end();
  }
}

void scripted_origin::wait_for_requests(std::size_t n) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_.size() >= n; });
}

void scripted_origin::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return open_.empty(); });
}

}  // namespace s3proxy::test
