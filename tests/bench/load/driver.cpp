#include "driver.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <sys/epoll.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace load {

namespace {

// Below a listener's backlog.
constexpr unsigned most_connecting = 64;
constexpr std::size_t buffer_bytes = 256 * 1024;
// From here on a body is dropped by the kernel instead of copied; only its head, and what came with it, is
// read.
constexpr std::uint64_t dropped_from = 64 * 1024;
constexpr std::size_t head_bytes = 2048;
constexpr std::size_t dropped_at_once = 1024 * 1024;
constexpr std::chrono::milliseconds trickle_pause{10};
constexpr std::uint32_t first_source = 0x7f000002;  // 127.0.0.2
constexpr std::chrono::seconds no_answer_for{60};

sig_atomic_t volatile signalled = 0;

void note_signal(int) {
  signalled = 1;
}

}  // namespace

driver::driver(settings const& given, std::vector<request> const& requests, SSL_CTX* tls)
    : settings_{given},
      requests_{requests},
      tls_{tls},
      poll_{::epoll_create1(EPOLL_CLOEXEC)},
      buffer_(buffer_bytes) {
  if (poll_ < 0) {
    throw std::system_error{errno, std::generic_category(), "epoll_create1"};
  }
  struct sigaction action{};
  action.sa_handler = note_signal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigprocmask(SIG_SETMASK, nullptr, &while_waiting_);
  ::sigdelset(&while_waiting_, SIGTERM);
}

driver::~driver() {
  ::close(poll_);
}

tally driver::run(std::function<void()> const& on_held) {
  connections_.reserve(settings_.connections);
  began_ = clock::now();
  auto last_event = began_;
  auto told = false;
  open_more();
  std::array<epoll_event, 256> events;
  while (!(stopping_ && under_way_ == 0)) {
    auto const wait = until_next(clock::now());
    auto const count = ::epoll_pwait2(poll_, events.data(), events.size(), &wait, &while_waiting_);
    for (int i = 0; i < count; ++i) {
      handle(*static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    auto const now = clock::now();
    last_event = count > 0 || under_way_ == 0 || !resting_.empty() ? now : last_event;
    if (now - last_event > no_answer_for) {
      throw std::runtime_error{"no answer came for a minute"};
    }
    wake_rested(now);
    start_due(now);
    look_at_the_end(now);
    if (settings_.how == manner::hold && tally_.answers.size() == settings_.connections &&
        !std::exchange(told, true)) {
      on_held();
    }
  }
  tally_.took = clock::now() - began_;
  return std::move(tally_);
}

void driver::open_more() {
  while (connections_.size() < settings_.connections && connecting_ < most_connecting) {
    auto const number = static_cast<std::uint32_t>(connections_.size());
    auto const source = settings_.sources == 0 ? 0 : first_source + number % settings_.sources;
    connections_.push_back(std::make_unique<connection>());
    connections_.back()->source = source;
    open(*connections_.back());
  }
}

void driver::open(connection& one) {
  one.link = wire{settings_.server, one.source, tls_};
  one.now = connection::state::connecting;
  one.due = clock::now();  // of a fresh connection's request: connecting is part of it
  ++connecting_;
  epoll_event event{.events = EPOLLOUT, .data = {.ptr = &one}};
  ::epoll_ctl(poll_, EPOLL_CTL_ADD, one.link.descriptor(), &event);
}

void driver::listen_for(connection& one, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &one}};
  ::epoll_ctl(poll_, EPOLL_CTL_MOD, one.link.descriptor(), &event);
}

void driver::handle(connection& one) {
  switch (one.now) {
    case connection::state::connecting:
      return become_ready(one);
    case connection::state::waiting:
      return read(one);
    case connection::state::resting:
      throw std::runtime_error{"the server reset a connection whose reader is slow"};
    case connection::state::idle: {
      // TLS tickets may come without an answer. Anything else on an idle connection is its end.
      auto const came = one.link.read(buffer_);
      if (came) {
        throw std::runtime_error{"bytes came that nobody asked for"};
      }
      return;
    }
  }
}

void driver::become_ready(connection& one) {
  listen_for(one, EPOLLIN);
  auto const ready = one.link.is_ready();
  if (!ready) {
    return;
  }
  --connecting_;
  one.now = connection::state::idle;
  open_more();
  if (settings_.how == manner::stampede) {
    return start_stampede();
  }
  if (settings_.how == manner::fresh && may_send()) {
    return start(one, one.due);
  }
  if (may_send() && settings_.rate == 0) {
    return start(one, clock::now());
  }
  idle_.push_back(&one);
}

bool driver::may_send() const {
  return !stopping_ && (settings_.requests == 0 || sent_ < settings_.requests);
}

