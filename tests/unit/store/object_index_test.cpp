#include "s3proxy/store/object_index.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace s3proxy::store {
namespace {

using cache::learnt;

base::principal_id const alice("alice"), bob("bob");

cache::object_id object(std::string_view key, std::optional<base::version_id> version = {}) {
  return {base::bucket_name("lake"), base::object_key(key), std::move(version)};
}

std::shared_ptr<cache::object_headers const> headers_of(std::size_t bytes = 40) {
  cache::object_headers out;
  out.rendered = std::string(bytes, 'h');
  out.checksums_known = true;
  return std::make_shared<cache::object_headers const>(std::move(out));
}

/// An index whose evidence begins when it is asked for.
struct indexed {
  explicit indexed(std::size_t budget = 16 << 20) : index(epochs, budget) {}

  cache::moment begin() { return {{}, epochs.next()}; }
  learnt answer(cache::object_id const& id, std::string_view tag, cache::moment began,
                std::optional<base::principal_id> const& reader = alice) {
    cache::told what{{base::etag(tag), 1000, base::version_id("")}, {}, headers_of()};
    return index.learn(id, {cache::evidence_source::answer, began, what}, reader);
  }
  learnt answer(cache::object_id const& id, std::string_view tag) { return answer(id, tag, begin()); }
  learnt listing(cache::object_id const& id, std::string_view tag) {
    cache::told what{{base::etag(tag), 1000, std::nullopt}, {}, nullptr};
    return index.learn(id, {cache::evidence_source::listing, begin(), what}, std::nullopt);
  }

