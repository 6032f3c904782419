#pragma once

#include "s3proxy/app/parse_value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::app {

/// Splits a command as a POSIX shell splits words: at blanks, but for what single quotes, double quotes or a
/// backslash protect. Nothing is expanded, no shell runs. Refuses an empty command and a quote that is not
/// closed; the command is never shown, it may hold secrets.
parsed<std::vector<std::string>> command_words(std::string_view command);

}  // namespace s3proxy::app
