#include "support/telling_bytes.hpp"
#include "support/two_teams.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t size = 100 * 1024;

struct form {
  char const* name;
  request what;
};

std::vector<form> forms() {
  return {{"GET", {"GET", "/buc/k"}},
          {"HEAD", {"HEAD", "/buc/k"}},
          {"range", {"GET", "/buc/k", {{"Range", "bytes=5-99"}}}},
          {"suffix", {"GET", "/buc/k", {{"Range", "bytes=-10"}}}},
          {"beyond", {"GET", "/buc/k", {{"Range", "bytes=999999999-"}}}},
          {"HEAD of a range", {"HEAD", "/buc/k", {{"Range", "bytes=0-0"}}}},
          {"If-None-Match", {"GET", "/buc/k", {{"If-None-Match", "\"v1\""}}}},
          {"If-Match", {"HEAD", "/buc/k", {{"If-Match", "\"v1\""}}}},
          {"If-Match of another", {"GET", "/buc/k", {{"If-Match", "\"v9\""}}}},
          {"If-Modified-Since", {"GET", "/buc/k", {{"If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"}}}},
          {"named version", {"GET", "/buc/k?versionId=null"}},
          {"part", {"GET", "/buc/k?partNumber=1"}},
          {"several ranges", {"GET", "/buc/k", {{"Range", "bytes=0-1,5-6"}}}}};
}

/// A world of two principals of which the store refuses the second every object.
struct half_closed_world : world {
  explicit half_closed_world(choices with = {}) : world(std::move(with)) {
    use_roster(teams.roster());
    origin.put_version("/buc/k", 1, size);
  }
  void close_to_bob() { origin.when(reads_of_objects_by(teams.bob), access_denied(), 1000); }

  two_teams teams;
};

TEST(two_principals, whoever_filled_the_cache_the_other_reads_by_his_own_right_alone) {
  for (auto const& fill : forms()) {
    for (auto const& read : forms()) {
      half_closed_world w;
      w.close_to_bob();
      w.ask_as(w.teams.alice, fill.what);
      auto const direct = w.origin.count();
      auto const refused = w.ask_as(w.teams.bob, read.what);
      EXPECT_EQ(refused.status, 403U) << read.name << " after " << fill.name;
      EXPECT_EQ(refused.header("etag"), "") << read.name << " after " << fill.name;
      EXPECT_EQ(refused.header("cache-status").find("hit"), std::string::npos);
      EXPECT_GT(w.origin.count(), direct) << "the store was asked in his own name";
      // And the other way round: his refusal takes nothing from who may.
      EXPECT_LT(w.ask_as(w.teams.alice, {"GET", "/buc/k"}).status, 300U) << read.name;
    }
  }
}

TEST(two_principals, a_refused_reader_leaves_nothing_for_the_other_to_be_refused_by) {
  for (auto const& first : forms()) {
    half_closed_world w;
    w.close_to_bob();
    EXPECT_EQ(w.ask_as(w.teams.bob, first.what).status, 403U) << first.name;
    auto const got = w.ask_as(w.teams.alice, {"GET", "/buc/k"});
    EXPECT_EQ(got.status, 200U) << first.name;
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  }
}

TEST(two_principals, who_may_list_but_not_read_gets_no_cached_byte) {
  half_closed_world w;
  w.close_to_bob();
  w.ask_as(w.teams.alice, {"GET", "/buc/k"});
  for (auto const* list : {"/buc?list-type=2", "/buc", "/buc?versions"}) {
    auto const listed = w.ask_as(w.teams.bob, {"GET", list});
    EXPECT_EQ(listed.status, 200U) << list;
    EXPECT_NE(listed.body.find("<Key>k</Key>"), std::string::npos) << list;
    for (auto const& read : forms()) {
      auto const got = w.ask_as(w.teams.bob, read.what);
      EXPECT_EQ(got.status, 403U) << read.name << " after " << list;
    }
  }
}

TEST(two_principals, a_listing_that_one_may_not_see_is_refused_to_him_whoever_saw_it) {
  half_closed_world w;
  w.origin.when([by = signed_by(w.teams.bob)](received const& r) { return by(r) && r.path() == "/buc"; },
                access_denied(), 1000);
  for (auto const* list : {"/buc?list-type=2", "/buc", "/buc?versions"}) {
    EXPECT_EQ(w.ask_as(w.teams.alice, {"GET", list}).status, 200U);
    EXPECT_EQ(w.ask_as(w.teams.bob, {"GET", list}).status, 403U) << list;
  }
}

TEST(two_principals, each_is_asked_for_once_and_then_both_hit) {
  half_closed_world w;
  w.ask_as(w.teams.alice, {"GET", "/buc/k"});
  w.ask_as(w.teams.bob, {"GET", "/buc/k"});
  w.origin.forget_requests();
  for (auto const& who : {w.teams.alice, w.teams.bob}) {
    EXPECT_EQ(w.ask_as(who, {"GET", "/buc/k"}).header("cache-status"), "s3proxy; hit");
  }
  EXPECT_EQ(w.origin.count(), 0U);
}

