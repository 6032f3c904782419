#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/plan.hpp"
#include "s3proxy/s3/operation.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::observe {

class exposition;

/// Operations as a graph tells them apart: S3's hundred would be a hundred lines.
enum class operation_class { get, head, list, write, other };
inline constexpr std::size_t operation_classes = 5;
operation_class class_of(s3::operation op);
std::string_view to_text(operation_class c);

/// A request that was answered, or given up.
struct counted_request {
  s3::operation op = s3::operation::other;
  cache::phase phase = cache::phase::none;
  unsigned status = 0;        ///< 0: no answer was begun
  base::byte_count sent = 0;  ///< of the body
  unsigned origin_calls = 0;
};

/// Counts what all requests were. Any thread; a request costs three relaxed additions to memory that few
/// other threads write, and no lock.
class request_counters {
 public:
  void count(counted_request const& one);
  /// Adds its families: s3proxy_http_requests_total, s3proxy_http_response_bytes_total,
  /// s3proxy_cache_requests_total and s3proxy_upstream_requests_total. What was never counted is left out.
  void expose(exposition& out) const;

 private:
  using number = std::atomic<std::uint64_t>;
  static constexpr std::size_t phases = 6;
  static constexpr std::size_t status_classes = 6;  ///< none, 1xx to 5xx
  static constexpr std::size_t shard_count = 16;    ///< workers share them in turn; more is rare
  template <class T>
  using by_kind = std::array<std::array<T, phases>, operation_classes>;
  /// Aligned so that no two threads write one line of the processor's cache.
  struct alignas(128) shard {
    by_kind<std::array<number, status_classes>> requests{};
    by_kind<number> bytes{};
    number origin_calls{0};
  };
  struct totals;

  shard& mine();
  totals sum() const;

  std::array<shard, shard_count> shards_;
};

/// Counts by the values of one label, which are static text (`to_text` of an enum). Few values and few calls:
/// a short lock guards a short list. Any thread.
class labelled_counter {
 public:
  void add(std::string_view label, std::uint64_t more = 1);
  /// In the order of their first use.
  std::vector<std::pair<std::string_view, std::uint64_t>> values() const;

  static constexpr std::size_t most_labels = 32;  ///< beyond: counted as `other`, so that no defect grows it

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string_view, std::uint64_t>> counts_;
};

/// What reading ahead did. Whoever does it adds to these, relaxed: they are read together by nobody who needs
/// them to agree.
struct read_ahead_counters {
  std::atomic<base::byte_count> speculated{0};  ///< bytes fetched before anybody asked
  std::atomic<base::byte_count> used{0};        ///< of these, asked for since; each byte once
  std::atomic<base::byte_count> wasted{
      0};                      ///< of these, passed by, outlived by their scan, or evicted unread
  labelled_counter requests;   ///< to the store, by reason: what kind of guess it was
  labelled_counter no_layout;  ///< files named like columnar ones, by why they have no layout
  labelled_counter refused;    ///< guesses that were not followed, by why

  /// Adds its families, all named s3proxy_read_ahead_...
  void expose(exposition& out) const;
};

}  // namespace s3proxy::observe
