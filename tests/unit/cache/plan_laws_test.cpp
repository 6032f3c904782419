#include "s3proxy/cache/plan.hpp"

#include "read_situation.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <vector>

namespace s3proxy::cache {
namespace {

using namespace read_situation;

/// All combinations of what can be known, granted, asked and held.
template <class Check>
void in_every_situation(Check const& check) {
  using changes = std::vector<void (*)(situation&)>;
  auto const none = [](situation&) {};
  changes const known{none, nothing_known, listed_only, no_checksums, empty_object, unstorable};
  changes const age{none, stale, doubted, written_since, immutable, ttl_zero, asked_within};
  changes const rights{none, no_right, right_expired};
  changes const looks{none, no_cache};
  changes const kinds{none, head, wants_checksums};
  changes const ranges{none, first_bytes, beyond_end};
  changes const conditions{none,         if_match_same,     if_match_other,
                           if_none_same, if_modified_since, if_unmodified_before};
  changes const holds{none, not_held};
  for (auto const a : known) {
    for (auto const b : age) {
      for (auto const c : rights) {
        for (auto const d : looks) {
          for (auto const e : kinds) {
            for (auto const f : ranges) {
              for (auto const g : conditions) {
                for (auto const h : holds) {
                  situation s;
                  for (auto const change : {a, b, c, d, e, f, g, h}) {
                    change(s);
                  }
                  check(s);
                }
              }
            }
          }
        }
      }
    }
  }
}

bool asks(plan const& p) {
  return p.step == step::ask_head || p.step == step::ask_get;
}

TEST(plan, no_answer_without_fresh_metadata_headers_and_a_right) {
  std::set<step> seen;
  in_every_situation([&](situation const& s) {
    auto const p = s.planned();
    seen.insert(p.step);
    if (asks(p) || p.step == step::bypass) {
      ASSERT_NE(p.reason, reason::none) << "a plan says why";
      return;
    }
    ASSERT_TRUE(s.known.facts && s.known.facts->headers);
    ASSERT_TRUE(stands(s.known.evidence, s.known.raised));
    ASSERT_TRUE(is_fresh(s.rules, id, s.known.evidence, s.asked.began, s.asked.older_evidence));
    ASSERT_TRUE(is_entitled(s.rules, s.known.right, s.known.raised, s.asked.began));
    ASSERT_FALSE(s.known.doubted);
    ASSERT_TRUE(p.step != step::precondition_failed || s.known.evidence.order >= s.asked.began.order);
  });
  EXPECT_EQ(seen.size(), 7U) << "the combinations reach every step";
}

TEST(plan, one_head_ends_the_questions_and_a_get_leaves_at_most_a_head) {
  in_every_situation([](situation s) {
    auto p = s.planned();
    for (int questions = 0; asks(p); ++questions) {
      ASSERT_LT(questions, p.step == step::ask_head ? 2 : 1) << printed(p);
      auto const told_checksums = p.step == step::ask_head ? checksums::known : checksums::unknown;
      s.facts_with(headers_of("text/csv", told_checksums));
      s.known.unstorable = false;
      s.known.evidence = s.known.right.emplace(moment_of(101 + static_cast<unsigned>(questions), 1001s));
      auto const after_head = p.step == step::ask_head;
      p = s.planned();
      ASSERT_FALSE(after_head && asks(p)) << printed(p);
    }
  });
}

TEST(plan, a_head_and_a_likely_304_never_fetch_bytes) {
  in_every_situation([](situation const& s) {
    auto const p = s.planned();
    auto const wants_no_body = s.asked.kind == read_kind::head || s.asked.conditions.if_none_match ||
                               s.asked.conditions.if_modified_since;
    ASSERT_FALSE(wants_no_body && p.step == step::ask_get);
    ASSERT_FALSE(p.step == step::ask_get && s.held && s.known.facts && p.reason != reason::written);
  });
}

TEST(plan, every_phase_and_reason_has_a_text_of_its_own) {
  std::set<std::string_view> phases, reasons;
  for (auto const p :
       {phase::none, phase::hit, phase::partial, phase::miss, phase::revalidate, phase::bypass}) {
    EXPECT_TRUE(phases.insert(cache::to_text(p)).second);
  }
  for (int r = 0; r <= static_cast<int>(reason::not_understood); ++r) {
    EXPECT_TRUE(reasons.insert(cache::to_text(static_cast<reason>(r))).second) << r;
  }
}

}  // namespace
}  // namespace s3proxy::cache
