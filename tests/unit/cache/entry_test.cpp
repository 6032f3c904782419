#include "s3proxy/cache/entry.hpp"

#include "known_object.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace s3proxy::cache {
namespace {

using namespace known_object;

constexpr std::uint64_t no_write = 0;

/// An entry that an answer made at order 10: tag "a", generation 7.
entry known_entry() {
  entry known;
  learn(known, answered(10, answer("\"a\"")), no_write, 7);
  return known;
}

void expect_unchanged(entry const& now, entry const& before) {
  EXPECT_EQ(now.facts, before.facts);
  EXPECT_EQ(now.evidence.order, before.evidence.order);
  EXPECT_EQ(now.unstorable, before.unstorable);
  EXPECT_EQ(now.rights.size(), before.rights.size());
}

TEST(entry, the_first_evidence_makes_a_version) {
  auto const known = known_entry();
  ASSERT_TRUE(known.facts);
  EXPECT_EQ(known.facts->id.tag.str(), "\"a\"");
  EXPECT_EQ(known.facts->generation, 7U);
  EXPECT_EQ(known.facts->last_modified, written);
  EXPECT_EQ(known.evidence.order, 10U);
  EXPECT_TRUE(known.facts->headers);
}

TEST(entry, older_evidence_never_replaces_newer) {
  for (auto const& older : {answered(9, answer("\"b\"")), listed(9, listing("\"b\"")),
                            answered(9, answer("\"a\"", "other/type")), listed(9, listing("\"a\""))}) {
    auto known = known_entry();
    auto const before = known;
    EXPECT_EQ(learn(known, older, no_write, 8), learnt::too_old);
    expect_unchanged(known, before);
  }
}

TEST(entry, older_evidence_of_another_version_makes_the_entry_doubted) {
  // Overlapping requests are served in either order: which version is current, only a new look tells.
  for (auto const& older : {answered(9, answer("\"b\"")), listed(9, listing("\"b\"")),
                            listed(9, listing("\"a\"", written, 999))}) {
    auto known = known_entry();
    learn(known, older, no_write, 8);
    EXPECT_TRUE(known.doubted);
  }
  for (auto const& agreeing : {answered(9, answer("\"a\"", "other/type")), listed(9, listing("\"a\""))}) {
    auto known = known_entry();
    learn(known, agreeing, no_write, 8);
    EXPECT_FALSE(known.doubted);
  }
}

TEST(entry, what_crossed_a_write_raises_no_doubt) {
  auto known = known_entry();
  learn(known, listed(9, listing("\"b\"")), 9, 8);
  EXPECT_FALSE(known.doubted);
}

TEST(entry, newer_evidence_ends_the_doubt_whatever_it_says) {
  auto const doubted = [] {
    auto known = known_entry();
    learn(known, listed(9, listing("\"b\"")), no_write, 8);
    return known;
  };
  for (auto const& newer :
       {answered(11, answer("\"a\"")), answered(11, answer("\"b\"")), listed(11, listing("\"a\""))}) {
    auto known = doubted();
    learn(known, newer, no_write, 9);
    EXPECT_FALSE(known.doubted);
  }
  auto known = doubted();
  learn_absence(known, absence::not_found, moment_of(11), no_write);
  EXPECT_FALSE(known.doubted);
}

TEST(entry, evidence_of_the_same_request_may_come_twice) {
  auto known = known_entry();
  EXPECT_EQ(learn(known, answered(10, answer("\"a\"")), no_write, 8), learnt::confirmed);
}

TEST(entry, evidence_does_not_cross_a_write_edge) {
  for (auto const raised : {20U, 21U, 900U}) {
    auto known = known_entry();
    auto const before = known;
    EXPECT_EQ(learn(known, answered(20, answer("\"b\"")), raised, 8), learnt::crossed_a_write);
    EXPECT_EQ(learn(known, listed(20, listing("\"b\"")), raised, 8), learnt::crossed_a_write);
    EXPECT_EQ(learn_absence(known, absence::not_found, moment_of(20), raised), learnt::crossed_a_write);
    EXPECT_EQ(learn_absence(known, absence::unstorable, moment_of(20), raised), learnt::crossed_a_write);
    expect_unchanged(known, before);
  }
  auto known = known_entry();
  EXPECT_EQ(learn(known, answered(20, answer("\"b\"")), 19, 8), learnt::new_version);
}

TEST(entry, the_order_of_arrival_does_not_matter) {
  // Whatever arrives when: what began last decides. Order 3 began before the write, so it never counts.
  std::array said{answered(3, answer("\"old\"")), answered(5, answer("\"a\"")), listed(6, listing("\"b\"")),
                  answered(8, answer("\"c\"")), listed(9, listing("\"c\""))};
  std::array<std::size_t, said.size()> turn{0, 1, 2, 3, 4};
  do {
    entry known;
    std::uint64_t generation = 0;
    for (auto const i : turn) {
      learn(known, said[i], 4, ++generation);
    }
    ASSERT_TRUE(known.facts);
    ASSERT_EQ(known.facts->id.tag.str(), "\"c\"");
    ASSERT_EQ(known.evidence.order, 9U);
  } while (std::next_permutation(turn.begin(), turn.end()));
}

TEST(entry, a_listing_confirms_the_version_that_it_names) {
  auto known = known_entry();
  auto const facts = known.facts;
  EXPECT_EQ(learn(known, listed(20, listing("\"a\"")), no_write, 8), learnt::confirmed);
  EXPECT_EQ(known.facts, facts);
  EXPECT_EQ(known.evidence.order, 20U);
}

TEST(entry, a_listing_of_another_version_invalidates) {
  for (auto const& other : {listing("\"b\""), listing("\"a\"", written, 999), listing("\"a\"", written, 0)}) {
    auto known = known_entry();
    EXPECT_EQ(learn(known, listed(20, other), no_write, 8), learnt::new_version);
    EXPECT_EQ(known.facts->generation, 8U) << "the old blocks must be out of reach";
    EXPECT_EQ(known.facts->id.size, other.id.size);
    EXPECT_FALSE(known.facts->headers);
    EXPECT_EQ(known.evidence.order, 20U);
  }
}

TEST(entry, a_newer_date_under_the_same_tag_drops_the_headers_and_keeps_the_blocks) {
  auto known = known_entry();
  EXPECT_EQ(learn(known, listed(20, listing("\"a\"", written + 1s)), no_write, 8), learnt::headers_dropped);
  EXPECT_EQ(known.facts->generation, 7U);
  EXPECT_FALSE(known.facts->headers);
  EXPECT_EQ(known.facts->last_modified, written + 1s);
  EXPECT_EQ(learn(known, listed(21, listing("\"a\"", written + 1s)), no_write, 9), learnt::confirmed);
}

TEST(entry, a_date_that_is_not_newer_drops_nothing) {
  for (auto const date :
       {std::optional(written), std::optional(written - 1s), std::optional<http::wall_time>()}) {
    auto known = known_entry();
    EXPECT_EQ(learn(known, listed(20, listing("\"a\"", date)), no_write, 8), learnt::confirmed);
    EXPECT_TRUE(known.facts->headers);
    EXPECT_EQ(known.facts->last_modified, written);
  }
}

TEST(entry, a_listing_never_brings_headers) {
  auto with_headers = listing("\"a\"");
  entry known;
  EXPECT_EQ(learn(known, listed(1, with_headers), no_write, 3), learnt::new_version);
  EXPECT_FALSE(known.facts->headers);
  EXPECT_EQ(learn(known, listed(2, with_headers), no_write, 4), learnt::confirmed);
  EXPECT_FALSE(known.facts->headers);
}

TEST(entry, an_answer_fills_in_what_a_listing_told) {
  entry known;
  learn(known, listed(1, listing("\"a\"")), no_write, 3);
  EXPECT_EQ(learn(known, answered(2, answer("\"a\"")), no_write, 4), learnt::confirmed);
  EXPECT_TRUE(known.facts->headers);
  EXPECT_EQ(known.facts->generation, 3U);
  EXPECT_EQ(known.facts->id.version, base::version_id("")) << "told by the answer";
}

TEST(entry, an_answer_replaces_all_headers) {
  auto known = known_entry();
  auto what = answer("\"a\"", "text/plain");
  what.last_modified = written - 5s;
  EXPECT_EQ(learn(known, answered(11, what), no_write, 8), learnt::confirmed);
  EXPECT_EQ(known.facts->headers, what.headers);
  EXPECT_EQ(known.facts->last_modified, written - 5s);
  EXPECT_EQ(known.facts->generation, 7U);
}

TEST(entry, facts_that_a_reader_holds_never_change) {
  auto known = known_entry();
  auto const held = known.facts;
  learn(known, answered(11, answer("\"a\"", "text/plain")), no_write, 8);
  learn(known, listed(12, listing("\"a\"", written + 1s)), no_write, 9);
  learn(known, answered(13, answer("\"b\"")), no_write, 10);
  EXPECT_EQ(held->headers->fields.find("content-type"), "text/csv");
  EXPECT_EQ(held->last_modified, written);
  EXPECT_EQ(held->generation, 7U);
}

TEST(entry, a_part_does_not_forget_the_checksums) {
  auto known = known_entry();
  learn(known, answered(11, answer("\"a\"", "text/csv", checksums::unknown)), no_write, 8);
  EXPECT_TRUE(known.facts->headers->checksums_known);
  EXPECT_EQ(known.facts->headers->checksums.size(), 1U);
}

TEST(entry, a_part_with_other_headers_makes_the_checksums_unknown) {
  auto known = known_entry();
  learn(known, answered(11, answer("\"a\"", "text/plain", checksums::unknown)), no_write, 8);
  EXPECT_FALSE(known.facts->headers->checksums_known);
  EXPECT_EQ(known.facts->headers->fields.find("content-type"), "text/plain");
}

TEST(entry, a_whole_answer_without_checksums_takes_them_away) {
  auto known = known_entry();
  auto what = answer("\"a\"");
  auto headers = *what.headers;
  headers.checksums = {};
  what.headers = std::make_shared<object_headers const>(headers);
  learn(known, answered(11, what), no_write, 8);
  EXPECT_TRUE(known.facts->headers->checksums.empty());
}

TEST(entry, the_version_id_never_stands_in_for_the_tag) {
  // Version `null` is overwritten in place.
  entry known;
  auto first = answer("\"a\"");
  first.id.version = base::version_id("null");
  learn(known, answered(1, first), no_write, 3);
  auto second = answer("\"b\"");
  second.id.version = base::version_id("null");
  EXPECT_EQ(learn(known, answered(2, second), no_write, 4), learnt::new_version);
  EXPECT_EQ(known.facts->generation, 4U);
}

TEST(entry, another_version_id_is_another_version) {
  entry known;
  auto first = answer("\"a\"");
  first.id.version = base::version_id("v1");
  learn(known, answered(1, first), no_write, 3);
  auto second = first;
  second.id.version = base::version_id("v2");
  EXPECT_EQ(learn(known, answered(2, second), no_write, 4), learnt::new_version);
  EXPECT_EQ(learn(known, listed(3, listing("\"a\"")), no_write, 5), learnt::confirmed) << "not told: matches";
  EXPECT_EQ(known.facts->id.version, base::version_id("v2")) << "and is not forgotten";
}

TEST(entry, a_missing_object_takes_the_facts_and_leaves_the_rights) {
  auto known = known_entry();
  grant(known, base::principal_id("p"), moment_of(10), nullptr);
  EXPECT_EQ(learn_absence(known, absence::not_found, moment_of(9), no_write), learnt::too_old);
  EXPECT_TRUE(known.facts);
  learn_absence(known, absence::not_found, moment_of(11), no_write);
  EXPECT_FALSE(known.facts);
  EXPECT_FALSE(known.unstorable);
  EXPECT_EQ(known.evidence.order, 11U);
  EXPECT_TRUE(right_of(known, base::principal_id("p")));
  EXPECT_EQ(learn(known, answered(10, answer("\"a\"")), no_write, 8), learnt::too_old)
      << "it does not return";
}

TEST(entry, an_unstorable_answer_is_remembered_until_a_storable_one) {
  auto known = known_entry();
  learn_absence(known, absence::unstorable, moment_of(11), no_write);
  EXPECT_TRUE(known.unstorable);
  EXPECT_FALSE(known.facts);
  learn(known, answered(12, answer("\"a\"")), no_write, 8);
  EXPECT_FALSE(known.unstorable);
}

TEST(entry, a_deleted_and_rewritten_object_has_new_blocks) {
  auto known = known_entry();
  learn_absence(known, absence::not_found, moment_of(11), no_write);
  EXPECT_EQ(learn(known, answered(12, answer("\"a\"")), no_write, 8), learnt::new_version);
  EXPECT_EQ(known.facts->generation, 8U);
}

TEST(entry, evidence_creates_no_right) {
  auto known = known_entry();
  learn(known, listed(11, listing("\"a\"")), no_write, 8);
  learn(known, answered(12, answer("\"b\"")), no_write, 9);
  EXPECT_TRUE(known.rights.empty());
  EXPECT_FALSE(right_of(known, base::principal_id("p")));
}

TEST(entry, a_right_belongs_to_its_holder) {
  auto known = known_entry();
  base::principal_id const alice("alice"), bob("bob");
  grant(known, alice, moment_of(11), known.facts->headers);
  EXPECT_EQ(right_of(known, alice)->order, 11U);
  EXPECT_FALSE(right_of(known, bob));
  grant(known, bob, moment_of(12), known.facts->headers);
  revoke(known, alice, moment_of(13));
  EXPECT_FALSE(right_of(known, alice));
  EXPECT_EQ(right_of(known, bob)->order, 12U);
  EXPECT_TRUE(known.facts) << "the bytes stay for others";
}

TEST(entry, a_denial_takes_what_was_granted_before_it_began_whenever_it_arrives) {
  base::principal_id const alice("alice");
  struct {
    std::uint64_t granted, denied;
    bool stays;
  } const table[] = {{11, 12, false}, {12, 11, true}, {11, 900, false}, {900, 11, true}};
  for (auto const& row : table) {
    entry grant_first, denial_first;
    grant(grant_first, alice, moment_of(row.granted), nullptr);
    revoke(grant_first, alice, moment_of(row.denied));
    revoke(denial_first, alice, moment_of(row.denied));
    grant(denial_first, alice, moment_of(row.granted), nullptr);
    EXPECT_EQ(right_of(grant_first, alice).has_value(), row.stays) << row.granted << " and " << row.denied;
    EXPECT_EQ(right_of(denial_first, alice).has_value(), row.stays) << row.granted << " and " << row.denied;
  }
}

TEST(entry, an_older_denial_does_not_hide_a_newer) {
  entry known;
  base::principal_id const alice("alice");
  revoke(known, alice, moment_of(20));
  revoke(known, alice, moment_of(10));
  grant(known, alice, moment_of(15), nullptr);
  EXPECT_FALSE(right_of(known, alice));
  grant(known, alice, moment_of(21), nullptr);
  EXPECT_EQ(right_of(known, alice)->order, 21U);
}

TEST(entry, an_older_grant_never_replaces_a_newer) {
  entry known;
  base::principal_id const alice("alice");
  for (auto const order : {5U, 9U, 7U}) {
    grant(known, alice, moment_of(order), nullptr);
  }
  EXPECT_EQ(right_of(known, alice)->order, 9U);
  EXPECT_EQ(known.rights.size(), 1U);
}

TEST(entry, a_footprint_counts_names_headers_and_rights) {
  auto known = known_entry();
  auto const plain = footprint(id, known);
  auto longer = id;
  longer.key = base::object_key(std::string(1000, 'k'));
  EXPECT_GE(footprint(longer, known), plain + 900);
  grant(known, base::principal_id("p"), moment_of(1), nullptr);
  EXPECT_GT(footprint(id, known), plain);
  EXPECT_LT(footprint(id, entry{}), plain);
  auto what = answer("\"a\"");
  auto headers = *what.headers;
  headers.rendered = std::string(2000, 'h');
  what.headers = std::make_shared<object_headers const>(headers);
  learn(known, answered(20, what), no_write, 8);
  EXPECT_GE(footprint(id, known), plain + 1900);
}

TEST(entry, a_right_is_to_what_its_holder_was_shown) {
  base::principal_id const alice("alice"), bob("bob");
  entry known;
  auto const for_alice = answer("\"a\"", "text/csv");
  learn(known, answered(1, for_alice), no_write, 1);
  grant(known, alice, moment_of(1), for_alice.headers);
  EXPECT_TRUE(right_of(known, alice));
  auto const the_same = answer("\"a\"", "text/csv");
  learn(known, answered(2, the_same), no_write, 2);
  grant(known, bob, moment_of(2), the_same.headers);
  EXPECT_TRUE(right_of(known, alice)) << "bob was shown the same";
  auto const for_bob = answer("\"a\"", "text/other");
  learn(known, answered(3, for_bob), no_write, 3);
  grant(known, bob, moment_of(3), for_bob.headers);
  EXPECT_TRUE(right_of(known, bob));
  EXPECT_FALSE(right_of(known, alice)) << "and now something else";
}

}  // namespace
}  // namespace s3proxy::cache
