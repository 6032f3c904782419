#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/two_teams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::test {
namespace {

using enum fault::kind;

constexpr std::size_t KiB = 1024;
constexpr std::size_t size = 8 * 1024 * KiB;

/// A proxy with one connection to its store, which is in use until go_on(); reads queue behind it.
class one_connection {
 public:
  one_connection() {
    w.use_roster(teams.roster());
    w.origin.put_version("/buc/k", 1, size);
    look();
    w.ask_as(teams.bob, {"HEAD", "/buc/k"});
    ++answered_;
    w.origin.hold(is("GET", "/buc/held"), held_);
    holder_.emplace(w.proxy->port());
    holder_->send(signed_bytes({"GET", "/buc/held?acl"}, w.proxy->port(), teams.alice, w.clock.wall_now()));
    held_->wait_for_arrivals(1);
    w.origin.forget_requests();
  }

  /// Asks for `length` bytes from `begin`, on a connection of its own, and waits until that is in line.
  void ask(std::size_t begin, std::size_t length) { ask_as(teams.alice, begin, length); }
  void ask_as(s3::credentials const& who, std::size_t begin, std::size_t length) {
    auto const range = "bytes=" + std::to_string(begin) + "-" + std::to_string(begin + length - 1);
    auto const now = w.clock.wall_now();
    auto& link = readers_.emplace_back(w, begin, length).link;
    link.send(signed_bytes({"GET", "/buc/k", {{"Range", range}}}, w.proxy->port(), who, now));
    while (w.proxy->services().open_fills < readers_.size()) {
      look();
    }
    look();  // the worker has come back to its sockets: the fill stands in line
  }
  std::size_t answered() const { return answered_; }
  void first_leaves() {
    readers_.front().link.reset();
    readers_.pop_front();
  }
  void go_on() {
    held_->open();
    EXPECT_EQ(holder_->read().status, 404U);
    holder_.reset();
    ++answered_;
  }
  void expect_right(unsigned version = 1) {
    for (auto& one : readers_) {
      auto const got = one.link.read();
      EXPECT_EQ(got.status, 206U);
      EXPECT_TRUE(got.complete);
      EXPECT_EQ(got.body.size(), one.length);
      EXPECT_EQ(differs(got.body, version, one.begin), std::nullopt) << one.begin;
    }
    answered_ += readers_.size();
    readers_.clear();
    EXPECT_TRUE(w.becomes_quiet());
    EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  }
  std::vector<std::string> ranges() const {
    std::vector<std::string> out;
    for (auto const& one : w.origin.requests()) {
      if (one.path() == "/buc/k" && one.method == "GET") {
        out.push_back(one.header("range"));
      }
    }
    return out;
  }

  two_teams teams;
  world w{{.threads = 1, .adjust = [](proxy::limits& l) { l.origin.connections = 1; }}};

 private:
  void look() {
    w.ask_as(teams.alice, {"HEAD", "/buc/k"});
    ++answered_;
  }

