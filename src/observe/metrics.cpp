#include "s3proxy/observe/metrics.hpp"

#include "s3proxy/observe/exposition.hpp"

#include <algorithm>
#include <numeric>

namespace s3proxy::observe {
namespace {

using enum exposition::kind;
constexpr auto relaxed = std::memory_order_relaxed;

constexpr std::array<std::string_view, 6> status_names{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

std::size_t status_class(unsigned status) {
  return std::min<std::size_t>(status / 100, status_names.size() - 1);
}

std::string_view name_of_operation(std::size_t index) {
  return to_text(static_cast<operation_class>(index));
}

/// As in the access line, but for no phase, which is a dash there.
std::string_view name_of_phase(std::size_t index) {
  auto const phase = static_cast<cache::phase>(index);
  return phase == cache::phase::none ? "none" : cache::to_text(phase);
}

void expose_labelled(exposition& out, std::string_view label, labelled_counter const& counts) {
  for (auto const& [value, number] : counts.values()) {
    out.sample(number, {{label, value}});
  }
}

}  // namespace

operation_class class_of(s3::operation op) {
  if (op == s3::operation::get_object || op == s3::operation::get_object_part) {
    return operation_class::get;
  }
  if (op == s3::operation::head_object || op == s3::operation::head_object_part) {
    return operation_class::head;
  }
  auto const& row = s3::describe(op);
  if (row.how == s3::treatment::scanned_list) {
    return operation_class::list;
  }
  return row.changes == s3::effect::none ? operation_class::other : operation_class::write;
}

std::string_view to_text(operation_class c) {
  switch (c) {
    case operation_class::get:
      return "get";
    case operation_class::head:
      return "head";
    case operation_class::list:
      return "list";
    case operation_class::write:
      return "write";
    case operation_class::other:
      return "other";
  }
  return "other";
}

struct request_counters::totals {
  by_kind<std::array<std::uint64_t, status_classes>> requests{};
  by_kind<std::uint64_t> bytes{};
  std::uint64_t origin_calls = 0;

  void expose_requests(exposition& out) const;
  void expose_bytes(exposition& out) const;
  void expose_results(exposition& out) const;
};

void request_counters::totals::expose_requests(exposition& out) const {
  out.family(
      "s3proxy_http_requests_total", counter,
      "Requests of clients, by kind of operation, phase (how the cache answered) and class of status.");
  for (std::size_t o = 0; o < operation_classes; ++o) {
    for (std::size_t p = 0; p < phases; ++p) {
      for (std::size_t s = 0; s < status_classes; ++s) {
        if (auto const number = requests[o][p][s]; number > 0) {
          out.sample(
              number,
              {{"operation", name_of_operation(o)}, {"phase", name_of_phase(p)}, {"code", status_names[s]}});
        }
      }
    }
  }
}

void request_counters::totals::expose_bytes(exposition& out) const {
  out.family("s3proxy_http_response_bytes_total", counter, "Bytes of bodies sent to clients.");
  for (std::size_t o = 0; o < operation_classes; ++o) {
    for (std::size_t p = 0; p < phases; ++p) {
      if (bytes[o][p] > 0) {
        out.sample(bytes[o][p], {{"operation", name_of_operation(o)}, {"phase", name_of_phase(p)}});
      }
    }
  }
}

void request_counters::totals::expose_results(exposition& out) const {
  out.family(
      "s3proxy_cache_requests_total", counter,
      "Reads of objects, by what the cache had: all (hit), some (partial), nothing (miss), all but the "
      "store's word that it still stands (revalidate), no say (bypass).");
  for (std::size_t p = static_cast<std::size_t>(cache::phase::none) + 1; p < phases; ++p) {
    std::uint64_t number = 0;
    for (auto const& of_operation : requests) {
      number = std::accumulate(of_operation[p].begin(), of_operation[p].end(), number);
    }
    out.sample(number, {{"result", name_of_phase(p)}});
  }
}

request_counters::shard& request_counters::mine() {
  static std::atomic<std::size_t> threads{0};
  thread_local auto const place = threads.fetch_add(1, relaxed) % shard_count;
  return shards_[place];
}

void request_counters::count(counted_request const& one) {
  auto const operation = static_cast<std::size_t>(class_of(one.op));
  auto const phase = static_cast<std::size_t>(one.phase);
  auto& counts = mine();
  counts.requests[operation][phase][status_class(one.status)].fetch_add(1, relaxed);
  counts.bytes[operation][phase].fetch_add(one.sent, relaxed);
  if (one.origin_calls > 0) {
    counts.origin_calls.fetch_add(one.origin_calls, relaxed);
  }
}

request_counters::totals request_counters::sum() const {
  totals out;
  for (auto const& one : shards_) {
    for (std::size_t o = 0; o < operation_classes; ++o) {
      for (std::size_t p = 0; p < phases; ++p) {
        for (std::size_t s = 0; s < status_classes; ++s) {
          out.requests[o][p][s] += one.requests[o][p][s].load(relaxed);
        }
        out.bytes[o][p] += one.bytes[o][p].load(relaxed);
      }
    }
    out.origin_calls += one.origin_calls.load(relaxed);
  }
  return out;
}

void request_counters::expose(exposition& out) const {
  auto const all = sum();
  all.expose_requests(out);
  all.expose_bytes(out);
  all.expose_results(out);
  out.single("s3proxy_upstream_requests_total", counter,
             "Requests to the store that requests of clients caused; those that read ahead are counted as "
             "s3proxy_read_ahead_requests_total.",
             all.origin_calls);
}

void labelled_counter::add(std::string_view label, std::uint64_t more) {
  std::lock_guard const lock(mutex_);
  auto const find = [this](std::string_view wanted) {
    return std::ranges::find(counts_, wanted, &std::pair<std::string_view, std::uint64_t>::first);
  };
  constexpr std::string_view overflow = "other";
  bool const is_full = counts_.size() + 1 >= most_labels && find(label) == counts_.end();
  auto const chosen = is_full ? overflow : label;
  auto found = find(chosen);
  if (found == counts_.end()) {
    found = counts_.insert(counts_.end(), {chosen, 0});
  }
  found->second += more;
}

std::vector<std::pair<std::string_view, std::uint64_t>> labelled_counter::values() const {
  std::lock_guard const lock(mutex_);
  return counts_;
}

void read_ahead_counters::expose(exposition& out) const {
  out.single("s3proxy_read_ahead_speculated_bytes_total", counter,
             "Bytes fetched before anybody asked for them.", speculated.load(relaxed));
  out.single("s3proxy_read_ahead_used_bytes_total", counter,
             "Bytes fetched before anybody asked for them that were asked for since.", used.load(relaxed));
  out.single("s3proxy_read_ahead_wasted_bytes_total", counter,
             "Bytes fetched before anybody asked for them that nobody asked for in time.",
             wasted.load(relaxed));
  out.family("s3proxy_read_ahead_requests_total", counter,
             "Requests to the store before anybody asked, by the kind of guess.");
  expose_labelled(out, "reason", requests);
  out.family("s3proxy_read_ahead_no_layout_total", counter,
             "Files named like columnar ones whose columns are not known, by why.");
  expose_labelled(out, "reason", no_layout);
  out.family("s3proxy_read_ahead_refused_total", counter, "Guesses that were not followed, by why.");
  expose_labelled(out, "why", refused);
}

}  // namespace s3proxy::observe
