#include "support/table_world.hpp"
#include "support/two_teams.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <string>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

// A listing tells which files come next: what is asked for of them before anybody reads them, and for whom.

TEST(read_ahead_listings, nothing_is_asked_for_without_a_read) {
  table_world w;
  EXPECT_EQ(w.list("buc").status, 200U);
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.origin.count(), 1U);
}

TEST(read_ahead_listings, the_first_read_of_a_tail_brings_those_of_the_files_that_come_next) {
  for (auto const how : {read_ahead::mode::metadata, read_ahead::mode::full}) {
    table_world w({.read_ahead = {.mode = how}});
    w.list("buc");
    EXPECT_EQ(w.read_footer(0).body, w.footer_read());
    EXPECT_TRUE(w.becomes_quiet());
    auto const asked = w.speculated();
    EXPECT_GE(asked.size(), 4U);
    std::set<std::string> files;
    for (auto const& one : asked) {
      EXPECT_EQ(one.method, "GET");
      EXPECT_EQ(one.header("if-match"), "\"v1\"") << "the version that was listed";
      EXPECT_NE(one.header("range").find("-" + std::to_string(w.file.size() - 1)), std::string::npos)
          << one.header("range");
      EXPECT_NE(one.header("authorization").find(w.keys.key_id.str()), std::string::npos);
      EXPECT_TRUE(files.insert(one.path()).second) << "once each";
    }
    w.origin.forget_requests();
    EXPECT_EQ(w.read_footer(1).body, w.footer_read());
    EXPECT_EQ(w.origin.count([](received const& r) { return is_demand(r) || r.path() == path_of(1); }), 0U);
  }
}

TEST(read_ahead_listings, in_metadata_mode_no_column_is_fetched) {
  table_world w({.read_ahead = {.mode = read_ahead::mode::metadata}});
  w.list("buc");
  for (int n = 0; n < 3; ++n) {
    w.read_footer(n);
    for (std::size_t g = 0; g < 4; ++g) {
      auto const chunk = w.file.chunk(g, 1);
      EXPECT_EQ(differs(w.read(n, chunk).body, 1, chunk.begin), std::nullopt);
      EXPECT_TRUE(w.becomes_quiet());
    }
  }
  for (auto const& one : w.speculated()) {
    EXPECT_NE(one.header("range").find("-" + std::to_string(w.file.size() - 1)), std::string::npos);
  }
}

TEST(read_ahead_listings, with_read_ahead_off_nothing_is) {
  table_world w(world::choices{});
  w.list("buc");
  w.read_footer(0);
  w.read_footer(1);
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.origin.count(), 3U);
  EXPECT_EQ(w.speculated().size(), 0U);
}

TEST(read_ahead_listings, keys_that_the_rules_do_not_cover_are_not_read_ahead) {
  table_world w;
  base::bucket_name const bucket("buc");
  w.use_roster(w.ruled_by({{.bucket = bucket, .prefix = "t/0", .read = true},  // files 10 and 11 are others'
                           {.bucket = bucket, .prefix = "", .list = true}}));
  w.list("buc");
  for (int n = 0; n < 10; ++n) {
    EXPECT_EQ(w.read_footer(n).status, 206U);
  }
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_GE(w.speculated().size(), 4U);
  EXPECT_EQ(w.origin.count([](received const& r) { return r.path() >= path_of(10); }), 0U);
}

TEST(read_ahead_listings, archived_files_are_not_read_ahead) {
  table_world w;
  for (auto const n : {1, 3}) {
    auto object = w.object;
    object.fields = "x-amz-storage-class: DEEP_ARCHIVE\r\n";
    w.origin.put(path_of(n), object);
  }
  w.list("buc");
  for (auto const n : {0, 2}) {
    w.read_footer(n);
  }
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_GE(w.speculated().size(), 4U);
  EXPECT_EQ(w.origin.count(speculation_on(path_of(1))), 0U);
  EXPECT_EQ(w.origin.count(speculation_on(path_of(3))), 0U);
}

TEST(read_ahead_listings, each_reader_has_what_it_needs_fetched_in_its_own_name) {
  table_world w;
  two_teams const teams;
  w.use_roster(teams.roster());
  for (auto const& who : {teams.alice, teams.bob}) {
    w.ask_as(who, {"GET", "/buc?list-type=2"});
    w.origin.forget_requests();
    EXPECT_EQ(w.ask_as(who, {"GET", path_of(0), {{"Range", "bytes=-65536"}}}).status, 206U);
    EXPECT_TRUE(w.becomes_quiet());
    for (auto const& one : w.speculated()) {
      EXPECT_TRUE(signed_by(who)(one));
    }
  }
}

TEST(read_ahead_listings, what_one_reader_has_listed_is_not_read_ahead_for_another) {
  table_world w;
  two_teams const teams;
  w.use_roster(teams.roster());
  w.ask_as(teams.alice, {"GET", "/buc?list-type=2"});
  w.ask_as(teams.bob, {"GET", path_of(0), {{"Range", "bytes=-65536"}}});
  w.ask_as(teams.bob, {"GET", path_of(1), {{"Range", "bytes=-65536"}}});
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.speculated().size(), 0U);
}

