#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <string>
#include <vector>

namespace s3proxy::test {
namespace {

using enum fault::kind;
using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;
constexpr std::size_t part = 128 * KiB;
constexpr std::size_t size = 10 * part;
constexpr std::size_t begin = 64 * KiB;
constexpr auto asked = "bytes=65536-1114111";  // eight parts
constexpr auto first_part = "bytes=65536-196607";

/// Small parts, so that the bytes are compared quickly; room for all of a range; patience, since a busy
/// machine answers late.
world::choices roomy(std::function<void(proxy::limits&)> adjust = [](auto&) {}) {
  auto const shrink = [adjust](proxy::limits& l) {
    l.fetch.part = l.fetch.open_window = part;
    l.fetch.split_beyond = part + part / 2;
    l.fetch.window = 8 * part;
    l.early_part = 20s;
    adjust(l);
  };
  return {.memory = base::byte_count{128} << 20, .threads = 1, .adjust = shrink};
}

bool is_first(received const& r) {
  return r.header("range") == first_part;
}
/// A part that was asked for behind the first without knowing the version.
bool is_early(received const& r) {
  return r.method == "GET" && !r.headers.contains("if-match") && !is_first(r);
}

void expect_right(answer const& got, unsigned version = 1) {
  EXPECT_EQ(got.status, 206U);
  EXPECT_EQ(got.header("content-range"), "bytes 65536-1114111/1310720");
  EXPECT_TRUE(got.complete);
  EXPECT_EQ(got.body.size(), 8 * part);
  EXPECT_EQ(differs(got.body, version, begin), std::nullopt);
}

TEST(early_parts, a_cold_closed_range_is_asked_for_in_parts_all_at_once) {
  world w({.memory = base::byte_count{512} << 20, .adjust = [](auto& l) { l.early_part = 20s; }});
  w.origin.put_version("/buc/k", 1, 20 * MiB);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/buc/k", {{"Range", "bytes=1048576-17825791"}}}));
  held->wait_for_arrivals(8);
  std::vector<std::string> ranges;
  for (auto const& one : w.origin.requests()) {
    ranges.push_back(one.header("range"));
  }
  std::ranges::sort(ranges);
  EXPECT_EQ(ranges, (std::vector<std::string>{"bytes=1048576-3145727", "bytes=11534336-13631487",
                                              "bytes=13631488-15728639", "bytes=15728640-17825791",
                                              "bytes=3145728-5242879", "bytes=5242880-7340031",
                                              "bytes=7340032-9437183", "bytes=9437184-11534335"}));
  held->open();
  auto const got = link.read();
  EXPECT_EQ(got.status, 206U);
  EXPECT_EQ(got.body.size(), 16 * MiB);
  EXPECT_EQ(differs(got.body, 1, MiB), std::nullopt);
  EXPECT_EQ(w.origin.count(), 8U) << "nothing was asked for twice";
  EXPECT_EQ(told(w.access_lines(1)[0], "origin_calls"), "8");
}

TEST(early_parts, what_they_brought_is_held) {
  world w(roomy());
  w.origin.put_version("/buc/k", 1, size);
  expect_right(w.get_range("/buc/k", asked));
  w.origin.forget_requests();
  expect_right(w.get_range("/buc/k", asked));
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(early_parts, what_is_a_little_longer_than_a_part_is_one_request) {
  world w;
  w.origin.put_version("/buc/k", 1, 4 * MiB);
  EXPECT_EQ(w.get_range("/buc/k", "bytes=0-3145727").body.size(), 3 * MiB);
  EXPECT_EQ(w.origin.count(), 1U);
}

TEST(early_parts, keep_within_the_budget_of_all_that_is_in_flight) {
  world w(roomy([](auto& l) { l.in_flight_part = 324; }));  // 3 parts of 121.6 MiB
  w.origin.put_version("/buc/k", 1, size);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  {
    auto link = w.connect();
    link.send(w.signed_request({"GET", "/buc/k", {{"Range", asked}}}));
    held->wait_for_arrivals(3);
    // Another range has no room beside it, but for the block that it needs.
    auto other = w.connect();
    other.send(w.signed_request({"GET", "/buc/other", {{"Range", asked}}}));
    held->wait_for_arrivals(5);
    EXPECT_EQ(w.origin.count(is("GET", "/buc/k")), 3U);
    EXPECT_EQ(w.origin.count(is("GET", "/buc/other")), 2U);
    held->open();
    expect_right(link.read());
    EXPECT_EQ(other.read().status, 404U);
  }
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.proxy->services().asked_early, 0U);
}

TEST(early_parts, one_with_another_entity_tag_is_never_mixed_in) {
  for (std::size_t how_many : {1U, 3U, 7U}) {
    world w(roomy());
    w.origin.put_version("/buc/k", 1, size);
    w.origin.when(is_early, {.what = other_tag}, how_many);
    expect_right(w.get_range("/buc/k", asked));
    EXPECT_EQ(w.origin.count(), 8 + how_many) << "each was asked for again, by its version";
  }
}

TEST(early_parts, of_an_object_that_changes_between_them_are_never_mixed) {
  world w(roomy());
  w.origin.put_version("/buc/k", 1, size);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is_early, held);
  auto const replace = [&] {
    w.origin.put_version("/buc/k", 2, size);
    held->open();
  };
  w.origin.when(is_first, {.what = replaced_midway, .then = replace});
  auto const got = w.get_range("/buc/k", asked);
  EXPECT_EQ(differs(got.body, got.header("etag") == "\"v1\"" ? 1 : 2, begin), std::nullopt);
  EXPECT_FALSE(got.complete && got.header("etag") == "\"v1\"") << "its other parts are gone";
  expect_right(w.get_range("/buc/k", asked), 2);
}

TEST(early_parts, that_are_refused_are_never_shown) {
  for (auto const status : {403U, 404U, 412U, 416U, 429U, 500U, 503U}) {
    world w(roomy());
    w.origin.put_version("/buc/k", 1, size);
    w.origin.when(is_early, {.what = answer_status, .status = status}, 2);
    expect_right(w.get_range("/buc/k", asked));
    w.origin.forget_requests();
    expect_right(w.get_range("/buc/k", asked));
    EXPECT_EQ(w.origin.count(), 0U) << status << ": it took away no right";
  }
}

TEST(early_parts, behind_the_end_of_a_short_object_do_no_harm) {
  for (auto const length : {std::size_t{1000}, part, part + 1, 2 * part + part / 2 + 77}) {
    world w(roomy());
    w.origin.put_version("/buc/k", 1, length);
    auto const got = w.get_range("/buc/k", "bytes=0-1048575");
    EXPECT_EQ(got.status, 206U);
    EXPECT_EQ(got.body.size(), length);
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
    EXPECT_LE(w.origin.count(is("GET")), 8U) << length;
  }
}

TEST(early_parts, what_the_first_says_is_all_that_the_client_sees) {
  for (auto const status : {403U, 404U}) {
    world w(roomy());
    w.origin.put_version("/buc/k", 1, size);
    std::string const body = "<Error><Code>Told</Code></Error>";
    w.origin.when(is_first, {.what = answer_status, .status = status, .body = body});
    auto const got = w.get_range("/buc/k", asked);
    EXPECT_EQ(got.status, status);
    EXPECT_EQ(got.body, body);
    EXPECT_TRUE(w.becomes_quiet());
    EXPECT_EQ(w.proxy->services().asked_early, 0U);
    EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  }
}

TEST(early_parts, a_slow_one_is_asked_for_anew_after_a_bound) {
  world w(roomy([](auto& l) { l.early_part = 20ms; }));
  w.origin.put_version("/buc/k", 1, size);
  w.origin.when(is_early, {.what = hang}, 2);
  expect_right(w.get_range("/buc/k", asked));
  EXPECT_GE(w.origin.count(), 10U) << "on a busy machine others are late, too";
}

TEST(early_parts, one_that_is_about_to_come_is_not_asked_for_twice) {
  world w(roomy([](auto& l) { l.early_part = 60s; }));
  w.origin.put_version("/buc/k", 1, size);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is_early, held);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/buc/k", {{"Range", asked}}}));
  EXPECT_EQ(link.read_head().status, 206U);
  EXPECT_FALSE(link.read_some(1000).empty()) << "the first part is sent while the others are awaited";
  held->open();
  for (std::size_t got = 1000; got < 8 * part;) {
    auto const piece = link.read_some(8 * part - got);
    ASSERT_FALSE(piece.empty());
    got += piece.size();
  }
  EXPECT_EQ(w.origin.count(), 8U);
}

