#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_set>

namespace s3proxy::cache {

/// What the policy keeps of one item; the item embeds it. In one queue or none, never in two.
struct eviction_node {
  eviction_node* previous = nullptr;
  eviction_node* next = nullptr;
  std::uint64_t fingerprint = 0;  ///< of the item's identity, for the ghost list
  std::size_t charge = 0;         ///< bytes
  std::uint8_t uses = 0;          ///< reads since it was queued, up to 3
  enum class place : std::uint8_t { none, probation, small, main } where = place::none;

  /// Records a read. No list is touched: a hit writes one byte.
  void touch() { uses = uses < 3 ? static_cast<std::uint8_t>(uses + 1) : uses; }
};

/// S3-FIFO: a small queue (a tenth of the bytes) that filters what is read once, a main queue for the rest,
/// and the fingerprints of what left the small queue unread, which go straight to main when they come back.
/// Source: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.
/// Before them stands a probation queue for what nobody asked for: it goes first, oldest first, and leaves no
/// ghost, since it says nothing about reuse.
/// Not thread-safe: its owner's lock guards it and the nodes in it. Nodes must be erased before they die.
class s3_fifo {
 public:
  explicit s3_fifo(std::size_t capacity) : capacity_(capacity) {}

  /// Queues a node that is in no queue; `fingerprint` and `charge` are set.
  void insert(eviction_node& node);
  void insert_on_probation(eviction_node& node);
  /// Inserts a node that is on probation as if it had come now.
  void admit(eviction_node& node);
  void erase(eviction_node& node);
  /// The charge of a queued node changed.
  void recharge(eviction_node& node, std::size_t charge);

  /// Takes out the next victim that `may_go` allows (it may be pinned), or gives nothing when none is
  /// allowed.
  eviction_node* evict(std::function<bool(eviction_node const&)> const& may_go);

  /// The oldest node on probation that `may_go` allows, or nothing: where it stands, and taken out.
  eviction_node* oldest_on_probation(std::function<bool(eviction_node const&)> const& may_go) const;
  eviction_node* evict_from_probation(std::function<bool(eviction_node const&)> const& may_go);

  std::size_t charge() const { return probation_.charge + small_.charge + main_.charge; }
  std::size_t capacity() const { return capacity_; }
  std::size_t count() const { return probation_.count + small_.count + main_.count; }

 private:
  struct queue {
    eviction_node* oldest = nullptr;
    eviction_node* newest = nullptr;
    std::size_t charge = 0;
    std::size_t count = 0;
  };

  void push(queue& to, eviction_node& node, eviction_node::place where);
  void take(eviction_node& node);
  queue& queue_of(eviction_node const& node);
  eviction_node* evict_small(std::function<bool(eviction_node const&)> const& may_go);
  eviction_node* evict_main(std::function<bool(eviction_node const&)> const& may_go);
  void remember(std::uint64_t fingerprint);

  std::size_t capacity_;
  queue probation_, small_, main_;
  std::deque<std::uint64_t> ghost_order_;
  std::unordered_set<std::uint64_t> ghosts_;
};

}  // namespace s3proxy::cache
