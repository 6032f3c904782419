#pragma once

#include "s3proxy/read_ahead/table.hpp"

#include "even_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace s3proxy::read_ahead {

using namespace std::chrono_literals;

inline planner planner_with(mode how, siblings follow = siblings::all) {
  planner out;
  out.how = how;
  out.follow = follow;
  return out;
}

/// The files `t/00000.parquet`, `t/00001.parquet`, ... of one table, all alike, and who reads them. Ten
/// milliseconds pass with each step, unless it is told otherwise.
class table_reader {
 public:
  explicit table_reader(planner how = {}, even_file like = {})
      : alike(like), plan(std::move(how)), of(std::make_unique<table>(plan)) {}

  file_content content(std::size_t number) const {
    auto digits = std::to_string(number);
    digits.insert(0, 5 - std::min<std::size_t>(5, digits.size()), '0');
    return {base::object_key{"t/" + digits + ending}, number + 1 + version_shift, alike.size()};
  }
  std::size_t number_of(guess const& one) const { return std::stoul(one.file.key.str().substr(2, 5)); }

  advice step(event const& what) {
    now += each;
    return of->step(what, now);
  }
  advice list(std::size_t begin, std::size_t end) {
    listed what{peer, {}, {}};
    for (auto at = begin; at < end; ++at) {
      what.files.push_back({content(at).key, alike.size()});
    }
    return step(what);
  }
  advice read(std::size_t file, base::byte_span span, held bytes = held::no) {
    return step(was_read{peer, content(file), span, bytes});
  }
  advice read_tail(std::size_t file) { return read(file, alike.tail()); }
  advice read_column(std::size_t file, std::size_t row_group, std::size_t column) {
    return read(file, alike.where(row_group, column));
  }
  advice learn(std::size_t file) {
    return step(layout_read{content(file), std::make_shared<file_shape const>(alike.shape())});
  }
  /// Its tail is read and its layout known.
  void open(std::size_t file) {
    read_tail(file);
    learn(file);
  }
  void land(advice const& what, duration took = 40ms) {
    for (auto const& one : what.fetch) {
      of->step(landed{one.number, took}, now);
    }
  }
  advice wait(duration time) {
    now += time;
    return of->step(tick{}, now);
  }

  /// Of a kind, the files.
  std::vector<std::size_t> files(advice const& what, guess_kind kind) const {
    std::vector<std::size_t> out;
    for (auto const& one : what.fetch) {
      if (one.kind == kind) {
        out.push_back(number_of(one));
      }
    }
    return out;
  }
  using place = std::array<std::size_t, 3>;  // file, row group, column
  /// All chunks that guesses of a kind cover.
  std::set<place> chunks(advice const& what, guess_kind kind = guess_kind::column) const {
    std::set<place> out;
    for (auto const& one : what.fetch) {
      for (std::size_t group = 0; one.kind == kind && group < alike.row_groups; ++group) {
        for (std::size_t column = 0; column < alike.columns; ++column) {
          if (one.span.contains(alike.where(group, column))) {
            out.insert({number_of(one), group, column});
          }
        }
      }
    }
    return out;
  }

  even_file alike;
  planner plan;
  std::unique_ptr<table> of;
  std::string peer = "10.0.0.1";
  std::string ending = ".parquet";
  object_version version_shift = 0;
  time_point now = time_point{} + 1h;
  duration each = 10ms;
};

inline base::byte_count bytes_of(advice const& what) {
  base::byte_count out = 0;
  for (auto const& one : what.fetch) {
    out += one.span.size();
  }
  return out;
}
inline bool has(advice const& what, guess_kind kind) {
  return std::ranges::any_of(what.fetch, [&](guess const& one) { return one.kind == kind; });
}

}  // namespace s3proxy::read_ahead
