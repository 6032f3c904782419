#pragma once

#include "s3proxy/proxy/speculator.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace s3proxy::proxy {

/// A table with what is under way for it. Guarded by its shard's lock.
struct speculator::record {
  explicit record(read_ahead::planner const& with) : table(with) {}

  /// One guess: the flights that bring it, and how it goes.
  struct ongoing {
    std::vector<std::shared_ptr<store::flight>> flights;
    std::size_t left = 0;
    bool cancelled = false;
    read_ahead::duration took{};
    bool failed = false;
    bool forbidden = false;
  };

  read_ahead::table table;
  read_ahead::table::totals told;  ///< of its sums, what the metrics have
  speculation_reader_ptr newest;  ///< who stands for it where no request is at hand
  std::unordered_map<read_ahead::ticket, ongoing> under_way;
};

}  // namespace s3proxy::proxy