TEST(early_parts, one_that_waits_for_a_connection_keeps_its_place) {
  world w(roomy([](auto& l) {
    l.early_part = 100ms;
    l.origin.connections = 1;
  }));
  w.origin.put_version("/buc/k", 1, size);
  auto const longer_than_the_bound = [] { std::promise<void>().get_future().wait_for(300ms); };
  w.origin.when(is_first, {.what = paused_body, .bytes = 100, .then = longer_than_the_bound});
  expect_right(w.get_range("/buc/k", asked));
  EXPECT_EQ(w.origin.connections(), 1U) << "none was given up";
  EXPECT_EQ(w.origin.count(), 8U);
}

TEST(early_parts, a_client_that_leaves_ends_them) {
  world w(roomy());
  w.origin.put_version("/buc/k", 1, size);
  w.origin.when(is_early, {.what = hang}, 7);
  {
    auto link = w.connect();
    link.send(w.signed_request({"GET", "/buc/k", {{"Range", asked}}}));
    EXPECT_EQ(link.read_head().status, 206U);
    w.origin.wait_for_requests(8);
    link.reset();
  }
  EXPECT_TRUE(w.becomes_quiet()) << "their requests are not waited for";
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  EXPECT_EQ(w.proxy->services().asked_early, 0U);
}

