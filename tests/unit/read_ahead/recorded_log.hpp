#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/read_ahead/layout.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace s3proxy::read_ahead {

struct recorded_object {
  std::string key;
  std::optional<base::byte_count> size;  ///< none: the store has no such object
  std::optional<layout> columns;         ///< of the Parquet files that were read
};

struct recorded_list {
  std::string prefix;
  std::vector<std::size_t> objects;  ///< what this page told, in its order, as places in recording::objects
};
struct recorded_head {
  std::size_t object;
};
struct recorded_get {
  std::size_t object;
  std::optional<http::range_spec> range;  ///< none: the whole object
};

struct recorded_request {
  std::chrono::microseconds at;  ///< since the first
  std::uint64_t connection;
  std::variant<recorded_list, recorded_head, recorded_get> what;
};

/// What one run of an engine asked of the store directly, over a link of 30 ms to the first byte and 80 MB/s
/// a connection. record.py makes these logs and tells their form.
struct recording {
  std::string title;                       ///< engine, version, query
  std::vector<recorded_object> objects;    ///< in order of keys: all that were listed or asked for
  std::vector<recorded_request> requests;  ///< in order of time

  /// The bytes that a request got; none if it was refused.
  std::optional<base::byte_span> bytes_of(recorded_get const& get) const;
};

/// Reads a log. Throws std::runtime_error with the number of the line that is not of the form.
recording read_recording(std::istream& log);

/// The recording logs/NAME.log. Throws as read_recording does, and if there is none.
recording load_recording(std::string_view name);
/// The names of all recordings, sorted.
std::vector<std::string> recording_names();

}  // namespace s3proxy::read_ahead