  struct reader {
    reader(world& of, std::size_t first, std::size_t bytes)
        : link(of.connect()), begin(first), length(bytes) {}
    client link;
    std::size_t begin;
    std::size_t length;
  };
  std::shared_ptr<gate> held_ = std::make_shared<gate>();
  std::optional<client> holder_;
  std::list<reader> readers_;
  std::size_t answered_ = 0;
};

using ranges = std::vector<std::string>;

TEST(queued_fills, misses_side_by_side_that_queue_are_one_request) {
  one_connection c;
  c.ask(0, 64 * KiB);
  c.ask(128 * KiB, 64 * KiB);
  c.ask(64 * KiB, 64 * KiB);
  c.go_on();
  c.expect_right();
  EXPECT_EQ(c.ranges(), ranges{"bytes=0-196607"});
  EXPECT_EQ(c.w.origin.connections(), 1U);
}

TEST(queued_fills, a_small_gap_is_passed_over_and_a_wide_one_is_not) {
  one_connection c;
  c.ask(0, 64 * KiB);
  c.ask(128 * KiB, 64 * KiB);
  c.ask(512 * KiB, 64 * KiB);
  c.go_on();
  c.expect_right();
  EXPECT_EQ(c.ranges(), (ranges{"bytes=0-196607", "bytes=524288-589823"}));
}

TEST(queued_fills, what_is_passed_over_before_one_shifts_nothing_of_the_next) {
  one_connection c;
  c.ask(0, 16 * KiB);
  c.ask(32 * KiB, 16 * KiB);
  c.ask(48 * KiB, 16 * KiB);
  c.ask(96 * KiB, 16 * KiB);
  c.ask(128 * KiB, 16 * KiB);
  c.go_on();
  c.expect_right();
  EXPECT_EQ(c.ranges(), ranges{"bytes=0-147455"});
}

TEST(queued_fills, together_they_are_no_longer_than_a_part) {
  one_connection c;
  c.ask(0, 1024 * KiB);
  c.ask(1024 * KiB, 1024 * KiB);
  c.ask(2048 * KiB, 1024 * KiB);
  c.go_on();
  c.expect_right();
  EXPECT_EQ(c.ranges(), (ranges{"bytes=0-2097151", "bytes=2097152-3145727"}));
}

TEST(queued_fills, of_two_principals_are_two_requests) {
  one_connection c;
  c.ask(0, 64 * KiB);
  c.ask_as(c.teams.bob, 64 * KiB, 64 * KiB);
  c.go_on();
  c.expect_right();
  EXPECT_EQ(c.ranges().size(), 2U);
}

TEST(queued_fills, each_writes_of_its_own_call_only) {
  one_connection c;
  c.ask(0, 64 * KiB);
  c.ask(64 * KiB, 64 * KiB);
  c.go_on();
  c.expect_right();
  std::vector<std::string> calls;
  for (auto const& line : c.w.access_lines(c.answered())) {
    if (told(line, "op") == "GetObject") {
      calls.push_back(told(line, "origin_calls"));
    }
  }
  std::ranges::sort(calls);
  EXPECT_EQ(calls, (std::vector<std::string>{"0", "1"}));
}

TEST(queued_fills, a_refusal_is_told_to_the_first_and_the_others_ask_for_themselves) {
  for (auto const& trouble : {fault{.what = answer_status, .status = 503}, fault{.what = fault::kind::reset},
                              fault{.what = wrong_range}}) {
    one_connection c;
    c.ask(0, 64 * KiB);
    c.ask(64 * KiB, 64 * KiB);
    c.ask(128 * KiB, 64 * KiB);
    c.w.origin.when(is("GET", "/buc/k"), trouble);
    c.go_on();
    c.expect_right();
    EXPECT_GE(c.ranges().size(), 2U);
  }
}

TEST(queued_fills, an_answer_that_breaks_anywhere_gives_nobody_a_wrong_byte) {
  for (auto const what : {cut_body, reset_body}) {
    for (std::size_t const bytes : {0U, 1U, 65535U, 65536U, 65537U, 100'000U, 131'072U, 196'607U}) {
      one_connection c;
      c.ask(0, 64 * KiB);
      c.ask(64 * KiB, 64 * KiB);
      c.ask(128 * KiB, 64 * KiB);
      c.w.origin.when(is("GET", "/buc/k"), {.what = what, .bytes = bytes});
      c.go_on();
      c.expect_right();
    }
  }
}

TEST(queued_fills, a_store_that_ignores_the_range_or_tells_no_length_still_gives_the_right_bytes) {
  for (auto const what : {ignore_range, no_length}) {
    one_connection c;
    c.ask(0, 64 * KiB);
    c.ask(64 * KiB, 64 * KiB);
    c.w.origin.when(is("GET", "/buc/k"), {.what = what});
    c.go_on();
    c.expect_right();
  }
}

TEST(queued_fills, of_an_object_that_changes_meanwhile_are_never_mixed) {
  one_connection c;
  c.ask(0, 64 * KiB);
  c.ask(64 * KiB, 64 * KiB);
  c.w.origin.put_version("/buc/k", 2, size);
  c.go_on();
  c.expect_right(2);
}

TEST(queued_fills, a_first_reader_that_leaves_takes_nothing_from_the_others) {
  one_connection c;
  c.ask(0, 64 * KiB);
  c.ask(64 * KiB, 64 * KiB);
  c.ask(128 * KiB, 64 * KiB);
  auto const sent = std::make_shared<gate>();
  c.w.origin.hold(is("GET", "/buc/k"), sent);
  c.go_on();
  sent->wait_for_arrivals(1);
  c.first_leaves();
  sent->open();
  c.expect_right();
}

}  // namespace
}  // namespace s3proxy::test
