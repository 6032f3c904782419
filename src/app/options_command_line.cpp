#include "options_command_line.hpp"

#include "s3proxy/app/nearest.hpp"
#include "s3proxy/app/option_table.hpp"

#include <CLI/CLI.hpp>

#include <array>

namespace s3proxy::app {
namespace {

constexpr std::array<std::string_view, 2> commands{"validate", "config"};
constexpr std::string_view effective_flag = "--effective";

std::string refuse_word(std::string_view word) {
  if (word.find("://") != std::string_view::npos) {
    return "unexpected argument " + in_backticks(word) + "; the store's URL goes behind --endpoint";
  }
  for (auto const known : commands) {
    if (word == known) {
      return "unexpected argument " + in_backticks(word) + "; a command comes first, as in s3proxy " +
             std::string(known) + " --endpoint URL";
    }
  }
  if (auto const meant = nearest(word, commands)) {
    return "unknown command " + in_backticks(word) + "; did you mean s3proxy " + std::string(*meant) + "?";
  }
  return "unexpected argument " + in_backticks(word) +
         "; every argument is a flag or its value, or a command: validate, config (see s3proxy --help)";
}

std::string refuse_rest(std::string_view argument) {
  if (!argument.starts_with('-')) {
    return refuse_word(argument);
  }
  auto const flag = argument.substr(0, argument.find('='));
  if (flag == effective_flag) {
    return "unknown flag `--effective`; it belongs to a command: s3proxy config --effective";
  }
  auto const meant = nearest_flag(flag);
  auto const advice = meant ? "did you mean " + std::string(*meant) + "?" : "s3proxy --help lists them all";
  return "unknown flag " + in_backticks(flag) + "; " + advice;
}

std::vector<std::string> refuse_all(std::vector<std::string> const& rest) {
  std::vector<std::string> out;
  bool is_behind_flag = false;
  for (auto const& argument : rest) {
    // What follows an unknown flag is its value, most likely: one mistake, one sentence.
    bool const is_flag = argument.starts_with('-');
    if (is_flag || !is_behind_flag) {
      out.push_back(refuse_rest(argument));
    }
    is_behind_flag = is_flag && argument.find('=') == std::string::npos;
  }
  return out;
}

/// Takes the command off the front, where there is one.
command take_command(std::vector<std::string>& arguments) {
  auto what = command::run;
  if (!arguments.empty() && arguments.front() == "validate") {
    what = command::validate;
  } else if (!arguments.empty() && arguments.front() == "config") {
    what = command::show_effective;
  }
  if (what != command::run) {
    arguments.erase(arguments.begin());
  }
  return what;
}

}  // namespace

// CLI11 throws, and this is where it ends.
std::variant<command_line, usage_error> read_command_line(int argc, char const* const* argv) {
  command_line line;
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  line.what = take_command(arguments);
  auto const table = option_table();
  line.given.resize(table.size());
  CLI::App parser;
  parser.set_help_flag();
  parser.allow_extras();
  auto const* const help = parser.add_flag("-h,--help");
  auto const* const version = parser.add_flag("-V,--version");
  auto const* const effective =
      line.what == command::show_effective ? parser.add_flag(std::string(effective_flag)) : nullptr;
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto const joint = table[i].short_flag.empty() ? "" : ",";
    auto const names = std::string(table[i].short_flag) + joint + std::string(table[i].flag);
    // Zero or one value: with exactly one, `--port --memory 1GiB` would make `--memory` the port.
    parser.add_option(names, line.given[i])
        ->expected(0, 1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false)
        ->default_str(no_value);
  }
  try {
    parser.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (CLI::Error const& failure) {
    return usage_error{{"the command line cannot be read: " + observe::escape_line(failure.what())}};
  }
  if (version->count() > 0) {
    line.wants = command_line::asked::version;
  }
  if (help->count() > 0) {
    line.wants = command_line::asked::help;
  }
  if (line.wants != command_line::asked::work) {
    return line;
  }
  usage_error wrong;
  wrong.sentences = refuse_all(parser.remaining());
  if (effective != nullptr && effective->count() == 0) {
    wrong.sentences.emplace_back(
        "s3proxy config does one thing so far: s3proxy config --effective prints "
        "every value with its source");
  }
  if (!wrong.sentences.empty()) {
    return wrong;
  }
  return line;
}

}  // namespace s3proxy::app
