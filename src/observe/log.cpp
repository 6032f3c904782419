#include "s3proxy/observe/log.hpp"

#include "s3proxy/http/target.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <mutex>

namespace s3proxy::observe {
namespace {

constexpr std::array<std::string_view, 4> level_names{"error", "warn", "info", "debug"};
constexpr std::array<std::string_view, room_count> room_names{"net", "upstream", "store", "proxy", "app"};

template <class Enum, std::size_t N>
std::optional<Enum> find_name(std::array<std::string_view, N> const& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) {
      return static_cast<Enum>(i);
    }
  }
  return std::nullopt;
}

/// The levels in force, a room each: what `enabled` reads on the hot path.
std::array<std::atomic<level>, room_count>& thresholds() {
  static std::array<std::atomic<level>, room_count> levels{level::info, level::info, level::info, level::info,
                                                           level::info};
  return levels;
}

struct capture_slot {
  std::mutex lock;
  log_capture::sink to;  // under lock
  std::atomic<bool> taken = false;
};

// Both live to the end of the process and are never destroyed: a worker may still write while statics are
// torn down.
capture_slot& capture() {
  static auto* const slot = new capture_slot;
  return *slot;
}

spdlog::logger& stderr_logger() {
  static auto* const logger = [] {
    auto* const made = new spdlog::logger("s3proxy", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    // The level is part of the message: spdlog's own names differ from the ones that --log-level takes.
    made->set_formatter(std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %v",
                                                                    spdlog::pattern_time_type::utc));
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

std::string refuse(std::string_view what, std::string_view why) {
  return "`" + escape_line(what) + "` " + std::string(why) +
         "; allowed: LEVEL[,MODULE=LEVEL...] with the levels error, warn, info, debug and the modules net, "
         "upstream, "
         "store, proxy, app, such as `info,upstream=debug`";
}

/// Takes one piece of a spec into `spec`; a sentence when it cannot.
std::optional<std::string> take_piece(std::string_view piece, log_spec& spec, bool& seen_general) {
  auto const equals = piece.find('=');
  if (equals == std::string_view::npos) {
    auto const general = find_name<level>(level_names, piece);
    if (!general) {
      return refuse(piece, "is not a log level");
    }
    if (seen_general) {
      return refuse(piece, "is a second general level");
    }
    seen_general = true;
    spec.everywhere = *general;
    return std::nullopt;
  }
  auto const who = find_name<room>(room_names, piece.substr(0, equals));
  if (!who) {
    return refuse(piece.substr(0, equals), "is not a module that logs");
  }
  auto const how = find_name<level>(level_names, piece.substr(equals + 1));
  if (!how) {
    return refuse(piece.substr(equals + 1), "is not a log level");
  }
  spec.exceptions[static_cast<std::size_t>(*who)] = how;
  return std::nullopt;
}

/// The length of the well-formed UTF-8 sequence at the front of `bytes`, whose first byte is not ASCII; 0 if
/// none.
std::size_t sequence_length(std::string_view bytes) {
  auto const first = static_cast<unsigned char>(bytes.front());
  std::size_t const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return bytes.size() >= length && http::is_utf8(bytes.substr(0, length)) ? length : 0;
}

/// C1 controls steer terminals; U+2028 and U+2029 end lines; bidirectional marks reorder what is read.
bool is_hostile(std::string_view sequence) {
  auto const at = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 2) {
    return at(0) == 0xc2 && at(1) < 0xa0;
  }
  if (sequence.size() != 3 || at(0) != 0xe2) {
    return false;
  }
  bool const embeds = at(1) == 0x80 && (at(2) == 0x8e || at(2) == 0x8f || (at(2) >= 0xa8 && at(2) <= 0xae));
  bool const isolates = at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9;
  return embeds || isolates;
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (auto const c : bytes) {
    auto const byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += digits[byte >> 4U];
    out += digits[byte & 0xfU];
  }
}

void append_ascii(std::string& out, char c) {
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c == '\\') {
    out += "\\\\";
  } else if (c < ' ' || c == '\x7f') {
    append_hex(out, std::string_view(&c, 1));
  } else {
    out += c;
  }
}

}  // namespace

std::string_view name_of(level l) {
  return level_names[static_cast<std::size_t>(l)];
}
std::string_view name_of(room r) {
  return room_names[static_cast<std::size_t>(r)];
}

std::variant<log_spec, std::string> parse_log_spec(std::string_view text) {
  log_spec spec;
  bool seen_general = false;
  while (true) {
    auto const comma = text.find(',');
    if (auto wrong = take_piece(text.substr(0, comma), spec, seen_general)) {
      return std::move(*wrong);
    }
    if (comma == std::string_view::npos) {
      return spec;
    }
    text.remove_prefix(comma + 1);
  }
}

void configure(log_spec const& spec) {
  for (std::size_t i = 0; i < room_count; ++i) {
    thresholds()[i].store(spec.of(static_cast<room>(i)), std::memory_order_relaxed);
  }
}

std::optional<std::string> configure(std::string_view text) {
  auto const parsed = parse_log_spec(text);
  if (auto const* const wrong = std::get_if<std::string>(&parsed)) {
    return *wrong;
  }
  configure(std::get<log_spec>(parsed));
  return std::nullopt;
}

bool enabled(room r, level l) {
  return l <= thresholds()[static_cast<std::size_t>(r)].load(std::memory_order_relaxed);
}

void write(room r, level l, std::string_view message) {
  if (!enabled(r, l)) {
    return;
  }
  auto const line = escape_line(message);
  auto& captured = capture();
  if (captured.taken.load(std::memory_order_acquire)) {
    std::lock_guard const guard(captured.lock);
    if (captured.to) {
      captured.to(r, l, line);
      return;
    }
  }
  auto& logger = stderr_logger();
  logger.log(spdlog::level::info, "{:<5} {}: {}", name_of(l), name_of(r), line);
  logger.flush();
}

std::string escape_line(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    if (static_cast<unsigned char>(bytes.front()) < 0x80) {
      append_ascii(out, bytes.front());
      bytes.remove_prefix(1);
      continue;
    }
    auto const length = sequence_length(bytes);
    auto const piece = bytes.substr(0, length == 0 ? 1 : length);
    if (length == 0 || is_hostile(piece)) {
      append_hex(out, piece);
    } else {
      out += piece;
    }
    bytes.remove_prefix(piece.size());
  }
  return out;
}

log_capture::log_capture(sink to) {
  std::lock_guard const guard(capture().lock);
  capture().to = std::move(to);
  capture().taken.store(true, std::memory_order_release);
}

log_capture::~log_capture() {
  std::lock_guard const guard(capture().lock);
  capture().taken.store(false, std::memory_order_release);
  capture().to = nullptr;
}

}  // namespace s3proxy::observe
