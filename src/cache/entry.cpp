#include "s3proxy/cache/entry.hpp"

#include <algorithm>
#include <utility>

namespace s3proxy::cache {
namespace {

facts_ptr make_facts(told const& what, std::uint64_t generation, object_form form) {
  return std::make_shared<object_facts const>(
      object_facts{what.id, generation, what.last_modified, what.headers, form});
}

bool written_again(object_facts const& held, told const& listed) {
  return held.last_modified && listed.last_modified && *listed.last_modified > *held.last_modified;
}

// The same version, told again. An answer replaces all stored headers, because a copy onto itself may change
// them under the same tag; a listing has none to offer.
learnt confirm(entry& known, evidence const& said) {
  auto const& held = *known.facts;
  if (said.source == evidence_source::listing) {
    if (!written_again(held, said.what)) {
      return learnt::confirmed;
    }
    auto facts = held;
    facts.last_modified = said.what.last_modified;
    facts.headers = nullptr;
    known.facts = std::make_shared<object_facts const>(std::move(facts));
    return learnt::headers_dropped;
  }
  auto what = said.what;
  auto const same_headers = held.headers && http::same_fields(held.headers->fields, what.headers->fields);
  if (same_headers && held.headers->checksums_known) {
    if (!what.headers->checksums_known) {
      what.headers = held.headers;  // a part does not tell the checksums that we know already
    }
  }
  known.facts = make_facts(what, held.generation, held.form);
  return learnt::confirmed;
}

bool shows(right const& held, facts_ptr const& facts) {
  if (!facts || !facts->headers || held.shown == facts->headers) {
    return true;  // without headers the store is asked anyway
  }
  return held.shown && http::same_fields(held.shown->fields, facts->headers->fields);
}

std::optional<learnt> refused(entry const& known, moment began, std::uint64_t raised) {
  if (!stands(began, raised)) {
    return learnt::crossed_a_write;
  }
  if (began.order < known.evidence.order) {
    return learnt::too_old;
  }
  return std::nullopt;
}

}  // namespace

learnt learn(entry& known, evidence const& said, std::uint64_t raised, std::uint64_t generation) {
  if (auto const no = refused(known, said.began, raised)) {
    // Requests that overlap are served by the store in either order. A client that saw this one's answer (a
    // listing) must not be shown the other version without asking.
    if (*no == learnt::too_old && (!known.facts || !same_version(known.facts->id, said.what.id))) {
      known.doubted = true;
    }
    return *no;
  }
  known.evidence = said.began;
  known.unstorable = false;
  known.doubted = false;
  if (known.facts && same_version(known.facts->id, said.what.id)) {
    return confirm(known, said);
  }
  known.facts = make_facts(said.what, generation, known.form);
  return learnt::new_version;
}

learnt learn_absence(entry& known, absence kind, moment began, std::uint64_t raised) {
  if (auto const no = refused(known, began, raised)) {
    return *no;
  }
  known.evidence = began;
  known.doubted = false;
  known.facts = nullptr;
  known.unstorable = kind == absence::unstorable;
  return learnt::new_version;
}

void grant(entry& known, base::principal_id const& holder, moment granted,
           std::shared_ptr<object_headers const> shown) {
  auto const found = std::ranges::find(known.rights, holder, &right::holder);
  if (found == known.rights.end()) {
    known.rights.push_back({holder, granted, std::move(shown)});
  } else if (granted.order > found->denied && (!found->granted || found->granted->order < granted.order)) {
    found->granted = granted;
    found->shown = std::move(shown);
  }
}

void revoke(entry& known, base::principal_id const& holder, moment began) {
  auto found = std::ranges::find(known.rights, holder, &right::holder);
  if (found == known.rights.end()) {
    known.rights.push_back({holder, std::nullopt, nullptr, began.order});
    return;
  }
  found->denied = std::max(found->denied, began.order);
  if (found->granted && found->granted->order < began.order) {
    found->granted.reset();
  }
}

std::optional<moment> right_of(entry const& known, base::principal_id const& holder) {
  auto const found = std::ranges::find(known.rights, holder, &right::holder);
  auto const holds = found != known.rights.end() && shows(*found, known.facts);
  return holds ? found->granted : std::nullopt;
}

std::size_t footprint(object_id const& id, entry const& known) {
  std::size_t bytes = 256 + 2 * (id.bucket.str().size() + id.key.str().size()) + 64 * known.rights.size();
  if (known.facts) {
    bytes += sizeof(object_facts) + known.facts->id.tag.str().size();
    if (auto const& headers = known.facts->headers) {
      bytes += sizeof(object_headers) + 3 * (headers->rendered.size() + headers->rendered_checksums.size());
    }
  }
  return bytes;
}

}  // namespace s3proxy::cache
