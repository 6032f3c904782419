#include "s3proxy/cache/policy.hpp"

#include <algorithm>

namespace s3proxy::cache {

// Backtracks to the last `*` (and, when that fails, to the last `**`): linear but for pathological patterns.
bool glob::matches(std::string_view text) const {
  std::string_view const pattern = pattern_;
  constexpr auto none = std::string_view::npos;
  std::size_t p = 0, t = 0;
  std::size_t star_p = none, star_t = 0;
  std::size_t deep_p = none, deep_t = 0;
  while (t < text.size()) {
    if (pattern.substr(p).starts_with("**")) {
      deep_p = p += 2;
      deep_t = t;
      star_p = none;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star_p = ++p;
      star_t = t;
    } else if (p < pattern.size() && (pattern[p] == text[t] || (pattern[p] == '?' && text[t] != '/'))) {
      ++p;
      ++t;
    } else if (star_p != none && text[star_t] != '/') {
      p = star_p;
      t = ++star_t;
    } else if (deep_p != none) {
      p = deep_p;
      t = ++deep_t;
      star_p = none;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == none;
}

bool is_immutable(policy const& rules, object_id const& id) {
  if (rules.immutable.empty()) {
    return false;
  }
  auto const path = id.bucket.str() + '/' + id.key.str();
  return std::ranges::any_of(rules.immutable, [&](glob const& pattern) { return pattern.matches(path); });
}

bool is_fresh(policy const& rules, object_id const& id, moment evidence, moment read, reuse older_evidence) {
  if (evidence.order >= read.order) {
    return true;
  }
  return older_evidence == reuse::allowed &&
         (read.at - evidence.at < rules.metadata_ttl || is_immutable(rules, id));
}

bool is_entitled(policy const& rules, std::optional<moment> granted, std::uint64_t raised, moment read) {
  return granted && stands(*granted, raised) &&
         (granted->order >= read.order || read.at - granted->at < rules.rights_ttl);
}

}  // namespace s3proxy::cache
