#include "file_settings.hpp"

#include "s3proxy/app/check_declarations.hpp"
#include "s3proxy/app/config_file.hpp"
#include "s3proxy/app/nearest.hpp"
#include "s3proxy/app/option_table.hpp"
#include "s3proxy/app/read_declarations.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace s3proxy::app {
namespace {

using kind = config_node::kind;
using problems = std::vector<config_problem>;

std::string refuse_key(config_entry const& entry) {
  std::vector<std::string_view> known{principals_key, identities_key};
  for (auto const& row : option_table()) {
    known.push_back(file_key(row));
  }
  auto const name = observe::escape_line(entry.key);
  auto const sentence = name + ": is not a key of this file";
  if (entry.value.what == kind::table && !entry.value.entries.empty() &&
      std::ranges::find(known, std::string_view(entry.value.entries.front().key)) != known.end()) {
    return sentence + "; settings stand at its top, without a table: leave out the line [" + name + "]";
  }
  auto const meant = nearest(entry.key, known);
  return sentence + (meant ? "; did you mean " + std::string(*meant) + "?"
                           : "; its keys are the long flags without their dashes (see s3proxy --help)");
}

/// The value as one would write it behind the flag; a problem where no flag takes such a value.
std::optional<std::string> text_of(config_node const& node, std::string_view key, problems& out) {
  switch (node.what) {
    case kind::text:
    case kind::integer:
    case kind::real:
    case kind::boolean:
      return node.text;
    case kind::list:
      out.push_back({node.at, std::string(key) + ": takes one value, not a list"});
      return std::nullopt;
    case kind::table:
      out.push_back({node.at, std::string(key) + ": takes a value, not a table"});
      return std::nullopt;
    case kind::other:
      out.push_back({node.at, std::string(key) + ": takes no value like this, which is " + node.text +
                                  "; write it as a text in quotation marks"});
      return std::nullopt;
  }
  return std::nullopt;
}

/// Where paths are written relative to a file, this is where they lead.
std::string resolved(option_row const& row, std::string const& file, std::string text) {
  bool const is_path = row.value == path_value && !text.empty();
  return is_path ? path_beside(file, text) : text;
}

setting read_setting(option_row const& row, config_entry const& entry, std::string const& file,
                     problems& out) {
  setting made{&row, {}, file + ":" + std::to_string(entry.at.line)};
  bool const is_list = row.given == option_row::times::many && entry.value.what == kind::list;
  auto const nodes = is_list ? entry.value.items : std::vector<config_node>{entry.value};
  options scratch;
  for (auto const& node : nodes) {
    auto text = text_of(node, entry.key, out);
    if (!text) {
      continue;
    }
    if (auto const wrong = row.apply(*text, made.from, scratch)) {
      out.push_back({node.at, entry.key + ": " + *wrong});
      continue;
    }
    made.values.push_back({resolved(row, file, *std::move(text)), print_problem(file, {node.at, entry.key})});
  }
  return made;
}

void read_entry(config_entry const& entry, std::string const& file, file_settings& out, problems& wrong) {
  if (entry.key == principals_key || entry.key == identities_key) {
    return;
  }
  auto const table = option_table();
  auto const row = std::ranges::find(table, std::string_view(entry.key), file_key);
  if (row == table.end()) {
    wrong.push_back({entry.at, refuse_key(entry)});
  } else if (row->flag == config_flag) {
    wrong.push_back({entry.at, entry.key + ": a configuration file cannot name another one"});
  } else {
    out.rows[static_cast<std::size_t>(row - table.begin())] = read_setting(*row, entry, file, wrong);
  }
}

}  // namespace

file_settings read_file_settings(std::string const& path, file_reader const& read) {
  file_settings out;
  out.rows.resize(option_table().size());
  if (path.empty()) {
    return out;
  }
  out.what = file_settings::outcome::not_readable;
  auto const content = read(path);
  if (content.what != file_reading::outcome::read) {
    auto const why = content.what == file_reading::outcome::absent ? "there is no such file" : content.text;
    out.wrong.push_back("cannot read the configuration file " + in_backticks(path) + ": " + why);
    return out;
  }
  auto const document = parse_config_file(content.text);
  if (auto const* const wrong = std::get_if<config_problem>(&document)) {
    out.wrong.push_back(print_problem(path, *wrong));
    return out;
  }
  out.what = file_settings::outcome::understood;
  auto const& root = std::get<config_node>(document);
  problems wrong;
  for (auto const& entry : root.entries) {
    read_entry(entry, path, out, wrong);
  }
  auto tables = read_declarations(root, path, content.readers, read);
  std::ranges::move(tables.problems, std::back_inserter(wrong));
  std::ranges::move(check_declarations(tables.declared), std::back_inserter(wrong));
  std::ranges::sort(wrong, [](auto const& a, auto const& b) {
    return std::tie(a.at, a.sentence) < std::tie(b.at, b.sentence);
  });
  for (auto const& one : wrong) {
    out.wrong.push_back(print_problem(path, one));
  }
  out.warnings = std::move(tables.warnings);
  std::ranges::move(unused_principals(tables.declared), std::back_inserter(out.warnings));
  out.declared = std::move(tables.declared);
  return out;
}

}  // namespace s3proxy::app
