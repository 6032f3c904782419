#include "s3proxy/app/options.hpp"

#include "s3proxy/app/check_options.hpp"
#include "s3proxy/app/option_table.hpp"

#include "file_settings.hpp"
#include "options_command_line.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace s3proxy::app {
namespace {

using sentences = std::vector<std::string>;

sentences split_list(std::string_view text) {
  sentences pieces;
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
std::optional<setting> from_environment(option_row const& row, environment const& lookup,
                                        sentences& warnings) {
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
    setting made{&row, {}, "environment " + name};
    for (auto& piece : row.given == option_row::times::many ? split_list(*text) : sentences{*text}) {
      made.values.push_back({std::move(piece), made.from});
    }
    return made;
  }
  return std::nullopt;
}

/// What was written behind the flag: all of it where it collects, else the last.
setting from_flag(option_row const& row, sentences const& given, sentences& wrong) {
  setting made{&row, {}, std::string(row.flag)};
  auto const texts = row.given == option_row::times::many ? given : sentences{given.back()};
  for (auto const& text : texts) {
    bool const bare = text == no_value;
    if (bare && row.bare.empty()) {
      wrong.push_back(made.from + ": needs a value, as in " + made.from + " " + std::string(row.value));
    } else {
      made.values.push_back({bare ? std::string(row.bare) : text, made.from});
    }
  }
  return made;
}

/// Puts the values of one row into force; what cannot be goes to `wrong`, and the setting has no values then.
void apply(setting& chosen, options& out, sentences& wrong) {
  auto const so_far = wrong.size();
  for (auto const& value : chosen.values) {
    if (auto const why = chosen.row->apply(value.text, chosen.from, out)) {
      wrong.push_back(value.where + ": " + *why);
    }
  }
  if (wrong.size() > so_far) {
    chosen.values.clear();
  }
}

/// What flags and environment say, row by row; nothing where both are silent.
std::vector<std::optional<setting>> stronger_settings(command_line const& line, environment const& lookup,
                                                      sentences& warnings, sentences& wrong) {
  std::vector<std::optional<setting>> out;
  auto const table = option_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    out.push_back(line.given[i].empty() ? from_environment(table[i], lookup, warnings)
                                        : std::optional(from_flag(table[i], line.given[i], wrong)));
  }
  return out;
}

/// Empty where none is named, or what is named is no path, which is told elsewhere.
std::string config_path(std::vector<std::optional<setting>> const& told) {
  auto const table = option_table();
  auto const row = std::ranges::find(table, config_flag, &option_row::flag);
  auto const& named = told[static_cast<std::size_t>(row - table.begin())];
  if (!named || named->values.empty()) {
    return {};
  }
  options scratch;
  row->apply(named->values.front().text, named->from, scratch);
  return scratch.config;
}

parse_outcome merge(command_line const& line, environment const& lookup, file_reader const& read) {
  run_request request;
  request.what = line.what;
  sentences wrong;
  auto told = stronger_settings(line, lookup, request.warnings, wrong);
  auto file = read_file_settings(config_path(told), read);
  std::ranges::move(file.warnings, std::back_inserter(request.warnings));
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (told[i]) {
      apply(*told[i], request.chosen, wrong);
      request.settings.push_back(*std::move(told[i]));
    } else if (file.rows[i]) {
      // What was wrong with these is among file.wrong already, and not among the values.
      apply(*file.rows[i], request.chosen, wrong);
      request.settings.push_back(*std::move(file.rows[i]));
    } else {
      request.settings.push_back({&option_table()[i], {}, "default"});
    }
  }
  std::ranges::move(file.wrong, std::back_inserter(wrong));
  // A file that nobody understood may well say what the whole seems to lack.
  if (file.what == file_settings::outcome::understood) {
    std::ranges::move(refuse_whole(request), std::back_inserter(wrong));
  }
  if (!wrong.empty()) {
    return usage_error{std::move(wrong)};
  }
  std::ranges::move(warn_about(request), std::back_inserter(request.warnings));
  request.declared = std::move(file.declared);
  return request;
}

}  // namespace

parse_outcome parse_options(int argc, char const* const* argv, environment const& lookup,
                            file_reader const& read) {
  auto const cut = read_command_line(argc, argv);
  if (auto const* const wrong = std::get_if<usage_error>(&cut)) {
    return *wrong;
  }
  auto const& line = std::get<command_line>(cut);
  switch (line.wants) {
    case command_line::asked::help:
      return text_request{help_text()};
    case command_line::asked::version:
      return text_request{version_text()};
    case command_line::asked::work:
      break;
  }
  return merge(line, lookup, read);
}

}  // namespace s3proxy::app
