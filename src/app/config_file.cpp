#include "s3proxy/app/config_file.hpp"

#include "s3proxy/observe/log.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace s3proxy::app {
/// What the parser takes for impossible. `[.name]` is such a thing (toml++ 3.3).
struct parser_surprise {};
}  // namespace s3proxy::app

// An assertion would end a daemon that reads its file again, and without assertions the same condition is
// assumed to hold, which is worse: here it is an error like others.
#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? static_cast<void>(0) : throw ::s3proxy::app::parser_surprise{})
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace s3proxy::app {
namespace {

using kind = config_node::kind;

config_place place_of(toml::source_region const& region) {
  return {region.begin.line, region.begin.column};
}

std::string with_dashes(std::string_view key) {
  std::string out(key);
  std::ranges::replace(out, '_', '-');
  return out;
}

/// What people call a kind of value that no setting has.
std::string_view name_of_other(toml::node const& node) {
  if (node.is_floating_point()) {
    return "a number with a fraction";
  }
  return "a date or a time";
}

config_node reduced(toml::node const& node);

void reduce_table(toml::table const& table, config_node& out) {
  out.what = kind::table;
  for (auto const& [key, value] : table) {
    out.entries.push_back({with_dashes(key.str()), place_of(key.source()), reduced(value)});
  }
  std::ranges::sort(out.entries, {}, &config_entry::at);
}

// The recursion is bounded: the parser refuses to nest deeper than TOML_MAX_NESTED_VALUES.
config_node reduced(toml::node const& node) {
  config_node out;
  out.at = place_of(node.source());
  if (auto const* const table = node.as_table()) {
    reduce_table(*table, out);
  } else if (auto const* const array = node.as_array()) {
    out.what = kind::list;
    for (auto const& item : *array) {
      out.items.push_back(reduced(item));
    }
  } else if (auto const* const text = node.as_string()) {
    out.what = kind::text;
    out.text = text->get();
  } else if (auto const* const number = node.as_integer()) {
    out.what = kind::integer;
    out.text = std::to_string(number->get());
  } else if (auto const* const truth = node.as_boolean()) {
    out.what = kind::boolean;
    out.text = truth->get() ? "true" : "false";
  } else {
    out.what = kind::other;
    out.text = name_of_other(node);
  }
  return out;
}

/// The parser's sentence without what it quotes of the file, single characters and its own words for them
/// apart: a secret that lost its quotation marks would be in there.
std::string without_quotes(std::string_view sentence) {
  constexpr std::size_t longest_shown = 2;
  std::string out;
  while (true) {
    auto const open = sentence.find('\'');
    auto const close = open == std::string_view::npos ? open : sentence.find('\'', open + 1);
    if (close == std::string_view::npos) {
      return out.append(sentence.substr(0, open));
    }
    bool const shown = close - open - 1 <= longest_shown;
    out.append(sentence.substr(0, open)).append(shown ? sentence.substr(open, close - open + 1) : "`...`");
    sentence.remove_prefix(close + 1);
  }
}

/// The first key that a table has in both spellings: one of the two would be lost.
std::optional<config_problem> find_double(config_node const& node) {
  std::vector<std::string_view> seen;
  for (auto const& entry : node.entries) {
    if (std::ranges::find(seen, entry.key) != seen.end()) {
      return config_problem{entry.at, observe::escape_line(entry.key) +
                                          ": is here twice, once with dashes and once with underscores"};
    }
    seen.push_back(entry.key);
    if (auto found = find_double(entry.value)) {
      return found;
    }
  }
  for (auto const& item : node.items) {
    if (auto found = find_double(item)) {
      return found;
    }
  }
  return std::nullopt;
}

/// The first table whose name begins with what no name begins with.
config_place place_of_odd_header(std::string_view text) {
  std::uint32_t line = 1;
  while (!text.empty()) {
    auto const row = text.substr(0, text.find('\n'));
    auto const bracket = std::min(row.find_first_not_of(" \t"), row.size());
    auto const name = row.find_first_not_of(" \t[", bracket);
    if (row.substr(bracket).starts_with('[') && name != row.npos && row[name] == '.') {
      return {line, static_cast<std::uint32_t>(name + 1)};
    }
    text.remove_prefix(std::min(row.size() + 1, text.size()));
    ++line;
  }
  return {1, 1};
}

}  // namespace

config_node const* config_node::find(std::string_view key) const {
  auto const found = std::ranges::find(entries, key, &config_entry::key);
  return found == entries.end() ? nullptr : &found->value;
}

std::string print_problem(std::string_view file, config_problem const& problem) {
  return std::string(file) + ":" + std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) +
         ": " + problem.sentence;
}

std::variant<config_node, config_problem> parse_config_file(std::string_view text) try {
  auto const result = toml::parse(text);
  if (!result) {
    auto const& why = result.error();
    bool const is_bare = why.description().find("could not determine value type") != std::string_view::npos;
    return config_problem{place_of(why.source()),
                          "this is not TOML: " + observe::escape_line(without_quotes(why.description())) +
                              (is_bare ? "; a text needs quotation marks" : "")};
  }
  config_node root;
  reduce_table(result.table(), root);
  if (auto twice = find_double(root)) {
    return *std::move(twice);
  }
  return root;
} catch (parser_surprise) {
  return config_problem{place_of_odd_header(text),
                        "this is not TOML: a key begins with a character that no key has"};
}

}  // namespace s3proxy::app
