#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/cells.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace s3proxy::hitratio {

struct object {
  base::byte_count size;
  bool columnar;  ///< by its name
};

/// One GET, by one scan (a query): bytes of one object.
struct request {
  std::uint32_t object;
  std::uint32_t scan;  ///< from 1
  base::byte_span span;
};

/// What was asked for, in order.
struct trace {
  std::string mix;
  std::uint64_t seed = 0;
  std::vector<object> objects;
  std::vector<request> requests;
};

/// What one request needs of one block; blocks are numbered from 0 in the order of their first use.
struct access {
  std::uint32_t block;
  cache::cell_mask cells;
};

/// A trace as caches see it. The accesses of request i are [first[i], first[i + 1]).
struct block_trace {
  std::vector<access> accesses;
  std::vector<std::size_t> first;
  std::vector<std::uint32_t> scans;      ///< of each request
  std::vector<base::byte_count> wanted;  ///< by each request
  struct place {
    std::uint32_t object;
    std::uint32_t number;
    bool is_tail;  ///< at the end of a columnar file
  };
  std::vector<place> places;  ///< of each block
  std::size_t requests() const { return scans.size(); }
  std::size_t blocks() const { return places.size(); }
};
block_trace cut_into_blocks(trace const& from);

}  // namespace s3proxy::hitratio
