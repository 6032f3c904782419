#include "s3proxy/store/object_index.hpp"

#include "s3proxy/read_ahead/table_name.hpp"

namespace s3proxy::store {
namespace {

cache::object_form form_of(base::object_key const& key) {
  auto const is_columnar = read_ahead::format_of(key.str()) != read_ahead::format::other;
  return is_columnar ? cache::object_form::columnar : cache::object_form::other;
}

}  // namespace

struct object_index::item : cache::eviction_node {
  cache::object_id id;
  cache::entry known;
};

struct object_index::shard {
  explicit shard(std::size_t capacity) : order(capacity) {}

  mutable std::mutex mutex;
  std::unordered_map<cache::object_id, std::unique_ptr<item>, cache::object_id_hash> items;
  cache::s3_fifo order;
};

object_index::object_index(write_epochs& epochs, std::size_t budget) : epochs_(epochs) {
  for (auto& part : shards_) {
    part = std::make_unique<shard>(budget / shard_count);
  }
}

object_index::~object_index() = default;

object_index::shard& object_index::shard_of(cache::object_id const& id) {
  return *shards_[cache::object_id_hash{}(id) % shard_count];
}

cache::entry_view object_index::look(cache::object_id const& id, base::principal_id const& principal) {
  cache::entry_view view;
  view.raised = epochs_.raised(id.bucket, id.key);
  auto& home = shard_of(id);
  std::lock_guard const lock(home.mutex);
  auto const found = home.items.find(id);
  if (found == home.items.end()) {
    return view;
  }
  auto& known = *found->second;
  known.touch();
  view.facts = known.known.facts;
  view.evidence = known.known.evidence;
  view.right = cache::right_of(known.known, principal);
  if (view.right && !cache::stands(*view.right, epochs_.rights_raised(id.bucket))) {
    view.right.reset();
  }
  view.unstorable = known.known.unstorable;
  view.doubted = known.known.doubted;
  return view;
}

// Finds or makes the item, changes it, and pays for what it now weighs.
template <class Change>
auto object_index::change(cache::object_id const& id, Change const& apply) {
  auto& home = shard_of(id);
  std::lock_guard const lock(home.mutex);
  auto& place = home.items[id];
  if (!place) {
    place = std::make_unique<item>();
    place->id = id;
    place->known.form = form_of(id.key);
    place->fingerprint = cache::object_id_hash{}(id);
    place->charge = cache::footprint(id, place->known);
    home.order.insert(*place);
  }
  auto& changed = *place;
  auto const outcome = apply(changed.known);
  home.order.recharge(changed, cache::footprint(id, changed.known));
  while (home.order.charge() > home.order.capacity()) {
    auto* victim = home.order.evict([&](cache::eviction_node const& node) { return &node != &changed; });
    if (!victim) {
      break;  // one entry is heavier than the shard: it stays until another comes
    }
    auto const name = static_cast<item*>(victim)->id;
    home.items.erase(name);
  }
  return outcome;
}

cache::learnt object_index::learn(cache::object_id const& id, cache::evidence const& said,
                                  std::optional<base::principal_id> const& reader) {
  // The epoch is read under the lock of the entry: a write that starts later raises it above what is
  // installed here.
  return change(id, [&](cache::entry& known) {
    auto const raised = epochs_.raised(id.bucket, id.key);
    auto const rights_raised = epochs_.rights_raised(id.bucket);
    if (reader && cache::stands(said.began, raised) && cache::stands(said.began, rights_raised)) {
      cache::grant(known, *reader, said.began, said.what.headers);
    }
    return cache::learn(known, said, raised, generation_.fetch_add(1, std::memory_order_relaxed));
  });
}

void object_index::learn_absence(cache::object_id const& id, cache::absence kind, cache::moment began) {
  change(id, [&](cache::entry& known) {
    return cache::learn_absence(known, kind, began, epochs_.raised(id.bucket, id.key));
  });
}

void object_index::revoke(cache::object_id const& id, base::principal_id const& principal,
                          cache::moment began) {
  change(id, [&](cache::entry& known) {
    cache::revoke(known, principal, began);
    return began;
  });
}

std::size_t object_index::count() const {
  std::size_t total = 0;
  for (auto const& part : shards_) {
    std::lock_guard const lock(part->mutex);
    total += part->items.size();
  }
  return total;
}

std::size_t object_index::charge() const {
  std::size_t total = 0;
  for (auto const& part : shards_) {
    std::lock_guard const lock(part->mutex);
    total += part->order.charge();
  }
  return total;
}

}  // namespace s3proxy::store
