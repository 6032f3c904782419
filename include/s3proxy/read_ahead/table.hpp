#pragma once

#include "s3proxy/read_ahead/event.hpp"
#include "s3proxy/read_ahead/gate.hpp"
#include "s3proxy/read_ahead/limits.hpp"
#include "s3proxy/read_ahead/mode.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace s3proxy::read_ahead {

/// What the order of a listing is good for.
enum class siblings {
  all,       ///< every file behind the one that is read
  demanded,  ///< only those that were read here before: others belong to another node of a fleet
};

struct planner {
  mode how = mode::full;
  siblings follow = siblings::all;
  planner_limits limits;
};

/// What one identity does with one table of one bucket, and what it will ask for next. Pure: an event and the
/// time go in, advice comes out. Not thread-safe: its owner's lock guards it. `with` outlives it.
class table {
 public:
  explicit table(planner const& with);
  ~table();
  table(table&&) noexcept;

  advice step(event const& what, time_point now);

  /// How much of an object's end to ask for instead of its HEAD, in bytes; 0: ask plainly.
  base::byte_count tail_for_head(base::object_key const& key, time_point now) const;

  struct totals {
    base::byte_count issued = 0;
    base::byte_count used = 0;
    base::byte_count lost = 0;
  };
  totals sums() const;
  /// No scan is open.
  bool is_idle() const;
  time_point last_used() const;
  /// Memory taken, in bytes, estimated.
  std::size_t footprint() const;
  /// What it knows and why it does what it does, for people: a few lines.
  std::string explain(time_point now) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace s3proxy::read_ahead