void driver::start(connection& one, clock::time_point due) {
  auto const& asked = requests_[settings_.how == manner::stampede ? 0 : sent_ % requests_.size()];
  auto const how = sent_ % settings_.compare_every == 0 ? check::bytes : check::length;
  ++sent_;
  ++under_way_;
  one.coming = answer{asked, how};
  one.due = due;
  one.first_byte = {};
  one.has_stalled = false;
  one.now = connection::state::waiting;
  one.link.write(asked.bytes);
}

void driver::start_stampede() {
  auto const all = settings_.connections;
  if (stampeding_ || connections_.size() < all || connecting_ > 0) {
    return;
  }
  stampeding_ = true;
  began_ = clock::now();
  for (auto const& one : connections_) {
    start(*one, began_);
  }
}

void driver::start_due(clock::time_point now) {
  if (settings_.rate == 0 || connections_.empty()) {
    return;
  }
  if (next_due_ == clock::time_point{}) {
    next_due_ = now;
  }
  auto const interval =
      std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>{1 / settings_.rate});
  while (next_due_ <= now && !idle_.empty() && may_send()) {
    auto& one = *idle_.back();
    idle_.pop_back();
    start(one, next_due_);
    next_due_ += interval;
  }
}

void driver::read(connection& one) {
  while (one.now == connection::state::waiting) {
    auto const came = read_some(one);
    if (!came) {
      return;
    }
    if (one.first_byte == clock::time_point{}) {
      one.first_byte = clock::now();
    }
    if (one.coming.is_whole()) {
      return finish(one);
    }
    rest_if_slow(one, *came);
  }
}

std::optional<std::size_t> driver::read_some(connection& one) {
  auto& coming = one.coming;
  auto const is_slow = settings_.trickle != 0 && !hurrying_;
  auto const is_dropped = coming.how() == check::length && coming.body_bytes() >= dropped_from;
  if (is_dropped && coming.in_body()) {
    auto const most = std::min<std::uint64_t>(coming.left(), is_slow ? settings_.trickle : dropped_at_once);
    auto const came = one.link.discard(static_cast<std::size_t>(most), buffer_);
    if (came) {
      coming.skip(*came);
    }
    return came;
  }
  auto const most =
      std::min(is_dropped ? head_bytes : buffer_.size(), is_slow ? settings_.trickle : buffer_.size());
  auto const room = std::span{buffer_}.first(most);
  auto const came = one.link.read(room);
  if (came) {
    coming.take(room.first(*came));
  }
  return came;
}

void driver::rest_if_slow(connection& one, std::size_t came) {
  if (hurrying_) {
    return;
  }
  if (settings_.stall.count() > 0 && !std::exchange(one.has_stalled, true)) {
    return rest(one, std::chrono::duration_cast<clock::duration>(settings_.stall));
  }
  if (settings_.trickle != 0 && came > 0) {
    rest(one, trickle_pause);
  }
}

void driver::rest(connection& one, clock::duration time) {
  one.now = connection::state::resting;
  listen_for(one, 0);
  resting_.push({clock::now() + time, &one});
}

void driver::wake_rested(clock::time_point now) {
  while (!resting_.empty() && (hurrying_ || resting_.top().until <= now)) {
    auto& one = *resting_.top().who;
    resting_.pop();
    one.now = connection::state::waiting;
    listen_for(one, EPOLLIN);
    // TLS may hold bytes that no event will tell of.
    read(one);
  }
}

void driver::finish(connection& one) {
  auto const now = clock::now();
  --under_way_;
  tally_.answers.push_back({one.first_byte - one.due, now - one.due});
  tally_.body_bytes += one.coming.received();
  if (one.coming.how() == check::bytes) {
    ++tally_.compared;
    tally_.compared_bytes += one.coming.received();
  }
  one.now = connection::state::idle;
  if (settings_.how == manner::stampede || settings_.how == manner::hold) {
    return;
  }
  if (settings_.how == manner::fresh) {
    one.link = {};
    if (may_send()) {
      open(one);
    }
    return;
  }
  if (may_send() && settings_.rate == 0) {
    return start(one, now);
  }
  idle_.push_back(&one);
}

void driver::look_at_the_end(clock::time_point now) {
  auto const late = settings_.longest.count() > 0 && now - began_ >= settings_.longest;
  auto const enough = settings_.requests != 0 && sent_ >= settings_.requests;
  auto const stampeded = stampeding_ && under_way_ == 0;
  hurrying_ = hurrying_ || signalled != 0 || late;
  stopping_ = stopping_ || hurrying_ || enough || stampeded;
}

timespec driver::until_next(clock::time_point now) const {
  if (settings_.between == waiting::spin) {
    return {};
  }
  auto wait = clock::duration{std::chrono::milliseconds{100}};
  if (settings_.rate != 0 && !idle_.empty() && may_send()) {
    wait = std::min(wait, next_due_ - now);
  }
  if (!resting_.empty()) {
    wait = std::min(wait, resting_.top().until - now);
  }
  auto const bounded = std::max(wait, clock::duration{});
  return {.tv_sec = 0, .tv_nsec = std::chrono::nanoseconds{bounded}.count()};
}

}  // namespace load
