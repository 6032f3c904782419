#include "s3proxy/app/options.hpp"

#include "s3proxy/app/option_table.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace s3proxy::app {
namespace {

/// Stands for "the flag was there, its value was not". No shell can pass it: it holds an unprintable byte.
constexpr char const* no_value = "\x01no value";

using values = std::vector<std::string>;

struct command_line {
  std::vector<values> given;  ///< for each row of the table, what was written behind its flag
  std::vector<std::string> rest;
  enum class asked { run, help, version } what = asked::run;
};

/// Cuts the command line into flags and values; nothing is judged here. CLI11 throws, and this is where it
/// ends.
std::variant<command_line, usage_error> read_command_line(int argc, char const* const* argv) {
  command_line line;
  auto const table = option_table();
  line.given.resize(table.size());
  CLI::App parser;
  parser.set_help_flag();
  parser.allow_extras();
  auto const* const help = parser.add_flag("-h,--help");
  auto const* const version = parser.add_flag("-V,--version");
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
    parser.parse(argc, argv);
  } catch (CLI::Error const& failure) {
    return usage_error{"the command line cannot be read: " + observe::escape_line(failure.what())};
  }
  line.rest = parser.remaining();
  if (version->count() > 0) {
    line.what = command_line::asked::version;
  }
  if (help->count() > 0) {
    line.what = command_line::asked::help;
  }
  return line;
}

usage_error refuse_rest(std::string_view argument) {
  if (argument.find("://") != std::string_view::npos && !argument.starts_with('-')) {
    return {"unexpected argument " + in_backticks(argument) + "; the store's URL goes behind --endpoint"};
  }
  if (!argument.starts_with('-')) {
    return {"unexpected argument " + in_backticks(argument) +
            "; every argument is a flag or its value: see s3proxy --help"};
  }
  auto const flag = argument.substr(0, argument.find('='));
  auto const nearest = nearest_flag(flag);
  auto const advice =
      nearest ? "did you mean " + std::string(*nearest) + "?" : "s3proxy --help lists them all";
  return {"unknown flag " + in_backticks(flag) + "; " + advice};
}

/// One source of one setting: what is written there, and how to call the place.
struct source {
  values texts;
  std::string from;
};

values split_list(std::string_view text) {
  values pieces;
  while (true) {
    auto const comma = text.find(',');
    auto const piece = text.substr(0, comma);
    auto const begin = std::min(piece.find_first_not_of(' '), piece.size());
    auto const end = std::min(piece.find_last_not_of(' ') + 1, piece.size());
    if (begin < end) {
      pieces.emplace_back(piece.substr(begin, end - begin));
    }
    if (comma == std::string_view::npos) {
      return pieces;
    }
    text.remove_prefix(comma + 1);
  }
}

/// Kubernetes gives every pod `<SERVICE>_PORT=tcp://10.0.0.1:3000` for a service: ours may well be called
/// s3proxy.
bool is_service_link(option_row const& row, std::string_view text) {
  return row.flag == "--port" && text.find("://") != std::string_view::npos;
}

/// The variable that decides `row`, if one is set. Variables passed over leave a warning.
std::optional<source> from_environment(option_row const& row, environment const& lookup,
                                       std::vector<std::string>& warnings) {
  for (auto const& name : {environment_name(row), std::string(row.alias)}) {
    auto const text = name.empty() ? std::nullopt : non_empty(lookup, name);
    if (!text) {
      continue;
    }
    if (is_service_link(row, *text)) {
      warnings.push_back(
          "ignoring environment " + name + "=" + observe::escape_line(*text) +
          ": that is a Kubernetes service link, not a port (set enableServiceLinks: false, or --port)");
      continue;
    }
    auto texts = row.given == option_row::times::many ? split_list(*text) : values{*text};
    return source{std::move(texts), "environment " + name};
  }
  return std::nullopt;
}

/// What was written behind the flag: all of it where it collects, else the last.
source from_flag(option_row const& row, values const& given) {
  auto texts = row.given == option_row::times::many ? given : values{given.back()};
  return {std::move(texts), std::string(row.flag)};
}

std::optional<usage_error> apply(option_row const& row, source const& chosen, options& out) {
  for (auto const& text : chosen.texts) {
    bool const bare = text == no_value;
    if (bare && row.bare.empty()) {
      return usage_error{chosen.from + ": needs a value, as in " + chosen.from + " " +
                         std::string(row.value)};
    }
    if (auto wrong = row.apply(bare ? row.bare : std::string_view(text), chosen.from, out)) {
      return usage_error{chosen.from + ": " + *wrong};
    }
  }
  return std::nullopt;
}

/// What only the whole can tell: the store is known, and nobody is let in by accident.
std::optional<usage_error> refuse_whole(options const& chosen) {
  if (chosen.endpoint.host.empty()) {
    return usage_error{
        "no store to stand in front of: give --endpoint URL or set S3PROXY_ENDPOINT, as in "
        "s3proxy --endpoint https://s3.eu-west-1.amazonaws.com"};
  }
  if (chosen.allow_anonymous == anonymous_access::loopback && !is_loopback(chosen.address)) {
    return usage_error{"--allow-anonymous signs for every client with your credentials, and address `" +
                       chosen.address +
                       "` can be reached from other machines; add --address 127.0.0.1, or write "
                       "--allow-anonymous=network if you "
                       "trust everybody on that network"};
  }
  return std::nullopt;
}

parse_outcome merge(command_line const& line, environment const& lookup) {
  run_request request;
  auto const table = option_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    auto const& row = table[i];
    auto const chosen = line.given[i].empty() ? from_environment(row, lookup, request.warnings)
                                              : std::optional(from_flag(row, line.given[i]));
    if (!chosen) {
      continue;
    }
    if (auto wrong = apply(row, *chosen, request.chosen)) {
      return *std::move(wrong);
    }
  }
  if (auto wrong = refuse_whole(request.chosen)) {
    return *std::move(wrong);
  }
  return request;
}

}  // namespace

parse_outcome parse_options(int argc, char const* const* argv, environment const& lookup) {
  auto const read = read_command_line(argc, argv);
  if (auto const* const wrong = std::get_if<usage_error>(&read)) {
    return *wrong;
  }
  auto const& line = std::get<command_line>(read);
  switch (line.what) {
    case command_line::asked::help:
      return text_request{help_text()};
    case command_line::asked::version:
      return text_request{version_text()};
    case command_line::asked::run:
      break;
  }
  if (!line.rest.empty()) {
    return refuse_rest(line.rest.front());
  }
  return merge(line, lookup);
}

}  // namespace s3proxy::app