// What the store decided before the policy changed is nobody's right any more: not his whose next read shows
// it anew for himself, and still less the other's.
TEST(two_principals, a_change_of_who_may_read_the_bucket_drops_the_rights_of_both) {
  request const changes[] = {
      {"PUT", "/buc?policy", {}, "{}"},     {"DELETE", "/buc?policy"},
      {"PUT", "/buc?acl", {}, "<x/>"},      {"PUT", "/buc?ownershipControls", {}, "<x/>"},
      {"DELETE", "/buc?ownershipControls"}, {"PUT", "/buc?publicAccessBlock", {}, "<x/>"},
      {"DELETE", "/buc?publicAccessBlock"}};
  for (auto const& change : changes) {
    half_closed_world w;
    w.ask_as(w.teams.alice, {"GET", "/buc/k"});
    w.ask_as(w.teams.bob, {"GET", "/buc/k"});
    w.close_to_bob();
    EXPECT_EQ(w.ask_as(w.teams.bob, {"GET", "/buc/k"}).status, 200U) << "out of band: until its end";
    EXPECT_LT(w.ask_as(w.teams.alice, change).status, 300U) << change.target;
    w.origin.forget_requests();
    EXPECT_EQ(w.ask_as(w.teams.alice, {"GET", "/buc/k"}).status, 200U);
    EXPECT_GE(w.origin.count(is("HEAD")), 1U) << "her right was shown anew, " << change.target;
    EXPECT_EQ(w.origin.count(is("GET")), 0U) << "the bytes stayed, " << change.target;
    EXPECT_EQ(w.ask_as(w.teams.bob, {"GET", "/buc/k"}).status, 403U) << change.target;
  }
}

TEST(two_principals, a_change_of_an_objects_acl_drops_the_rights_of_both) {
  half_closed_world w;
  w.ask_as(w.teams.alice, {"GET", "/buc/k"});
  w.ask_as(w.teams.bob, {"GET", "/buc/k"});
  w.close_to_bob();
  w.ask_as(w.teams.alice, {"PUT", "/buc/k?acl", {}, "<x/>"});
  EXPECT_EQ(w.ask_as(w.teams.alice, {"GET", "/buc/k"}).status, 200U);
  EXPECT_EQ(w.ask_as(w.teams.bob, {"GET", "/buc/k"}).status, 403U);
}

TEST(two_principals, a_refused_part_takes_the_right_away_too) {
  half_closed_world w;
  w.ask_as(w.teams.bob, {"GET", "/buc/k"});
  w.close_to_bob();
  EXPECT_EQ(w.ask_as(w.teams.bob, {"GET", "/buc/k?partNumber=1"}).status, 403U);
  EXPECT_EQ(w.ask_as(w.teams.bob, {"GET", "/buc/k"}).status, 403U);
}

TEST(two_principals, whose_name_leads_to_two_objects_each_get_their_own) {
  // Some stores have a namespace of buckets for each user.
  half_closed_world w;
  w.origin.when(reads_of_objects_by(w.teams.bob), {.what = fault::kind::other_tag}, 1000);
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(w.ask_as(w.teams.alice, {"HEAD", "/buc/k"}).header("etag"), "\"v1\"") << turn;
    EXPECT_EQ(w.ask_as(w.teams.bob, {"HEAD", "/buc/k"}).header("etag"), "\"other\"") << turn;
  }
}

TEST(two_principals, a_field_that_the_store_shows_to_one_is_shown_to_no_other) {
  half_closed_world w;
  w.origin.when(reads_of_objects_by(w.teams.bob),
                {.what = fault::kind::none, .extra_fields = "x-amz-tagging-count: 3\r\n"}, 1000);
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_EQ(w.ask_as(w.teams.alice, {"HEAD", "/buc/k"}).header("x-amz-tagging-count"), "") << turn;
    EXPECT_EQ(w.ask_as(w.teams.bob, {"HEAD", "/buc/k"}).header("x-amz-tagging-count"), "3") << turn;
  }
}

TEST(two_principals, who_are_shown_the_same_both_read_from_the_cache) {
  half_closed_world w;
  for (auto const& who : {w.teams.alice, w.teams.bob}) {
    EXPECT_EQ(w.ask_as(who, {"GET", "/buc/k"}).status, 200U);
  }
  w.origin.forget_requests();
  for (auto const& who : {w.teams.alice, w.teams.bob, w.teams.alice}) {
    EXPECT_NE(w.ask_as(who, {"GET", "/buc/k"}).header("cache-status").find("hit"), std::string::npos);
  }
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(two_principals, a_refusal_does_not_tell_whether_somebody_else_knows_the_object) {
  half_closed_world w;
  w.close_to_bob();
  auto const unknown = w.ask_as(w.teams.bob, {"GET", "/buc/k"}).header("cache-status");
  w.ask_as(w.teams.alice, {"GET", "/buc/k"});
  EXPECT_EQ(w.ask_as(w.teams.bob, {"GET", "/buc/k"}).header("cache-status"), unknown);
  EXPECT_EQ(w.ask_as(w.teams.bob, {"HEAD", "/buc/k"}).header("cache-status"), unknown);
}

}  // namespace
}  // namespace s3proxy::test
