#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/moment.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace s3proxy::proxy {

/// Bounds of what is fetched ahead. docs/configuration.md lists them.
struct speculation_limits {
  double requests_per_second = 500;  ///< of one bucket; S3 serves 5,500 of one prefix
  double least_per_second = 1;       ///< after many "slow down"s, so that recovery is noticed
  double raise_per_second = 10;      ///< each second without one
  base::byte_count minute_floor = base::byte_count{64} << 20;  ///< beyond the ratio: what a start costs
  std::size_t buckets = 1'024;                                 ///< whose rates are remembered
  base::byte_count memory_part = 50;  ///< one part in 50 of --memory is for what is known of tables
  std::size_t footer_piece = 64 * 1024;  ///< read at once: well below a millisecond
  unsigned footer_waits = 1'000;         ///< for pieces of a footer on its way, before it is given up
};

/// How often, and how much, the store may be asked for what nobody has asked for. Thread-safe.
class speculation_rate {
 public:
  /// `ratio`: bytes for each byte that clients ask for, over a minute.
  speculation_rate(speculation_limits const& limits, double ratio) : limits_(limits), ratio_(ratio) {}

  /// Clients asked for so many bytes.
  void demanded(base::byte_count size, cache::time_point now);
  /// True when `size` more bytes may be fetched from the bucket in one request now, which then count.
  bool take(base::bucket_name const& bucket, base::byte_count size, cache::time_point now);
  /// The store asked for less (429, 503): half the rate from now on.
  void slow_down(base::bucket_name const& bucket, cache::time_point now);
  double rate_of(base::bucket_name const& bucket, cache::time_point now);

 private:
  struct bucket_rate {
    double per_second;
    double tokens;
    cache::time_point seen;
  };
  struct slot {
    std::int64_t number = -1;
    base::byte_count demanded = 0;
    base::byte_count speculated = 0;
  };
  static constexpr std::size_t slots = 6;

  bucket_rate& refreshed(base::bucket_name const& bucket, cache::time_point now);
  slot& slot_of(cache::time_point now);
  bool is_within_ratio(base::byte_count size, cache::time_point now);

  speculation_limits const& limits_;
  double ratio_;
  std::mutex mutex_;  // guards what follows
  std::unordered_map<base::bucket_name, bucket_rate> buckets_;
  std::array<slot, slots> minute_;
};

}  // namespace s3proxy::proxy
