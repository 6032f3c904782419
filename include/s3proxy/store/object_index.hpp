#pragma once

#include "s3proxy/cache/entry.hpp"
#include "s3proxy/cache/plan.hpp"
#include "s3proxy/cache/s3_fifo.hpp"
#include "s3proxy/store/write_epochs.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace s3proxy::store {

/// What we know of objects, by name: a pool of its own, so that no scan of bytes evicts the metadata that
/// every query needs. Sharded; thread-safe; every call takes one short lock.
class object_index {
 public:
  /// `budget`: bytes of metadata kept, estimated (cache::footprint).
  object_index(write_epochs& epochs, std::size_t budget);
  ~object_index();

  /// What is known of `id`, as `principal` may see it. Counts as a use.
  cache::entry_view look(cache::object_id const& id, base::principal_id const& principal);

  /// Applies evidence (cache::learn). With `reader`, the answer was to that principal's own GET or HEAD: it
  /// also grants the right, whatever the evidence is worth, unless a write crossed it.
  cache::learnt learn(cache::object_id const& id, cache::evidence const& said,
                      std::optional<base::principal_id> const& reader);
  void learn_absence(cache::object_id const& id, cache::absence kind, cache::moment began);
  /// A 401 or 403 to the principal's request that began at `began`.
  void revoke(cache::object_id const& id, base::principal_id const& principal, cache::moment began);

  std::size_t count() const;
  std::size_t charge() const;

 private:
  struct item;
  struct shard;
  static constexpr std::size_t shard_count = 32;

  shard& shard_of(cache::object_id const& id);
  template <class Change>
  auto change(cache::object_id const& id, Change const& apply);

  write_epochs& epochs_;
  std::atomic<std::uint64_t> generation_{1};
  std::array<std::unique_ptr<shard>, shard_count> shards_;
};

}  // namespace s3proxy::store
