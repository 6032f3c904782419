#pragma once

#include "s3proxy/cache/entry.hpp"
#include "s3proxy/cache/moment.hpp"
#include "s3proxy/cache/object.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::cache {

/// A pattern over `bucket/key`: `*` matches within a segment, `**` across segments, `?` one byte other than
/// `/`; everything else is itself.
class glob {
 public:
  explicit glob(std::string pattern) : pattern_(std::move(pattern)) {}
  bool matches(std::string_view text) const;

 private:
  std::string pattern_;
};

struct policy {
  duration metadata_ttl = std::chrono::seconds(60);  ///< zero: every read is revalidated
  duration rights_ttl = std::chrono::minutes(10);
  std::vector<glob> immutable;  ///< objects whose metadata is trusted for ever
};

bool is_immutable(policy const& rules, object_id const& id);

enum class reuse { allowed, forbidden };

/// True when evidence that began at `evidence` may answer a read that began at `read`: it began within the
/// read itself, or it is younger than the TTL (or the object immutable) and the client does not ask for a new
/// look.
bool is_fresh(policy const& rules, object_id const& id, moment evidence, moment read, reuse older_evidence);

/// True when a right still holds for a read that began at `read`.
bool is_entitled(policy const& rules, std::optional<moment> granted, std::uint64_t raised, moment read);

}  // namespace s3proxy::cache