  write_epochs epochs;
  object_index index;
};

TEST(object_index, of_an_unknown_object_nothing_is_known) {
  indexed s;
  auto const view = s.index.look(object("a"), alice);
  EXPECT_FALSE(view.facts);
  EXPECT_FALSE(view.right);
  EXPECT_FALSE(view.unstorable);
  EXPECT_EQ(view.raised, 0U);
  EXPECT_EQ(s.index.count(), 0U) << "looking makes nothing";
}

TEST(object_index, what_was_learnt_is_seen) {
  indexed s;
  auto const began = s.begin();
  EXPECT_EQ(s.answer(object("a"), "\"1\"", began), learnt::new_version);
  auto const view = s.index.look(object("a"), alice);
  ASSERT_TRUE(view.facts);
  EXPECT_EQ(view.facts->id.tag.str(), "\"1\"");
  EXPECT_EQ(view.evidence.order, began.order);
  EXPECT_EQ(view.right->order, began.order);
  EXPECT_FALSE(s.index.look(object("b"), alice).facts);
}

TEST(object_index, every_version_of_a_columnar_file_is_known_as_one) {
  indexed s;
  for (auto const* tag : {"\"1\"", "\"1\"", "\"2\""}) {
    s.answer(object("t/a.parquet"), tag);
    EXPECT_EQ(s.index.look(object("t/a.parquet"), alice).facts->form, cache::object_form::columnar);
  }
  s.listing(object("t/a.orc"), "\"1\"");
  EXPECT_EQ(s.index.look(object("t/a.orc"), alice).facts->form, cache::object_form::columnar);
  s.answer(object("t/a.csv"), "\"1\"");
  EXPECT_EQ(s.index.look(object("t/a.csv"), alice).facts->form, cache::object_form::other);
}

TEST(object_index, an_object_and_its_named_versions_are_separate) {
  indexed s;
  s.answer(object("a"), "\"1\"");
  s.answer(object("a", base::version_id("null")), "\"2\"");
  s.answer(object("a", base::version_id("v")), "\"3\"");
  EXPECT_EQ(s.index.count(), 3U);
  EXPECT_EQ(s.index.look(object("a"), alice).facts->id.tag.str(), "\"1\"");
  EXPECT_EQ(s.index.look(object("a", base::version_id("null")), alice).facts->id.tag.str(), "\"2\"");
}

TEST(object_index, facts_are_shared_and_rights_are_not) {
  indexed s;
  s.answer(object("a"), "\"1\"");
  auto const view = s.index.look(object("a"), bob);
  EXPECT_TRUE(view.facts);
  EXPECT_FALSE(view.right);
}

TEST(object_index, a_listing_gives_nobody_a_right) {
  indexed s;
  s.listing(object("a"), "\"1\"");
  EXPECT_TRUE(s.index.look(object("a"), alice).facts);
  EXPECT_FALSE(s.index.look(object("a"), alice).right);
}

TEST(object_index, an_answer_that_comes_too_late_still_proves_the_right_of_who_asked) {
  indexed s;
  auto const early = s.begin();
  s.answer(object("a"), "\"2\"");
  EXPECT_EQ(s.answer(object("a"), "\"1\"", early, bob), learnt::too_old);
  auto const view = s.index.look(object("a"), bob);
  EXPECT_EQ(view.facts->id.tag.str(), "\"2\"");
  EXPECT_EQ(view.right->order, early.order);
}

TEST(object_index, an_answer_that_crossed_a_write_proves_nothing) {
  indexed s;
  auto const early = s.begin();
  s.epochs.raise(object("a").bucket, object("a").key);
  EXPECT_EQ(s.answer(object("a"), "\"1\"", early), learnt::crossed_a_write);
  auto const view = s.index.look(object("a"), alice);
  EXPECT_FALSE(view.facts);
  EXPECT_FALSE(view.right);
}

TEST(object_index, a_write_voids_what_is_held_for_whoever_looks_afterwards) {
  indexed s;
  s.answer(object("a"), "\"1\"");
  auto view = s.index.look(object("a"), alice);
  EXPECT_TRUE(cache::stands(view.evidence, view.raised));
  s.epochs.raise(object("a").bucket, object("a").key);
  view = s.index.look(object("a"), alice);
  EXPECT_FALSE(cache::stands(view.evidence, view.raised));
  EXPECT_FALSE(cache::stands(*view.right, view.raised));
  s.answer(object("a"), "\"1\"");
  view = s.index.look(object("a"), alice);
  EXPECT_TRUE(cache::stands(view.evidence, view.raised));
}

TEST(object_index, a_change_of_a_buckets_rights_voids_those_of_everybody_and_keeps_what_is_known) {
  indexed s;
  s.answer(object("a"), "\"1\"", s.begin(), alice);
  s.answer(object("a"), "\"1\"", s.begin(), bob);
  auto const before = s.begin();
  s.epochs.raise_rights(base::bucket_name("lake"));
  EXPECT_FALSE(s.index.look(object("a"), alice).right);
  EXPECT_FALSE(s.index.look(object("a"), bob).right);
  auto const view = s.index.look(object("a"), alice);
  ASSERT_TRUE(view.facts);
  EXPECT_TRUE(cache::stands(view.evidence, view.raised));
  // What one shows anew says nothing about the other, and what was asked before the change says nothing.
  s.answer(object("a"), "\"1\"", s.begin(), alice);
  s.answer(object("a"), "\"1\"", before, bob);
  EXPECT_TRUE(s.index.look(object("a"), alice).right);
  EXPECT_FALSE(s.index.look(object("a"), bob).right);
}

TEST(object_index, a_revoked_right_is_gone_at_once_and_only_that) {
  indexed s;
  s.answer(object("a"), "\"1\"");
  s.answer(object("a"), "\"1\"", s.begin(), bob);
  s.index.revoke(object("a"), alice, s.begin());
  EXPECT_FALSE(s.index.look(object("a"), alice).right);
  EXPECT_TRUE(s.index.look(object("a"), bob).right);
  EXPECT_TRUE(s.index.look(object("a"), alice).facts);
}

TEST(object_index, a_denial_outruns_an_older_answer) {
  indexed s;
  auto const early = s.begin();
  s.index.revoke(object("a"), alice, s.begin());
  s.answer(object("a"), "\"1\"", early);
  EXPECT_TRUE(s.index.look(object("a"), alice).facts);
  EXPECT_FALSE(s.index.look(object("a"), alice).right);
  s.answer(object("a"), "\"1\"");
  EXPECT_TRUE(s.index.look(object("a"), alice).right);
}

TEST(object_index, doubt_is_seen_until_newer_evidence_comes) {
  indexed s;
  auto const early = s.begin();
  s.answer(object("a"), "\"2\"");
  s.answer(object("a"), "\"1\"", early);
  EXPECT_TRUE(s.index.look(object("a"), alice).doubted);
  s.answer(object("a"), "\"2\"");
  EXPECT_FALSE(s.index.look(object("a"), alice).doubted);
}

TEST(object_index, absence_is_learnt_in_order) {
  indexed s;
  auto const early = s.begin();
  s.answer(object("a"), "\"1\"");
  s.index.learn_absence(object("a"), cache::absence::not_found, early);
  EXPECT_TRUE(s.index.look(object("a"), alice).facts);
  s.index.learn_absence(object("a"), cache::absence::unstorable, s.begin());
  EXPECT_FALSE(s.index.look(object("a"), alice).facts);
  EXPECT_TRUE(s.index.look(object("a"), alice).unstorable);
}

TEST(object_index, every_new_version_has_a_generation_of_its_own) {
  indexed s;
  std::set<std::uint64_t> generations;
  for (int i = 0; i < 50; ++i) {
    for (auto const* key : {"a", "b", "c"}) {
      s.answer(object(key), "\"" + std::to_string(i % 2) + "\"");
      generations.insert(s.index.look(object(key), alice).facts->generation);
    }
  }
  EXPECT_EQ(generations.size(), 150U) << "even when a tag comes back";
  s.answer(object("a"), "\"1\"");
  s.listing(object("a"), "\"1\"");
  EXPECT_TRUE(generations.contains(s.index.look(object("a"), alice).facts->generation)) << "the same stays";
}

TEST(object_index, metadata_stays_within_its_budget) {
  constexpr std::size_t budget = 1 << 20;
  indexed s(budget);
  for (int i = 0; i < 10'000; ++i) {
    s.answer(object("k" + std::to_string(i)), "\"1\"");
    ASSERT_LE(s.index.charge(), budget);
  }
  EXPECT_GT(s.index.count(), 1'000U);
  EXPECT_LT(s.index.count(), 10'000U);
  EXPECT_GT(s.index.charge(), budget / 2);
}

TEST(object_index, objects_that_are_looked_at_again_survive_a_scan) {
  indexed s(1 << 20);
  for (int i = 0; i < 100; ++i) {
    s.answer(object("hot" + std::to_string(i)), "\"1\"");
    s.index.look(object("hot" + std::to_string(i)), alice);
    s.index.look(object("hot" + std::to_string(i)), alice);
  }
  for (int i = 0; i < 10'000; ++i) {
    s.answer(object("k" + std::to_string(i)), "\"1\"");
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(s.index.look(object("hot" + std::to_string(i)), alice).facts) << i;
  }
}

TEST(object_index, an_evicted_object_does_not_bring_its_past_back_across_a_write) {
  indexed s(64 << 10);
  s.answer(object("a"), "\"1\"");
  auto const early = s.begin();
  s.epochs.raise(object("a").bucket, object("a").key);
  for (int i = 0; i < 2'000; ++i) {
    s.answer(object("k" + std::to_string(i)), "\"1\"");
  }
  ASSERT_FALSE(s.index.look(object("a"), alice).facts);
  EXPECT_EQ(s.answer(object("a"), "\"1\"", early), learnt::crossed_a_write) << "epochs outlive eviction";
}

TEST(object_index, an_entry_heavier_than_its_share_serves_until_another_comes) {
  indexed s(32 << 10);
  cache::told heavy{{base::etag("\"1\""), 1000, base::version_id("")}, {}, headers_of(100'000)};
  s.index.learn(object("a"), {cache::evidence_source::answer, s.begin(), heavy}, alice);
  EXPECT_TRUE(s.index.look(object("a"), alice).facts);
  EXPECT_GT(s.index.charge(), 100'000U);
  for (int i = 0; i < 1'000; ++i) {
    s.answer(object("k" + std::to_string(i)), "\"1\"");
  }
  EXPECT_FALSE(s.index.look(object("a"), alice).facts);
  EXPECT_LE(s.index.charge(), 32U << 10);
}

/// What one thread saw: evidence that goes back, or one generation with two tags, is counted.
struct witness {
  std::map<std::string, std::uint64_t> latest;
  std::map<std::uint64_t, std::string> tags;
  int wrong = 0;

  void look(cache::object_id const& id, cache::entry_view const& view) {
    auto& latest_here = latest[id.key.str()];
    wrong += view.evidence.order < latest_here;
    latest_here = view.evidence.order;
    if (view.facts) {
      auto const& tag = view.facts->id.tag.str();
      wrong += tags.emplace(view.facts->generation, tag).first->second != tag;
    }
  }
};

TEST(object_index, on_many_threads_evidence_never_goes_back) {
  indexed s;
  std::atomic<int> wrong{0};
  auto const live = [&](int me) {
    base::principal_id const self("p" + std::to_string(me));
    witness seen;
    for (int i = 0; i < 2'000; ++i) {
      auto const id = object("k" + std::to_string(i * 7 % 50));
      auto const tag = "\"" + std::to_string(i % 3) + "\"";
      switch ((i + me) % 5) {
        case 0:
          s.answer(id, tag, s.begin(), self);
          break;
        case 1:
          s.listing(id, tag);
          break;
        case 2:
          s.index.revoke(id, self, s.begin());
          break;
        case 3:
          s.epochs.raise(id.bucket, id.key);
          break;
        default:
          seen.look(id, s.index.look(id, self));
      }
    }
    wrong += seen.wrong;
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back(live, i);
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(s.index.count(), 50U);
}

}  // namespace
}  // namespace s3proxy::store
