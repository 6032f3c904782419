#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace s3proxy::observe {

/// From the rarest to the chattiest; a level shows itself and all before it.
enum class level { error, warn, info, debug };

/// Who speaks: the rooms that may log.
enum class room { net, upstream, store, proxy, app };
inline constexpr std::size_t room_count = 5;

std::string_view name_of(level l);
std::string_view name_of(room r);

/// What is shown: one level for every room, and exceptions.
struct log_spec {
  level everywhere = level::info;
  std::array<std::optional<level>, room_count> exceptions;

  level of(room r) const { return exceptions[static_cast<std::size_t>(r)].value_or(everywhere); }
  friend bool operator==(log_spec const&, log_spec const&) = default;
};

/// Reads `LEVEL[,MODULE=LEVEL...]`, for example `info,upstream=debug`. The general level may be left out
/// (info) or stand anywhere, but only once. Gives the spec, or a sentence that says what was wrong and what
/// is allowed.
std::variant<log_spec, std::string> parse_log_spec(std::string_view text);

/// Puts `spec` into force for the whole process, at once and from any thread.
void configure(log_spec const& spec);
/// Parses and puts into force; gives the sentence of parse_log_spec and changes nothing when `text` is wrong.
std::optional<std::string> configure(std::string_view text);

/// True when a message of this kind would be shown. One relaxed load: ask it before building a costly
/// message.
bool enabled(room r, level l);

/// Writes one line to stderr: UTC time, level, room, message. The message is escaped here (escape_line), so
/// callers pass keys and header values as they are. Thread-safe; nothing happens when the kind is not
/// enabled.
void write(room r, level l, std::string_view message);

inline void error(room r, std::string_view message) {
  write(r, level::error, message);
}
inline void warn(room r, std::string_view message) {
  write(r, level::warn, message);
}
inline void info(room r, std::string_view message) {
  write(r, level::info, message);
}
inline void debug(room r, std::string_view message) {
  write(r, level::debug, message);
}

/// One line of printable text whatever the bytes: control characters (C0, DEL, C1), the Unicode line
/// separators, bidirectional overrides and bytes that are not UTF-8 become `\n`, `\t`, `\xNN`...; a backslash
/// becomes `\\`, so that two different texts never look alike. Object keys come from strangers: none may
/// forge a line or steer a terminal.
std::string escape_line(std::string_view bytes);

/// Sends lines to `sink` instead of stderr for as long as it lives; for tests. The sink is called under a
/// lock, from whichever thread writes, with the escaped message, and never after the destructor returned; it
/// must not log. One at a time.
class log_capture {
 public:
  using sink = std::function<void(room, level, std::string_view message)>;

  explicit log_capture(sink to);
  ~log_capture();
  log_capture(log_capture const&) = delete;
  log_capture& operator=(log_capture const&) = delete;
};

}  // namespace s3proxy::observe
