#include "s3proxy/http/date.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace s3proxy::http {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> short_days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads a date piece by piece; after the first piece that does not fit, nothing fits any more.
class date_reader {
 public:
  explicit date_reader(std::string_view text) : rest_(text) {}

  bool done() const { return is_good_ && rest_.empty(); }
  void fail() { is_good_ = false; }

  void expect(std::string_view literal) {
    is_good_ = is_good_ && rest_.starts_with(literal);
    if (is_good_) {
      rest_.remove_prefix(literal.size());
    }
  }

  bool skip(char c) {
    auto const found = is_good_ && rest_.starts_with(c);
    if (found) {
      rest_.remove_prefix(1);
    }
    return found;
  }

  /// Exactly that many digits.
  int number(std::size_t digits) {
    auto const text = rest_.substr(0, digits);
    if (text.size() != digits || text.find_first_not_of("0123456789") != std::string_view::npos) {
      fail();
    }
    if (!is_good_) {
      return 0;
    }
    rest_.remove_prefix(digits);
    int value = 0;
    for (auto const c : text) {
      value = value * 10 + (c - '0');
    }
    return value;
  }

  /// The index of the name that comes next. Names are case-sensitive (RFC 9110 section 5.6.7).
  unsigned name(std::span<std::string_view const> names) {
    auto const found =
        std::find_if(names.begin(), names.end(), [this](auto n) { return rest_.starts_with(n); });
    if (found == names.end()) {
      fail();
      return 0;
    }
    expect(*found);
    return static_cast<unsigned>(found - names.begin());
  }

  void skip_digits() { rest_.remove_prefix(std::min(rest_.find_first_not_of("0123456789"), rest_.size())); }

 private:
  std::string_view rest_;
  bool is_good_ = true;
};

struct calendar_time {
  int year = 0;
  int month = 0;  ///< 1 to 12
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

enum class leap_second { refused, rolls_over };

std::optional<wall_time> to_wall_time(calendar_time const& at, leap_second rule) {
  year_month_day const date{year{at.year}, month{static_cast<unsigned>(at.month)},
                            day{static_cast<unsigned>(at.day)}};
  auto const last_second = rule == leap_second::rolls_over ? 60 : 59;
  if (!date.ok() || at.hour > 23 || at.minute > 59 || at.second > last_second) {
    return std::nullopt;
  }
  return sys_days{date} + hours{at.hour} + minutes{at.minute} + seconds{at.second};
}

void read_clock(date_reader& in, calendar_time& at) {
  at.hour = in.number(2);
  in.expect(":");
  at.minute = in.number(2);
  in.expect(":");
  at.second = in.number(2);
}

void read_month(date_reader& in, calendar_time& at) {
  at.month = static_cast<int>(in.name(months)) + 1;
}

// The day's name must be one, but not the right one: a wrong one says nothing about the instant.

std::optional<wall_time> parse_imf_fixdate(std::string_view text) {
  date_reader in(text);
  calendar_time at;
  in.name(short_days);
  in.expect(", ");
  at.day = in.number(2);
  in.expect(" ");
  read_month(in, at);
  in.expect(" ");
  at.year = in.number(4);
  in.expect(" ");
  read_clock(in, at);
  in.expect(" GMT");
  return in.done() ? to_wall_time(at, leap_second::rolls_over) : std::nullopt;
}

std::optional<wall_time> parse_rfc850_date(std::string_view text) {
  date_reader in(text);
  calendar_time at;
  in.name(long_days);
  in.expect(", ");
  at.day = in.number(2);
  in.expect("-");
  read_month(in, at);
  in.expect("-");
  // POSIX's fixed window, 1969 to 2068: a sliding one would need to know what time it is.
  auto const two_digits = in.number(2);
  at.year = two_digits + (two_digits >= 69 ? 1900 : 2000);
  in.expect(" ");
  read_clock(in, at);
  in.expect(" GMT");
  return in.done() ? to_wall_time(at, leap_second::rolls_over) : std::nullopt;
}

std::optional<wall_time> parse_asctime_date(std::string_view text) {
  date_reader in(text);
  calendar_time at;
  in.name(short_days);
  in.expect(" ");
  read_month(in, at);
  in.expect(" ");
  at.day = in.number(in.skip(' ') ? 1 : 2);
  in.expect(" ");
  read_clock(in, at);
  in.expect(" ");
  at.year = in.number(4);
  return in.done() ? to_wall_time(at, leap_second::rolls_over) : std::nullopt;
}

calendar_time to_calendar(wall_time at) {
  auto const midnight = floor<days>(at);
  year_month_day const date{midnight};
  hh_mm_ss const clock{at - midnight};
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count())};
}

