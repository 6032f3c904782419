#include "mixes.hpp"

#include "chance.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <numeric>
#include <utility>
#include <vector>

namespace s3proxy::hitratio {
namespace {

using base::byte_count;
using base::byte_span;

constexpr std::array<mix, 4> all_mixes{{
    {"mixed", {0.75, 0.20, 0.05}},
    {"etl", {0.40, 0.20, 0.40}},
    {"dashboards", {0.98, 0.02, 0}},
    {"ad-hoc", {0.40, 0.58, 0.02}},
}};

constexpr byte_count footer = 64 * 1024;
constexpr byte_count magic = 4;
constexpr std::array<std::size_t, 5> windows{1, 3, 7, 14, 30};
constexpr std::size_t templates_a_table = 8;
constexpr std::size_t queries_at_a_time = 4;
constexpr double skew = 0.9;
constexpr double chunk_median = 0.6e6;
constexpr double chunk_sigma = 1.0;
constexpr double file_sigma = 0.1;  // of one column from file to file
constexpr std::size_t files_at_first = 40;
/// By the end there are twice as many files as at first.
constexpr double growth = 1;

enum class kind : std::size_t { templated, ad_hoc, full_scan };

struct file {
  std::uint32_t object;
  std::vector<byte_span> chunks;  // a row group after the other
  byte_span footer;
};

struct table {
  std::size_t row_groups;
  std::vector<double> columns;  // bytes of a chunk
  std::vector<std::size_t> by_fame;
  std::vector<file> files;  // the oldest first
};

struct query_template {
  std::size_t of;
  std::vector<std::size_t> columns;
  std::size_t window;
};

class lake {
 public:
  lake(std::size_t tables, chance& by, trace& into) : by_(by), into_(into) {
    for (std::size_t i = 0; i < tables; ++i) {
      add_table();
    }
    for (auto& one : tables_) {
      for (std::size_t i = 0; i < files_at_first; ++i) {
        add_file(one);
      }
    }
  }

  std::vector<table> const& tables() const { return tables_; }
  void grow() { add_file(tables_[next_to_grow_++ % tables_.size()]); }

 private:
  void add_table() {
    table made{by_.between(2, 5), {}, {}, {}};
    made.columns.resize(by_.between(8, 48));
    for (auto& column : made.columns) {
      column = by_.log_normal(chunk_median, chunk_sigma);
    }
    made.by_fame.resize(made.columns.size());
    std::iota(made.by_fame.begin(), made.by_fame.end(), std::size_t{0});
    for (auto left = made.by_fame.size(); left > 1; --left) {
      std::swap(made.by_fame[left - 1], made.by_fame[by_.between(0, left - 1)]);
    }
    tables_.push_back(std::move(made));
  }

  void add_file(table& to) {
    file made{static_cast<std::uint32_t>(into_.objects.size()), {}, {}};
    auto at = magic;
    for (std::size_t group = 0; group < to.row_groups; ++group) {
      for (auto const column : to.columns) {
        auto const length =
            std::max<byte_count>(static_cast<byte_count>(by_.log_normal(column, file_sigma)), 1);
        made.chunks.push_back({at, at + length});
        at += length;
      }
    }
    made.footer = {at, at + footer};
    into_.objects.push_back({made.footer.end, true});
    to.files.push_back(std::move(made));
  }

  chance& by_;
  trace& into_;
  std::vector<table> tables_;
  std::size_t next_to_grow_ = 0;
};

class traffic {
 public:
  traffic(mix const& of, scale const& how_much, std::uint64_t seed)
      : mix_(of),
        wanted_(how_much.requests),
        by_(seed),
        out_{std::string(of.name), seed, {}, {}},
        lake_(how_much.tables, by_, out_),
        tables_(how_much.tables, skew),
        template_ranks_(how_much.tables * templates_a_table, skew) {
    for (std::size_t i = 0; i < how_much.tables * templates_a_table; ++i) {
      templates_.push_back(draw_template());
    }
    auto const more = growth * static_cast<double>(files_at_first * how_much.tables);
    requests_a_file_ = static_cast<std::size_t>(static_cast<double>(wanted_) / more);
  }

