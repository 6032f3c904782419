#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/moment.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace s3proxy::proxy {

/// Bounds of what is fetched ahead. docs/configuration.md lists them.
struct speculation_limits {
  double requests_per_second = 500;  ///< of one bucket; S3 serves 5,500 of one prefix
  double least_per_second = 1;       ///< after many "slow down"s, so that recovery is noticed
  double raise_per_second = 10;      ///< each second without one
  double burst_part = 2;  ///< half a second's requests may go out at once: a scan of a hundred small files
  base::byte_count minute_floor = base::byte_count{64} << 20;  ///< beyond the ratio: what a start costs
  std::size_t buckets = 1'024;                                 ///< whose rates are remembered
  base::byte_count memory_part = 50;     ///< one part in 50 of --memory is for what is known of tables
  std::size_t footer_piece = 64 * 1024;  ///< read at once: well below a millisecond
  unsigned footer_waits = 1'000;         ///< for pieces of a footer on its way, before it is given up
  unsigned footer_patience =
      25;                        ///< looks, a millisecond apart, for an end that somebody is about to ask for
  std::size_t file_bytes = 512;  ///< of memory for each file of a table, roughly
  std::size_t least_files = 256;        ///< of one table, however little memory there is
  std::size_t listed_at_once = 64;      ///< files told of under one lock: a few microseconds
  std::chrono::milliseconds tick{250};  ///< between two looks at what is over
  /// Without a connection, before an address is gone: engines open one a file, and close the last first.
  std::chrono::milliseconds absence{250};
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
  /// What was taken and not fetched, in bytes.
  void give_back(base::byte_count size, cache::time_point now);
  /// The store asked for less (429, 503) when it answered a request that was sent at `asked`: half the rate
  /// from now on. Once for all that were under way when it said so first.
  void slow_down(base::bucket_name const& bucket, cache::time_point asked, cache::time_point now);
  double rate_of(base::bucket_name const& bucket, cache::time_point now);

 private:
  struct bucket_rate {
    double per_second;
    double tokens;
    cache::time_point seen;
    cache::time_point slowed{};
  };
  struct slot {
    std::int64_t number = -1;
    base::byte_count demanded = 0;
    base::byte_count speculated = 0;
  };
  static constexpr std::size_t slots = 6;

  bucket_rate& refreshed(base::bucket_name const& bucket, cache::time_point now);
  void forget_one();
  slot& slot_of(cache::time_point now);
  bool is_within_ratio(base::byte_count size, cache::time_point now);

  speculation_limits const& limits_;
  double ratio_;
  std::mutex mutex_;  // guards what follows
  std::unordered_map<base::bucket_name, bucket_rate> buckets_;
  std::array<slot, slots> minute_;
};

}  // namespace s3proxy::proxy
