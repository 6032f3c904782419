#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/read_ahead/mode.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace s3proxy::app {

/// Why a value that a person gave cannot be used: one sentence, ready to be printed behind where it came
/// from. It names what was wrong and what is allowed; it ends without a full stop.
struct refusal {
  std::string sentence;

  // No aggregate: a string that turned into a refusal by itself would make parsed<std::string> ambiguous.
  refusal() = default;
  static refusal because(std::string text) {
    refusal made;
    made.sentence = std::move(text);
    return made;
  }
};

template <class T>
using parsed = boost::system::result<T, refusal>;

/// `value` between backticks, escaped and cut to a readable length.
std::string in_backticks(std::string_view value);

/// A whole number of bytes with an optional unit, upper or lower case: none or `B` (bytes), `K M G T` and
/// `KiB MiB GiB TiB` (powers of 1024), `KB MB GB TB` (powers of 1000). One space before the unit is allowed.
parsed<base::byte_count> parse_size(std::string_view text);

/// The least `--memory`: below it the pools of blocks and metadata would hold too little to serve one scan.
inline constexpr base::byte_count least_memory = base::byte_count{16} << 20;
/// A size of at least least_memory.
parsed<base::byte_count> parse_memory(std::string_view text);

/// `0`, or a whole number with a unit: `ms s m h d`. At most ten years. A bare number is refused, since
/// nobody can see whether `60` means seconds or minutes.
parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

/// 0 to 65535; 0 lets the kernel choose.
parsed<std::uint16_t> parse_port(std::string_view text);

/// 1 to 1024.
parsed<unsigned> parse_threads(std::string_view text);

/// An address to listen on: an IPv4 or IPv6 literal (brackets allowed) or `localhost` (127.0.0.1). Gives the
/// literal without brackets.
parsed<std::string> parse_address(std::string_view text);
/// True when only this machine can reach a literal that parse_address gave.
bool is_loopback(std::string_view address);

/// Where to listen: a literal as parse_address gives it, and a port.
struct listen_place {
  std::string address;
  std::uint16_t port = 0;
  friend bool operator==(listen_place const&, listen_place const&) = default;
};
/// `HOST:PORT`, with brackets around IPv6; a port alone means 127.0.0.1. Port 0 lets the kernel choose.
parsed<listen_place> parse_listen_place(std::string_view text);

/// off, metadata, lean or full.
parsed<read_ahead::mode> parse_read_ahead(std::string_view text);

/// A decimal number above 0 and up to 1,000, without an exponent: `2`, `0.5`.
parsed<double> parse_ratio(std::string_view text);
/// `2`, `0.5`, `1.25`: the shortest form that parse_ratio reads as the same.
std::string print_ratio(double ratio);

/// A region as it stands in a signature: 1 to 64 letters, digits, `-` and `_`.
parsed<std::string> parse_region(std::string_view text);

/// A pattern for `bucket/key`. Refused when it can match nothing: empty, an `s3://` URL, a leading `/`, or
/// without a
/// `/` and without `**`.
parsed<std::string> parse_glob(std::string_view text);

/// The path of a file: not empty, no control characters, at most 4,096 bytes (PATH_MAX).
parsed<std::string> parse_path(std::string_view text);

/// `512 MiB`, `1.5 GiB`, `16 KiB`, `300 bytes`: powers of 1024, at most one decimal.
std::string print_size(base::byte_count bytes);

}  // namespace s3proxy::app
