#pragma once

#include "s3proxy/app/options.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace s3proxy::app {

/// Stands for "the flag was there, its value was not". No shell can pass it: it holds an unprintable byte.
inline constexpr char const* no_value = "\x01no value";

/// What was typed, cut into flags and values; nothing of it is judged.
struct command_line {
  command what = command::run;
  std::vector<std::vector<std::string>> given;  ///< for each row of the table, what stood behind its flag
  enum class asked { work, help, version } wants = asked::work;
};

/// Cuts the command line up. Refuses words that are neither a command nor a flag or its value, each with what
/// was probably meant.
std::variant<command_line, usage_error> read_command_line(int argc, char const* const* argv);

}  // namespace s3proxy::app