/// Years beyond four digits cannot be written in any of these forms; they lose their first digits.
void append_number(std::string& out, int value, std::size_t digits) {
  auto const start = out.size();
  out.append(digits, '0');
  for (auto i = digits; i > 0; --i, value /= 10) {
    out[start + i - 1] = static_cast<char>('0' + value % 10);
  }
}

void append_clock(std::string& out, calendar_time const& at, std::string_view separator) {
  append_number(out, at.hour, 2);
  out += separator;
  append_number(out, at.minute, 2);
  out += separator;
  append_number(out, at.second, 2);
}

void append_date(std::string& out, calendar_time const& at, std::string_view separator) {
  append_number(out, at.year, 4);
  out += separator;
  append_number(out, at.month, 2);
  out += separator;
  append_number(out, at.day, 2);
}

}  // namespace

std::optional<wall_time> parse_http_date(std::string_view text) {
  if (auto const at = parse_imf_fixdate(text)) {
    return at;
  }
  if (auto const at = parse_rfc850_date(text)) {
    return at;
  }
  return parse_asctime_date(text);
}

std::string format_http_date(wall_time at) {
  auto const when = to_calendar(at);
  std::string out;
  out.reserve(29);
  out += short_days[weekday{floor<days>(at)}.c_encoding()];
  out += ", ";
  append_number(out, when.day, 2);
  out += ' ';
  out += months[static_cast<std::size_t>(when.month) - 1];
  out += ' ';
  append_number(out, when.year, 4);
  out += ' ';
  append_clock(out, when, ":");
  out += " GMT";
  return out;
}

std::optional<wall_time> parse_amz_date(std::string_view text) {
  date_reader in(text);
  calendar_time at;
  at.year = in.number(4);
  at.month = in.number(2);
  at.day = in.number(2);
  in.expect("T");
  at.hour = in.number(2);
  at.minute = in.number(2);
  at.second = in.number(2);
  in.expect("Z");
  return in.done() ? to_wall_time(at, leap_second::refused) : std::nullopt;
}

std::string format_amz_date(wall_time at) {
  auto const when = to_calendar(at);
  std::string out;
  append_date(out, when, "");
  out += 'T';
  append_clock(out, when, "");
  out += 'Z';
  return out;
}

std::optional<wall_time> parse_iso_date(std::string_view text) {
  date_reader in(text);
  calendar_time at;
  at.year = in.number(4);
  in.expect("-");
  at.month = in.number(2);
  in.expect("-");
  at.day = in.number(2);
  in.expect("T");
  read_clock(in, at);
  if (in.skip('.')) {
    in.number(1);  // at least one digit; HTTP's dates know no fractions, so the rest is dropped
    in.skip_digits();
  }
  in.expect("Z");
  return in.done() ? to_wall_time(at, leap_second::refused) : std::nullopt;
}

std::string format_iso_date(wall_time at) {
  auto const when = to_calendar(at);
  std::string out;
  append_date(out, when, "-");
  out += 'T';
  append_clock(out, when, ":");
  out += 'Z';
  return out;
}

}  // namespace s3proxy::http