  trace run() && {
    std::array<std::deque<request>, queries_at_a_time> running;
    while (out_.requests.size() < wanted_) {
      auto& one = running[by_.between(0, queries_at_a_time - 1)];
      if (one.empty()) {
        one = draw_query();
      }
      out_.requests.push_back(one.front());
      one.pop_front();
      if (out_.requests.size() % requests_a_file_ == 0) {
        lake_.grow();
      }
    }
    return std::move(out_);
  }

 private:
  std::vector<std::size_t> draw_columns(table const& of, std::size_t count) {
    zipf const fame(of.columns.size(), skew);
    std::vector<std::size_t> columns;
    while (columns.size() < std::min(count, of.columns.size())) {
      auto const column = of.by_fame[fame.draw(by_)];
      if (std::ranges::find(columns, column) == columns.end()) {
        columns.push_back(column);
      }
    }
    std::ranges::sort(columns);
    return columns;
  }

  query_template draw_template() {
    auto const of = by_.between(0, lake_.tables().size() - 1);
    return {of, draw_columns(lake_.tables()[of], by_.between(2, 6)),
            windows[by_.between(0, windows.size() - 1)]};
  }

  /// The kind of query that lacks most of its share of the requests so far.
  kind behind_most() const {
    auto const lack = [&](std::size_t which) {
      return mix_.shares[which] * static_cast<double>(drawn_ + 1) - static_cast<double>(drawn_of_[which]);
    };
    std::size_t most = 0;
    for (std::size_t which = 1; which < drawn_of_.size(); ++which) {
      most = lack(which) > lack(most) ? which : most;
    }
    return static_cast<kind>(most);
  }

  std::deque<request> draw_query() {
    ++scan_;
    auto const which = behind_most();
    auto out = draw_query(which);
    drawn_ += out.size();
    drawn_of_[static_cast<std::size_t>(which)] += out.size();
    return out;
  }

  std::deque<request> draw_query(kind which) {
    if (which == kind::templated) {
      auto const& asked = templates_[template_ranks_.draw(by_)];
      auto const count = lake_.tables()[asked.of].files.size();
      return read(lake_.tables()[asked.of], asked.columns, count - std::min(asked.window, count), count);
    }
    auto const& of = lake_.tables()[tables_.draw(by_)];
    if (which == kind::ad_hoc) {
      auto const columns = draw_columns(of, by_.between(2, 8));
      auto const begin = by_.between(0, of.files.size() - 1);
      auto const window = windows[by_.between(0, windows.size() - 1)];
      return read(of, columns, begin, std::min(begin + window, of.files.size()));
    }
    std::vector<std::size_t> all(of.columns.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return read(of, all, 0, of.files.size());
  }

  std::deque<request> read(table const& of, std::vector<std::size_t> const& columns, std::size_t begin,
                           std::size_t end) const {
    std::deque<request> out;
    for (auto at = begin; at < end; ++at) {
      auto const& one = of.files[at];
      out.push_back({one.object, scan_, one.footer});
      for (std::size_t group = 0; group < of.row_groups; ++group) {
        for (auto const column : columns) {
          out.push_back({one.object, scan_, one.chunks[group * of.columns.size() + column]});
        }
      }
    }
    return out;
  }

  mix mix_;
  std::size_t wanted_;
  chance by_;
  trace out_;
  lake lake_;
  zipf tables_;
  zipf template_ranks_;
  std::vector<query_template> templates_;
  std::size_t requests_a_file_ = 1;
  std::uint32_t scan_ = 0;
  std::size_t drawn_ = 0;
  std::array<std::size_t, 3> drawn_of_{};
};

}  // namespace

std::span<mix const> mixes() {
  return all_mixes;
}

trace draw_trace(mix const& of, scale const& how_much, std::uint64_t seed) {
  return traffic(of, how_much, seed).run();
}

}  // namespace s3proxy::hitratio
