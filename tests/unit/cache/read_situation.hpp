#pragma once

#include "s3proxy/cache/plan.hpp"

#include "known_object.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace s3proxy::cache::read_situation {

using namespace known_object;

inline std::string_view to_text(step s) {
  switch (s) {
    case step::serve:
      return "serve";
    case step::not_modified:
      return "304";
    case step::precondition_failed:
      return "412";
    case step::unsatisfiable:
      return "416";
    case step::ask_head:
      return "head";
    case step::ask_get:
      return "get";
    case step::bypass:
      return "bypass";
  }
  return "?";
}

/// A plan in one line: `serve 0-1000`, `get stale "a"`.
inline std::string printed(plan const& p) {
  std::string out(to_text(p.step));
  if (p.reason != reason::none) {
    out.append(" ").append(cache::to_text(p.reason));
  }
  if (p.step == step::serve) {
    out += " " + std::to_string(p.span.begin) + "-" + std::to_string(p.span.end);
  }
  return p.if_match ? out + " " + p.if_match->str() : out;
}

/// A read that began at order 100, second 1000, of an object of 1,000 bytes that is known in full since order
/// 50, second 990, to a principal with a right since then. A row changes it.
struct situation {
  situation() {
    asked.id = id;
    asked.began = moment_of(100, 1000s);
    known.facts = std::make_shared<object_facts const>(
        object_facts{identity_of("\"a\""), 7, written, headers_of("text/csv")});
    known.evidence = moment_of(50, 990s);
    known.right = moment_of(50, 990s);
  }
  void facts_with(std::shared_ptr<object_headers const> headers, base::byte_count size = 1000) {
    known.facts = std::make_shared<object_facts const>(
        object_facts{identity_of("\"a\"", size), 7, written, std::move(headers)});
  }
  plan planned() const {
    return plan_get(asked, known, rules, [this](object_facts const& facts, base::byte_span span) {
      EXPECT_FALSE(span.empty());
      EXPECT_LE(span.end, facts.id.size);
      return held;
    });
  }

  read_request asked;
  entry_view known;
  policy rules;
  bool held = true;
};

// Names of the changes that rows are made of.
inline void nothing_known(situation& s) {
  s.known = {};
}
inline void listed_only(situation& s) {
  s.facts_with(nullptr);
}
inline void no_checksums(situation& s) {
  s.facts_with(headers_of("text/csv", checksums::unknown));
}
inline void empty_object(situation& s) {
  s.facts_with(headers_of("text/csv"), 0);
}
inline void stale(situation& s) {
  s.known.evidence.at = time_point(940s);
}
inline void doubted(situation& s) {
  s.known.doubted = true;
}
inline void written_since(situation& s) {
  s.known.raised = 60;
}
inline void no_right(situation& s) {
  s.known.right.reset();
}
inline void right_expired(situation& s) {
  s.known.right = moment_of(20, 400s);
}
inline void unstorable(situation& s) {
  s.known.facts = nullptr;
  s.known.unstorable = true;
}
inline void not_held(situation& s) {
  s.held = false;
}
inline void head(situation& s) {
  s.asked.kind = read_kind::head;
}
inline void no_cache(situation& s) {
  s.asked.older_evidence = reuse::forbidden;
}
inline void wants_checksums(situation& s) {
  s.asked.checksums = checksum_wish::wanted;
}
inline void first_bytes(situation& s) {
  s.asked.range = http::closed_range{0, 99};
}
inline void beyond_end(situation& s) {
  s.asked.range = http::open_range{1000};
}
inline void if_match_same(situation& s) {
  s.asked.conditions.if_match = "\"a\"";
}
inline void if_match_other(situation& s) {
  s.asked.conditions.if_match = "\"z\"";
}
inline void if_none_same(situation& s) {
  s.asked.conditions.if_none_match = "\"a\"";
}
inline void if_none_other(situation& s) {
  s.asked.conditions.if_none_match = "\"z\"";
}
inline void if_modified_since(situation& s) {
  s.asked.conditions.if_modified_since = written;
}
inline void if_modified_before(situation& s) {
  s.asked.conditions.if_modified_since = written - 1s;
}
inline void if_unmodified_before(situation& s) {
  s.asked.conditions.if_unmodified_since = written - 1s;
}
inline void ttl_zero(situation& s) {
  s.rules.metadata_ttl = 0s;
}
inline void immutable(situation& s) {
  s.rules.immutable = {glob("lake/**")};
}
inline void asked_within(situation& s) {
  s.known.evidence = moment_of(101, 1001s);
  s.known.right = moment_of(101, 1001s);
}

}  // namespace s3proxy::cache::read_situation
