#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/cache/moment.hpp"
#include "s3proxy/cache/object.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace s3proxy::cache {

/// That a principal may read an object, told by the store's 2xx or 304 to a GET or HEAD with that principal's
/// own credentials. It is no statement about which version is current: freshness is another clock.
struct right {
  base::principal_id holder;
  std::optional<moment> granted;
  /// What the store showed with it. The same name may lead two principals to two objects (stores with a
  /// namespace a user), and some fields are shown to those alone who may ask for them.
  std::shared_ptr<object_headers const> shown{};
  std::uint64_t denied = 0;  ///< the order of the last request that the store denied: no older grant counts
};

/// What we know of one object: which version is current (freshness), and who may read it (rights).
struct entry {
  facts_ptr facts;  ///< null: nothing is known of its content
  moment evidence;  ///< the beginning of the origin request that last confirmed `facts`
  std::vector<right> rights;
  /// Set when the store's answer may not be kept: the object is passed through until this evidence is stale.
  bool unstorable = false;
  /// Set when older evidence named another version: which of the two is current, only a new look at the store
  /// tells.
  bool doubted = false;
  object_form form = object_form::other;  ///< of every version: the name tells it
};

/// Who says so: an answer of the object itself brings all its headers, a listing brings none.
enum class evidence_source { answer, listing };

struct evidence {
  evidence_source source = evidence_source::answer;
  moment began;
  told what;
};

enum class learnt {
  confirmed,        ///< the version we held
  new_version,      ///< another version: the blocks of the old one are unreachable from now on
  headers_dropped,  ///< the same bytes, written again: headers may have changed, blocks stay
  too_old,          ///< other evidence began later: ignored, but where it disagrees the entry is doubted
  crossed_a_write,  ///< a write of the key started or ended since it began: ignored
};

/// Applies evidence to `known`, in the order in which the origin requests began.
/// Takes: `raised`, the order of the key's last write edge; `generation`, a fresh number, used if the version
/// is new.
learnt learn(entry& known, evidence const& said, std::uint64_t raised, std::uint64_t generation);

/// The store said at `began` that the object is not there (404), or that its answer may not be kept.
enum class absence { not_found, unstorable };
learnt learn_absence(entry& known, absence kind, moment began, std::uint64_t raised);

/// Records a right of `holder`, which began at `granted`, to what the store showed it. A newer one is never
/// replaced by an older.
void grant(entry& known, base::principal_id const& holder, moment granted,
           std::shared_ptr<object_headers const> shown);
/// A 401 or 403 to a request of `holder` that began at `began`: what was granted before it is gone at once,
/// and an older grant that arrives later does not count; others and the bytes stay.
void revoke(entry& known, base::principal_id const& holder, moment began);
/// The right of `holder` to what is known now: nothing where it was shown other headers than these (they
/// include the entity tag, so another version is another right).
std::optional<moment> right_of(entry const& known, base::principal_id const& holder);

/// An estimate of the memory an entry takes, for the budget of the metadata pool, in bytes.
std::size_t footprint(object_id const& id, entry const& known);

}  // namespace s3proxy::cache
