#include "support/table_world.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

// What is read of one row group is fetched of the next ones, and whoever wants what is being fetched has it.

world::choices full() {
  return {.read_ahead = {.mode = read_ahead::mode::full}};
}

/// Of one file, so that no sibling is read ahead; wide row groups, so that no neighbourhood covers them.
columnar_object wide() {
  return {.row_groups = 6, .columns = 3, .chunk_size = 1024 * 1024};
}

bool covers(received const& r, base::byte_span span) {
  auto const range = r.header("range");
  auto const dash = range.find('-');
  if (!range.starts_with("bytes=") || dash == 6) {
    return false;
  }
  return std::stoull(range.substr(6)) <= span.begin && std::stoull(range.substr(dash + 1)) + 1 >= span.end;
}

TEST(read_ahead_columns, the_same_column_of_the_next_row_group_is_there_when_it_is_asked_for) {
  table_world w(full(), 1, wide());
  w.read_footer(0);
  EXPECT_TRUE(w.becomes_quiet());
  for (std::size_t g = 0; g < 6; ++g) {
    auto const chunk = w.file.chunk(g, 1);
    EXPECT_EQ(differs(w.read(0, chunk).body, 1, chunk.begin), std::nullopt);
    EXPECT_TRUE(w.becomes_quiet());
    w.clock.advance(20ms);
  }
  auto demands = w.origin.requests();
  std::erase_if(demands, is_speculative);
  EXPECT_LE(demands.size(), 3U) << "the footer, and the first row group";
  for (auto const& one : w.speculated()) {
    EXPECT_EQ(one.header("if-match"), "\"v1\"");
  }
  auto const last = w.file.chunk(5, 0);
  EXPECT_EQ(w.origin.count([&](received const& r) { return covers(r, last); }), 0U)
      << "the other columns are not fetched";
}

TEST(read_ahead_columns, a_read_of_what_is_being_guessed_is_no_further_request) {
  table_world w(full(), 1, wide());
  w.read_footer(0);
  EXPECT_TRUE(w.becomes_quiet());
  auto const next = w.file.chunk(1, 1);
  auto const held = std::make_shared<gate>();
  w.origin.hold([](received const& r) { return is_speculative(r); }, held);
  w.read(0, w.file.chunk(0, 1));
  held->wait_for_arrivals(1);
  auto link = w.connect();
  link.send(w.signed_request(w.reading(0, next)));
  EXPECT_EQ(w.head("/buc/nothing").status, 404U) << "time for the other to wait";
  held->open();
  EXPECT_EQ(differs(link.read().body, 1, next.begin), std::nullopt);
  EXPECT_EQ(w.origin.count([&](received const& r) { return covers(r, {next.begin, next.begin + 1}); }), 1U);
}

TEST(read_ahead_columns, whoever_has_no_right_yet_waits_for_the_answer_to_the_guess) {
  table_world w;
  auto const held = std::make_shared<gate>();
  w.origin.hold(speculation_on(path_of(3)), held);
  w.list("buc");
  w.read_footer(0);
  held->wait_for_arrivals(1);
  auto link = w.connect();
  link.send(w.signed_request({"GET", path_of(3), {{"Range", "bytes=-65536"}}}));
  EXPECT_EQ(w.head("/buc/nothing").status, 404U) << "time for the other to wait";
  held->open();
  EXPECT_EQ(link.read().body, w.footer_read());
  EXPECT_EQ(w.origin.count([](received const& r) { return r.path() == path_of(3); }), 1U);
}

TEST(read_ahead_columns, whoever_wants_a_guess_that_is_queued_has_it_sent_at_once) {
  auto with = full();
  with.threads = 1;
  with.adjust = [](proxy::limits& l) { l.origin.connections = 2; };  // one is never lent to guesses
  table_world w(with);
  auto const held = std::make_shared<gate>();
  w.origin.hold(is_speculative, held);
  w.list("buc");
  w.read_footer(0);
  held->wait_for_arrivals(1);
  auto const first = w.speculated().at(0).path();
  auto const queued = first == path_of(2) ? 3 : 2;
  EXPECT_EQ(w.origin.count([&](received const& r) { return r.path() == path_of(queued); }), 0U);
  EXPECT_EQ(w.read_footer(queued).body, w.footer_read()) << "though the guess before it is not answered";
  EXPECT_EQ(w.origin.count([&](received const& r) { return r.path() == path_of(queued); }), 1U);
  EXPECT_EQ(w.speculated().size(), 1U) << "it went out as a demand";
  held->open();
}

