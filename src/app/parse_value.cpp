#include "s3proxy/app/parse_value.hpp"

#include "s3proxy/observe/log.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace s3proxy::app {
namespace {

constexpr std::string_view size_forms =
    "a whole number with a unit, such as 512MiB, 1GiB or 64M (K M G T and KiB MiB GiB TiB count in 1024, KB "
    "MB GB TB "
    "in 1000)";
constexpr std::string_view duration_forms =
    "0, or a whole number with a unit (ms, s, m, h, d), such as 500ms, 60s or 10m";

struct unit_row {
  std::string_view name;  // lower case
  std::uint64_t factor;
};

constexpr std::array<unit_row, 14> size_units{{
    {"", 1},
    {"b", 1},
    {"k", 1ULL << 10},
    {"kib", 1ULL << 10},
    {"kb", 1'000},
    {"m", 1ULL << 20},
    {"mib", 1ULL << 20},
    {"mb", 1'000'000},
    {"g", 1ULL << 30},
    {"gib", 1ULL << 30},
    {"gb", 1'000'000'000},
    {"t", 1ULL << 40},
    {"tib", 1ULL << 40},
    {"tb", 1'000'000'000'000},
}};

constexpr std::array<unit_row, 5> duration_units{{
    {"ms", 1},
    {"s", 1'000},
    {"m", 60'000},
    {"h", 3'600'000},
    {"d", 86'400'000},
}};
constexpr std::uint64_t longest_duration = 3650ULL * 86'400'000;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The number that is all of `text`; nothing when it is not one or does not fit.
std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t value = 0;
  auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const whole = !text.empty() && is_digit(text.front()) && end == text.data() + text.size();
  return whole && failure == std::errc{} ? std::optional(value) : std::nullopt;
}

struct measure {
  std::uint64_t number;
  std::string unit;  // lower case
};

/// Splits `10 MiB` into 10 and `mib`.
std::optional<measure> split_measure(std::string_view text) {
  auto const digits =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  auto const number = number_of(text.substr(0, digits));
  if (!number) {
    return std::nullopt;
  }
  auto unit = text.substr(digits);
  if (unit.size() > 1 && unit.front() == ' ') {
    unit.remove_prefix(1);
  }
  return measure{*number, lower(unit)};
}

template <std::size_t N>
std::optional<std::uint64_t> factor_of(std::array<unit_row, N> const& units, std::string_view name) {
  for (auto const& row : units) {
    if (row.name == name) {
      return row.factor;
    }
  }
  return std::nullopt;
}

refusal refuse(std::string_view value, std::string_view why, std::string_view allowed) {
  return refusal::because(in_backticks(value) + " " + std::string(why) +
                          "; allowed: " + std::string(allowed));
}

/// `text` without the brackets that URLs put around an IPv6 literal.
std::string_view without_brackets(std::string_view text) {
  bool const bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  return bracketed ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::string in_backticks(std::string_view value) {
  constexpr std::size_t longest = 120;
  auto text = observe::escape_line(value.substr(0, longest));
  return "`" + text + (value.size() > longest ? "...`" : "`");
}

parsed<base::byte_count> parse_size(std::string_view text) {
  auto const split = split_measure(text);
  auto const factor = split ? factor_of(size_units, split->unit) : std::nullopt;
  if (!factor) {
    return refuse(text, "is not a size", size_forms);
  }
  if (split->number > std::numeric_limits<base::byte_count>::max() / *factor) {
    return refuse(text, "is more than can be counted", size_forms);
  }
  return split->number * *factor;
}

parsed<base::byte_count> parse_memory(std::string_view text) {
  auto size = parse_size(text);
  if (size && *size < least_memory) {
    bool const bare = std::all_of(text.begin(), text.end(), is_digit);
    auto const hint = bare && *size >= 16 ? " (did you mean " + std::string(text) + "MiB?)" : std::string();
    return refuse(text, "is " + print_size(*size) + ", too little for a cache" + hint,
                  "at least 16MiB, such as 512MiB or 1GiB");
  }
  return size;
}

parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto const split = split_measure(text);
  if (split && split->unit.empty()) {
    if (split->number == 0) {
      return std::chrono::milliseconds(0);
    }
    return refuse(text, "has no unit (did you mean " + std::string(text) + "s?)", duration_forms);
  }
  auto const factor = split ? factor_of(duration_units, split->unit) : std::nullopt;
  if (!factor) {
    return refuse(text, "is not a duration", duration_forms);
  }
  if (split->number > longest_duration / *factor) {
    return refuse(text, "is longer than ten years", duration_forms);
  }
  return std::chrono::milliseconds(split->number * *factor);
}

parsed<std::uint16_t> parse_port(std::string_view text) {
  auto const number = number_of(text);
  if (!number || *number > 65'535) {
    return refuse(text, "is not a port", "0 to 65535 (0 lets the kernel choose)");
  }
  return static_cast<std::uint16_t>(*number);
}

parsed<unsigned> parse_threads(std::string_view text) {
  auto const number = number_of(text);
  if (!number || *number == 0 || *number > 1024) {
    return refuse(text, "is not a number of threads", "1 to 1024");
  }
  return static_cast<unsigned>(*number);
}

parsed<std::string> parse_address(std::string_view text) {
  if (text == "localhost") {
    return std::string("127.0.0.1");
  }
  auto literal = std::string(without_brackets(text));
  boost::system::error_code failure;
  auto const address = boost::asio::ip::make_address(literal, failure);
  if (failure || (literal.size() != text.size() && !address.is_v6())) {
    return refuse(
        text, "is not an address to listen on",
        "an IPv4 or IPv6 address of this machine without a port, such as 127.0.0.1, 0.0.0.0 or ::1, or "
        "localhost (the port has a flag of its own: --port)");
  }
  return literal;
}

bool is_loopback(std::string_view address) {
  boost::system::error_code failure;
  auto const parsed_address = boost::asio::ip::make_address(std::string(address), failure);
  return !failure && parsed_address.is_loopback();
}

parsed<listen_place> parse_listen_place(std::string_view text) {
  auto const colon = text.rfind(':');
  auto const host = colon == std::string_view::npos ? "127.0.0.1" : text.substr(0, colon);
  auto const port = parse_port(colon == std::string_view::npos ? text : text.substr(colon + 1));
  auto const address = parse_address(host);
  // Without brackets nobody can see where an IPv6 address ends and its port begins.
  bool const is_bare_v6 = host.find(':') != std::string_view::npos && host.front() != '[';
  if (!port || !address || is_bare_v6) {
    return refuse(
        text, "is not an address with a port",
        "127.0.0.1:9090, [::1]:9090, localhost:9090 (port 0 lets the kernel choose), or a port alone, "
        "which listens on this machine only");
  }
  return listen_place{*address, *port};
}

parsed<read_ahead::mode> parse_read_ahead(std::string_view text) {
  using read_ahead::mode;
  for (auto const one : {mode::off, mode::metadata, mode::lean, mode::full}) {
    if (text == read_ahead::to_text(one)) {
      return one;
    }
  }
  return refuse(text, "is not a way to read ahead", "off, metadata, lean, full");
}

parsed<double> parse_ratio(std::string_view text) {
  constexpr double most = 1000;
  bool const is_plain = !text.empty() && is_digit(text.front()) && is_digit(text.back()) &&
                        std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.'; });
  double value = 0;
  auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool const is_whole = is_plain && failure == std::errc{} && end == text.data() + text.size();
  if (!is_whole || value <= 0 || value > most) {
    return refuse(text, "is not a ratio", "a number above 0, such as 2 or 0.5, and at most 1000");
  }
  return value;
}

std::string print_ratio(double ratio) {
  std::array<char, 32> text{};
  auto const [end, failure] =
      std::to_chars(text.data(), text.data() + text.size(), ratio, std::chars_format::fixed);
  return failure == std::errc{} ? std::string(text.data(), end) : "?";
}

parsed<std::string> parse_region(std::string_view text) {
  bool const well_formed =
      !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
      });
  if (!well_formed) {
    return refuse(text, "is not a region", "1 to 64 letters, digits, - and _, such as eu-west-1");
  }
  return std::string(text);
}

parsed<std::string> parse_glob(std::string_view text) {
  constexpr std::string_view allowed =
      "a pattern for bucket/key, such as lake/v1/** or *-archive/**.parquet (* stops at /, ** does not)";
  if (text.empty()) {
    return refuse(text, "is empty and matches nothing", allowed);
  }
  if (text.starts_with("s3://")) {
    return refuse(text, "must be written without s3://", allowed);
  }
  if (text.front() == '/') {
    return refuse(text, "starts with /, and no bucket's name does", allowed);
  }
  if (text.find('/') == std::string_view::npos && text.find("**") == std::string_view::npos) {
    return refuse(text, "matches no key: it has neither / nor **", allowed);
  }
  return std::string(text);
}

parsed<std::string> parse_path(std::string_view text) {
  constexpr std::size_t longest = 4096;
  bool const printable =
      std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
  if (text.empty() || text.size() > longest || !printable) {
    return refuse(text, "is not a path", "the path of a file, such as /etc/s3proxy/s3proxy.toml");
  }
  return std::string(text);
}

std::string print_size(base::byte_count bytes) {
  constexpr std::array<std::string_view, 5> units{" bytes", " KiB", " MiB", " GiB", " TiB"};
  std::size_t unit = 0;
  auto scale = base::byte_count{1};
  while (unit + 1 < units.size() && bytes / scale >= 1024) {
    scale <<= 10U;
    ++unit;
  }
  auto text = std::to_string(bytes / scale);
  auto const tenths = (bytes % scale) / std::max<base::byte_count>(scale / 10, 1);
  if (scale > 1 && tenths > 0) {
    text += "." + std::to_string(std::min<base::byte_count>(tenths, 9));
  }
  return text.append(units[unit]);
}

}  // namespace s3proxy::app