TEST(early_parts, a_range_that_fails_at_any_part_in_any_way_is_right_or_visibly_an_error) {
  std::vector<fault> const ways{{.what = reset_unread},
                                {.what = reset},
                                {.what = close},
                                {.what = garbage},
                                {.what = answer_status, .status = 500},
                                {.what = answer_status, .status = 403},
                                {.what = cut_body, .bytes = 0},
                                {.what = cut_body, .bytes = 50'000},
                                {.what = reset_body, .bytes = part / 2},
                                {.what = stall_body, .bytes = 5000},
                                {.what = long_body},
                                {.what = other_tag},
                                {.what = no_tag},
                                {.what = weak_tag},
                                {.what = no_length},
                                {.what = interim},
                                {.what = wrong_range},
                                {.what = hang}};
  constexpr std::size_t parts = 3;
  constexpr std::size_t length = parts * part;
  for (std::size_t way = 0; way < ways.size(); ++way) {
    for (std::size_t step = 0; step < parts; ++step) {
      world w(roomy([](auto& l) {
        l.origin.first_byte = l.origin.idle = 80ms;
        l.early_part = 20ms;
      }));
      w.origin.put_version("/buc/k", 1, length);
      auto const range = "bytes=" + std::to_string(step * part) + "-";
      auto const is_step = [range](received const& r) { return r.header("range").starts_with(range); };
      w.origin.when(is_step, ways[way]);
      auto const got = w.get_range("/buc/k", "bytes=0-393215");
      EXPECT_EQ(differs(got.status == 206 ? got.body : "", 1, 0), std::nullopt) << way << " at " << step;
      EXPECT_TRUE(got.status == 206 || got.status >= 400 || got.status == 0) << way << " at " << step;
      w.origin.clear_rules();
      auto const again = w.get_range("/buc/k", "bytes=0-393215");
      EXPECT_TRUE(again.complete) << way << " at " << step;
      EXPECT_EQ(again.body.size(), length) << way << " at " << step;
      EXPECT_EQ(differs(again.body, 1, 0), std::nullopt) << way << " at " << step;
      EXPECT_TRUE(w.becomes_quiet()) << way << " at " << step;
      EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U) << way << " at " << step;
      EXPECT_EQ(w.proxy->services().asked_early, 0U) << way << " at " << step;
    }
  }
}

TEST(early_parts, of_a_believed_version_are_asked_for_by_it_and_only_where_bytes_are_missing) {
  world w([] {
    auto choices = roomy();
    choices.metadata_ttl = 10s;
    return choices;
  }());
  w.origin.put_version("/buc/k", 1, 3 * part + part / 2);
  ASSERT_EQ(w.get_range("/buc/k", "bytes=131072-262143").status, 206U);
  w.clock.advance(11s);
  w.origin.forget_requests();
  auto const got = w.get_range("/buc/k", "bytes=0-1048575");
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_EQ(got.body.size(), 3 * part + part / 2);
  for (auto const& one : w.origin.requests()) {
    EXPECT_EQ(one.header("if-match"), "\"v1\"");
  }
  EXPECT_EQ(w.origin.count(), 3U) << "all but the second";
}

}  // namespace
}  // namespace s3proxy::test