TEST(read_ahead_listings, a_refused_guess_is_shown_to_nobody_and_ends_that_readers_guesses_there) {
  table_world w;
  two_teams const teams;
  w.use_roster(teams.roster());
  w.origin.when([&](received const& r) { return is_speculative(r) && signed_by(teams.alice)(r); },
                access_denied(), 1000);
  for (auto const& who : {teams.alice, teams.bob}) {
    w.ask_as(who, {"GET", "/buc?list-type=2"});
  }
  auto const read = [&](s3::credentials const& who, int n) {
    auto const got = w.ask_as(who, {"GET", path_of(n), {{"Range", "bytes=-65536"}}});
    EXPECT_EQ(got.status, 206U);
    EXPECT_EQ(got.body, w.footer_read());
    EXPECT_TRUE(w.becomes_quiet());
  };
  read(teams.bob, 11);  // a right of his, which nobody takes from him
  read(teams.alice, 0);
  auto const refused = w.speculated().size();
  EXPECT_GE(refused, 1U);
  for (int n = 1; n < 4; ++n) {
    read(teams.alice, n);
  }
  EXPECT_EQ(w.speculated().size(), refused) << "she is not guessed for any more";
  w.origin.forget_requests();
  read(teams.bob, 11);
  EXPECT_EQ(w.origin.count(), 0U) << "his right stands";
  read(teams.bob, 0);
  EXPECT_GE(w.speculated().size(), 4U) << "for him it goes on";
}

TEST(read_ahead_listings, a_scan_that_is_silent_for_two_seconds_is_over) {
  table_world w;
  auto const held = std::make_shared<gate>();
  w.origin.hold(is_speculative, held);
  auto link = w.connect();  // its client stays, and says nothing
  w.list("buc");
  EXPECT_EQ(w.read_footer(0).status, 206U);
  held->wait_for_arrivals(4);
  w.clock.advance(1900ms);
  w.proxy->services().ahead->tick();
  EXPECT_GT(w.proxy->services().blocks.in_flight(), 0U);
  w.clock.advance(200ms);
  w.proxy->services().ahead->tick();
  EXPECT_TRUE(w.fetches_nothing_soon()) << "though the store has not answered";
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  held->open();
}

TEST(read_ahead_listings, what_is_guessed_for_a_client_ends_soon_after_it_has_gone) {
  table_world w;
  auto const held = std::make_shared<gate>();
  w.origin.hold(is_speculative, held);
  auto link = w.connect();
  w.list("buc");
  EXPECT_EQ(w.read_footer(0).status, 206U);
  held->wait_for_arrivals(4);
  w.clock.advance(300ms);
  w.proxy->services().ahead->tick();
  EXPECT_GT(w.proxy->services().blocks.in_flight(), 0U) << "it has a connection yet";
  link.close();
  EXPECT_TRUE(soon([&] { return w.proxy->open_connections() == 0; }));
  w.proxy->services().ahead->tick();
  EXPECT_GT(w.proxy->services().blocks.in_flight(), 0U) << "it may come again at once";
  w.clock.advance(300ms);
  w.proxy->services().ahead->tick();
  EXPECT_TRUE(w.fetches_nothing_soon());
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  held->open();
}

TEST(read_ahead_listings, what_is_guessed_for_a_client_ends_at_once_when_it_breaks_off) {
  table_world w;
  auto const held = std::make_shared<gate>();
  w.origin.hold(is_speculative, held);
  w.list("buc");
  EXPECT_EQ(w.read_footer(0).status, 206U);
  held->wait_for_arrivals(4);
  auto const chunk = w.file.chunk(0, 0);
  EXPECT_EQ(w.read(0, chunk).status, 206U);
  auto const unanswered = std::make_shared<gate>();
  w.origin.hold(is_demand, unanswered);
  auto idle = w.connect();
  idle.send(w.signed_request(table_world::reading(0, {chunk.begin, chunk.begin + 1})));
  EXPECT_EQ(idle.read().status, 206U) << "it is known to be there";
  auto waiting = w.connect();
  waiting.send(w.signed_request(table_world::reading(0, {chunk.begin, chunk.end + 1'000'000})));
  EXPECT_EQ(waiting.read_head().status, 206U) << "of which a part was held";
  waiting.reset();
  EXPECT_TRUE(soon([&] { return w.proxy->open_connections() == 1; }));
  EXPECT_GT(w.proxy->services().blocks.in_flight(), 0U) << "one of its threads may have: others are there";
  idle.close();
  EXPECT_TRUE(soon([&] { return w.proxy->services().blocks.in_flight() == 0; })) << "no time has passed";
  held->open();
  unanswered->open();
}

TEST(read_ahead_listings, of_twenty_thousand_keys_is_remembered_in_little_memory) {
  world w({.read_ahead = {.mode = read_ahead::mode::full}});
  for (int page = 0; page < 20; ++page) {
    std::string body = "<?xml version=\"1.0\"?><ListBucketResult>";
    for (int n = 0; n < 1000; ++n) {
      auto const number = std::to_string(100'000 + page * 1000 + n);
      body += "<Contents><Key>t" + std::to_string(n % 100) + "/" + number +
              ".parquet</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>\"" + number +
              "\"</ETag><Size>1000000</Size></Contents>";
    }
    w.origin.next({.what = answer_status, .status = 200, .body = body + "</ListBucketResult>"});
    auto const got = w.get("/buc?list-type=2&continuation-token=" + std::to_string(page));
    EXPECT_EQ(got.status, 200U);
    EXPECT_LE(w.proxy->services().ahead->footprint(), (std::size_t{64} << 20) / 50 + 200'000) << page;
  }
  EXPECT_GT(w.proxy->services().ahead->footprint(), 100'000U) << "some are";
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.origin.count(), 20U) << "and nothing was asked for";
}

}  // namespace
}  // namespace s3proxy::test