TEST(read_ahead_columns, an_object_that_changes_between_guess_and_read_is_read_whole_in_one_version) {
  for (auto const size : {std::size_t{6}, std::size_t{1}}) {  // alike, and shrunk to a sixth
    table_world w(full(), 1, wide());
    w.read_footer(0);
    EXPECT_TRUE(w.becomes_quiet());
    auto const held = std::make_shared<gate>();
    w.origin.hold(is_speculative, held);
    w.read(0, w.file.chunk(0, 1));
    held->wait_for_arrivals(1);
    auto newer = wide();
    newer.version = 2;
    newer.row_groups = size;
    w.origin.put(path_of(0), newer.object());
    held->open();
    EXPECT_TRUE(w.becomes_quiet());
    auto const got = w.get(path_of(0));
    auto const is_new = got.header("etag") == "\"v2\"";
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(got.body, is_new ? newer.body() : w.object.body);
    EXPECT_TRUE(is_new) << "the guess was refused, so the change is known";
  }
}

TEST(read_ahead_columns,
     what_was_guessed_of_an_older_version_is_not_served_after_a_listing_has_told_the_newer) {
  table_world w(full(), 1, wide());
  w.read_footer(0);
  w.read(0, w.file.chunk(0, 1));
  EXPECT_TRUE(w.becomes_quiet());
  auto newer = wide();
  newer.version = 2;
  w.origin.put(path_of(0), newer.object());
  w.list("buc");
  auto const next = w.file.chunk(1, 1);
  EXPECT_EQ(differs(w.read(0, next).body, 2, next.begin), std::nullopt);
}

TEST(read_ahead_columns, a_write_through_the_proxy_voids_guesses_that_are_under_way) {
  for (auto const method : {"PUT", "DELETE"}) {
    table_world w(full(), 1, wide());
    w.read_footer(0);
    EXPECT_TRUE(w.becomes_quiet());
    auto const held = std::make_shared<gate>();
    // The answer is made before the write, and comes after it.
    w.origin.when(is_speculative, {.what = late_answer, .then = [held] { held->pass(); }}, 100);
    w.read(0, w.file.chunk(0, 1));
    held->wait_for_arrivals(1);
    auto newer = wide();
    newer.version = 2;
    EXPECT_EQ(w.ask({method, path_of(0), {}, method == std::string("PUT") ? newer.body() : ""}).status / 100,
              2U);
    held->open();
    EXPECT_TRUE(w.becomes_quiet());
    auto const next = w.file.chunk(1, 1);
    auto const got = w.read(0, next);
    if (method == std::string("PUT")) {
      EXPECT_EQ(differs(got.body, 2, next.begin), std::nullopt);
    } else {
      EXPECT_EQ(got.status, 404U);
    }
  }
}

TEST(read_ahead_columns, reads_of_a_version_by_its_name_teach_nothing) {
  for (auto const* query : {"", "?versionId=abc"}) {
    world w(full());
    w.origin.put("/buc/t/a.csv", {telling_bytes(1, 0, 4'000'000), "\"v1\"", "Thu, 01 Jan 2026 00:00:00 GMT",
                                  "x-amz-version-id: abc\r\n"});
    for (auto const* range : {"bytes=0-99999", "bytes=100000-199999", "bytes=200000-299999"}) {
      EXPECT_EQ(w.get_range("/buc/t/a.csv" + std::string(query), range).status, 206U);
    }
    EXPECT_TRUE(w.becomes_quiet());
    auto const& counts = w.proxy->services().read_ahead_counts;
    EXPECT_EQ(counts.requests.values().empty(), query[0] != 0);
    EXPECT_TRUE(counts.refused.values().empty());
  }
}

}  // namespace
}  // namespace s3proxy::test
