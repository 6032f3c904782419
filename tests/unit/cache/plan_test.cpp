#include "s3proxy/cache/plan.hpp"

#include "read_situation.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace s3proxy::cache {
namespace {

using namespace read_situation;
using http::closed_range;
using http::open_range;
using http::suffix_range;

struct row {
  std::vector<void (*)(situation&)> changes;
  std::string_view expected;
};

void expect_all(std::vector<row> const& table) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    situation s;
    for (auto const change : table[i].changes) {
      change(s);
    }
    EXPECT_EQ(printed(s.planned()), table[i].expected) << "row " << i;
  }
}

TEST(plan, what_is_known_fresh_and_granted_is_served) {
  expect_all({
      {{}, "serve 0-1000"},
      {{not_held}, "serve 0-1000"},  // bytes are fetched while they are sent
      {{head}, "serve 0-1000"},
      {{first_bytes}, "serve 0-100"},
      {{head, first_bytes}, "serve 0-100"},
      {{[](situation& s) { s.asked.range = open_range{10}; }}, "serve 10-1000"},
      {{[](situation& s) { s.asked.range = suffix_range{10}; }}, "serve 990-1000"},
      {{[](situation& s) { s.asked.range = closed_range{990, 5000}; }}, "serve 990-1000"},
      {{empty_object}, "serve 0-0"},
      {{empty_object, [](situation& s) { s.asked.range = suffix_range{10}; }}, "serve 0-0"},  // all there is
      {{if_match_same}, "serve 0-1000"},
      {{if_none_other}, "serve 0-1000"},
      {{if_modified_before}, "serve 0-1000"},
      {{wants_checksums}, "serve 0-1000"},
      {{no_checksums}, "serve 0-1000"},
      {{no_checksums, first_bytes, wants_checksums}, "serve 0-100"},  // a part shows no checksums
      {{immutable, stale}, "serve 0-1000"},
      {{ttl_zero, asked_within}, "serve 0-1000"},
      {{no_cache, asked_within}, "serve 0-1000"},
  });
}

TEST(plan, what_we_hold_answers_conditions_and_impossible_ranges) {
  expect_all({
      {{if_none_same}, "304"},
      {{if_none_same, head}, "304"},
      {{if_none_same, first_bytes}, "304"},
      {{if_none_same, beyond_end}, "304"},  // conditions come before the range
      {{if_modified_since}, "304"},
      {{beyond_end}, "416"},
      {{beyond_end, head}, "416"},
      {{empty_object, first_bytes}, "416"},
      {{[](situation& s) { s.asked.range = suffix_range{0}; }}, "416"},
  });
}

TEST(plan, a_failed_condition_is_put_to_the_store_before_it_is_told) {
  expect_all({
      {{if_match_other}, "head condition"},
      {{if_unmodified_before}, "head condition"},
      {{if_match_other, immutable}, "head condition"},
      {{if_match_other, asked_within}, "412"},
      {{if_unmodified_before, asked_within}, "412"},
      {{if_match_other, head, asked_within}, "412"},
      {{if_match_other, if_none_same, asked_within}, "412"},
  });
}

TEST(plan, an_unknown_object_is_asked_for) {
  expect_all({
      {{nothing_known}, "get unknown_object"},
      {{nothing_known, first_bytes}, "get unknown_object"},
      {{nothing_known, head}, "head unknown_object"},
      {{nothing_known, if_none_same}, "head unknown_object"},
      {{nothing_known, if_modified_since}, "head unknown_object"},
      {{nothing_known, if_match_same}, "get unknown_object"},
      {{nothing_known, no_cache}, "get unknown_object"},
  });
}

