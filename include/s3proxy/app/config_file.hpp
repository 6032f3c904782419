#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace s3proxy::app {

/// Where something stands in a file; both count from 1, columns in characters.
struct config_place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  friend auto operator<=>(config_place const&, config_place const&) = default;
};

struct config_entry;

/// A value of a TOML document, reduced to what a configuration needs.
struct config_node {
  enum class kind { text, integer, real, boolean, list, table, other } what = kind::table;
  config_place at;
  std::string text;  ///< a text itself; `3000`; `1.5`; `true`; of others, what they are: `a date`
  std::vector<config_node> items;     ///< of a list
  std::vector<config_entry> entries;  ///< of a table, in the order of the file

  /// The value of `key`; null when the table has none.
  config_node const* find(std::string_view key) const;
};

/// `key = value`. Keys are spelled with dashes here, however the file spells them: `secret_file` is
/// `secret-file`.
struct config_entry {
  std::string key;
  config_place at;
  config_node value;
};

/// What is wrong, and where. The sentence names the key, and never quotes a value that may be a secret.
struct config_problem {
  config_place at;
  std::string sentence;
};

/// What is wrong with a key or a value: `s3proxy.toml:5:9: SENTENCE`.
std::string print_problem(std::string_view file, config_problem const& problem);

/// Reads a TOML 1.0 document. Gives its root table, or the first place where it is none: a parser cannot know
/// what was meant behind that.
std::variant<config_node, config_problem> parse_config_file(std::string_view text);

}  // namespace s3proxy::app
