#pragma once

#include "s3proxy/proxy/speculator.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace s3proxy::proxy {

/// One guess: the flights that bring it, and how it goes. Guarded by its shard's lock.
struct speculator::ongoing {
  std::vector<std::shared_ptr<store::flight>> flights;
  std::size_t left = 0;
  bool cancelled = false;
  read_ahead::duration took{};
  bool failed = false;
  bool forbidden = false;
};

/// A table with what is under way for it. Guarded by its shard's lock.
struct speculator::record {
  record(read_ahead::planner const& with, speculation_reader_ptr first)
      : table(with), newest(std::move(first)) {}

  read_ahead::table table;
  speculation_reader_ptr newest;         ///< who stands for it where no request is at hand
  std::list<record*>::iterator place{};  ///< in the shard's order of use
  std::size_t footprint = 0;             ///< as of its last step
  bool has_scans = false;                ///< it is in the shard's `with_scans`
  read_ahead::table::totals told;        ///< of its sums, what the metrics have
  std::unordered_map<read_ahead::ticket, ongoing> under_way;
  std::uint64_t footers = 0;  ///< completed so far
};

inline bool is_forbidden(fill_end const& how) {
  return how.status == 401 || how.status == 403;
}

cache::object_id id_of(speculation_reader const& by, read_ahead::file_content const& file);

/// What is known of the object now, if it is the content that the guess was made for and this reader may read
/// it: by its rules, and as quickly and cheaply as any other. Else no facts.
cache::entry_view fit_to_guess(services& shared, speculation_reader const& by,
                               read_ahead::file_content const& file);

}  // namespace s3proxy::proxy