TEST(plan, stale_metadata_is_looked_at_again) {
  expect_all({
      {{stale}, "head stale"},
      {{stale, not_held}, "get stale \"a\""},
      {{stale, not_held, first_bytes}, "get stale \"a\""},
      {{stale, not_held, head}, "head stale"},
      {{stale, not_held, if_none_same}, "head stale"},
      {{stale, not_held, if_match_other}, "get stale \"a\""},
      {{stale, not_held, beyond_end}, "head stale"},  // no byte to bring
      {{stale, not_held, empty_object}, "head stale"},
      {{ttl_zero}, "head stale"},
      {{ttl_zero, not_held}, "get stale \"a\""},
      {{no_cache}, "head client_no_cache"},
      {{no_cache, immutable}, "head client_no_cache"},
      {{no_cache, not_held}, "get client_no_cache \"a\""},
  });
}

TEST(plan, a_doubted_version_is_looked_at_again) {
  expect_all({
      {{doubted}, "head doubted"},
      {{doubted, head}, "head doubted"},
      {{doubted, immutable}, "head doubted"},
      {{doubted, not_held}, "get doubted \"a\""},
      {{doubted, if_none_same}, "head doubted"},
      {{doubted, no_right}, "head doubted"},
      {{doubted, stale}, "head stale"},
      {{doubted, written_since}, "get written"},
      {{doubted, asked_within}, "serve 0-1000"},
  });
}

TEST(plan, after_a_write_nothing_is_believed) {
  expect_all({
      {{written_since}, "get written"},  // no If-Match: whatever version is there
      {{written_since, not_held}, "get written"},
      {{written_since, first_bytes}, "get written"},
      {{written_since, head}, "head written"},
      {{written_since, if_none_same}, "head written"},
      {{written_since, immutable}, "get written"},
      {{written_since, stale}, "get written"},
      {{written_since, asked_within}, "serve 0-1000"},
      {{asked_within, [](situation& s) { s.known.raised = 102; }}, "get written"},
      {{[](situation& s) { s.known.right->order = 40, s.known.raised = 45; }}, "head no_right"},
  });
}

TEST(plan, without_a_right_of_its_own_a_principal_asks_for_itself) {
  expect_all({
      {{no_right}, "head no_right"},
      {{no_right, not_held}, "get no_right \"a\""},
      {{no_right, head}, "head no_right"},
      {{no_right, immutable}, "head no_right"},
      {{no_right, if_none_same}, "head no_right"},
      {{no_right, if_match_other}, "head no_right"},
      {{no_right, beyond_end}, "head no_right"},
      {{right_expired}, "head no_right"},
      {{right_expired, immutable}, "head no_right"},
      {{no_right, stale}, "head stale"},
  });
}

TEST(plan, a_listing_alone_answers_nothing) {
  expect_all({
      {{listed_only}, "head headers_unknown"},
      {{listed_only, head}, "head headers_unknown"},
      {{listed_only, not_held}, "get headers_unknown \"a\""},
      {{listed_only, if_none_same}, "head headers_unknown"},
      {{listed_only, beyond_end}, "head headers_unknown"},
      {{listed_only, no_right, not_held}, "get no_right \"a\""},
  });
}

TEST(plan, checksums_that_were_never_told_are_asked_for) {
  expect_all({
      {{no_checksums, wants_checksums}, "head checksums_unknown"},
      {{no_checksums, wants_checksums, not_held}, "head checksums_unknown"},  // a part would not tell them
      {{no_checksums, wants_checksums, head}, "head checksums_unknown"},
  });
}

TEST(plan, what_may_not_be_kept_passes_through_while_that_is_fresh) {
  expect_all({
      {{unstorable}, "bypass unstorable"},
      {{unstorable, head}, "bypass unstorable"},
      {{unstorable, no_right}, "bypass unstorable"},  // the store itself answers
      {{unstorable, stale}, "get unknown_object"},
      {{unstorable, stale, immutable}, "bypass unstorable"},
      {{unstorable, written_since}, "get unknown_object"},
      {{unstorable, no_cache}, "get unknown_object"},
      {{unstorable, ttl_zero, asked_within}, "bypass unstorable"},
  });
}

}  // namespace
}  // namespace s3proxy::cache
