#pragma once

#include "s3proxy/cache/ghost_list.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>

namespace s3proxy::cache {

/// What the policy keeps of one item; the item embeds it. In one queue or none, never in two.
struct eviction_node {
  eviction_node* previous = nullptr;
  eviction_node* next = nullptr;
  std::uint64_t fingerprint = 0;  ///< of the item's identity, for the ghost list
  std::size_t charge = 0;         ///< bytes
  std::uint8_t uses = 0;          ///< reads since it was queued, up to 3
  enum class kind : std::uint8_t {
    data,
    tail
  } what = kind::data;  ///< tails are kept in a share of their own
  enum class place : std::uint8_t { none, probation, small, main, tails } where = place::none;

  /// Records a read. No list is touched: a hit writes one byte.
  void touch() { uses = uses < 3 ? static_cast<std::uint8_t>(uses + 1) : uses; }
};

/// The numbers of s3_fifo (docs/decisions/0023 has what was measured).
struct s3_fifo_limits {
  std::size_t first_small = 10;  ///< one part in ten of the capacity is the small queue's at first
  std::size_t least_small = 20;  ///< and never less than one in twenty,
  std::size_t least_main = 10;   ///< nor so much that the main queue has less than one in ten
  /// What returns of the last evictions, of one in twenty of what is held, would have been kept by a queue
  /// longer by as much.
  std::size_t recent = 20;
  std::size_t step = 4;           ///< such a return moves the bound by four times its charge
  std::size_t least_ghosts = 64;  ///< else as many as are held
  std::size_t tail_part = 20;     ///< one part in twenty is kept for tails, which every query reads first
};

/// S3-FIFO: a small queue that filters what is read once, a main queue for the rest, and the fingerprints of
/// what left the small queue unread, which go straight to main when they come back.
/// Source: Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023.
/// The small queue has a tenth of the bytes to begin with. What returns soon after it left the small queue
/// makes it longer, what returns soon after it left the main queue makes it shorter: where new data replaces
/// old, a long small queue is nearly an LRU.
/// Tails have a queue and a share of their own, where no data pushes them out: beyond it the oldest that was
/// not read again becomes data. What the share leaves free is data's. Before them stands a probation queue
/// for what nobody asked for: it goes first, oldest first, and leaves no ghost, since it says nothing about
/// reuse. Not thread-safe: its owner's lock guards it and the nodes in it. Nodes must be erased before they
/// die.
class s3_fifo {
 public:
  explicit s3_fifo(std::size_t capacity, s3_fifo_limits limits = {});

  /// Queues a node that is in no queue; `fingerprint`, `charge` and `what` are set.
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
  /// As evict, but passes over what is on probation.
  eviction_node* evict_admitted(std::function<bool(eviction_node const&)> const& may_go);

  std::size_t charge() const { return probation_.charge + admitted_charge(); }
  std::size_t admitted_charge() const { return small_.charge + main_.charge + tails_.charge; }
  std::size_t tail_charge() const { return tails_.charge; }
  std::size_t capacity() const { return capacity_; }
  /// Beyond so many bytes the small queue pays before the main queue does.
  std::size_t small_bound() const { return small_bound_; }
  std::size_t count() const { return probation_.count + small_.count + main_.count + tails_.count; }

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
  eviction_node* evict_tail(std::function<bool(eviction_node const&)> const& may_go);
  void insert_data(eviction_node& node);
  void keep_tails_in_their_share();
  std::size_t recent() const;

  std::size_t capacity_;
  s3_fifo_limits limits_;
  std::size_t tail_share_;
  std::size_t small_bound_;
  queue probation_, small_, main_, tails_;
  ghost_list small_ghosts_, main_ghosts_;
};

}  // namespace s3proxy::cache
