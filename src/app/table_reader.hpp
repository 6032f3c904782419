#pragma once

#include "s3proxy/app/config_file.hpp"
#include "s3proxy/app/nearest.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/observe/log.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::app {

/// Takes the values of one table by their keys and collects what is wrong with them. What was never asked for
/// is unknown; refuse_rest says so, and what was probably meant.
class table_reader {
 public:
  /// `called` is what people call the table: `[[identities]]`. All outlive the reader.
  table_reader(config_node const& table, std::string_view called, std::vector<config_problem>& problems)
      : table_(table), called_(called), problems_(problems) {}

  /// The value of `key` whatever its kind; null where there is none.
  config_node const* node(std::string_view key) {
    asked_.push_back(key);
    return table_.find(key);
  }

  /// The text of `key`; null where there is none. One that is no text is a problem, and null too.
  config_node const* text(std::string_view key) {
    auto const* const found = node(key);
    if (found != nullptr && found->what != config_node::kind::text) {
      // The value is not quoted: it may be a secret that lost its quotation marks.
      complain(found->at, key, "must be a text in quotation marks");
      return nullptr;
    }
    return found;
  }

  /// The text of `key` as `parse` (a parsed<std::string>(text)) gives it; nothing where there is none or it
  /// is refused.
  template <class Parse>
  std::optional<std::string> parsed_text(std::string_view key, Parse parse) {
    auto const* const found = text(key);
    if (found == nullptr) {
      return std::nullopt;
    }
    auto value = parse(found->text);
    if (!value) {
      complain(found->at, key, value.error().sentence);
      return std::nullopt;
    }
    return *std::move(value);
  }

  void complain(config_place at, std::string_view key, std::string_view why) {
    problems_.push_back({at, observe::escape_line(key) + ": " + std::string(why)});
  }
  /// About the table as a whole.
  void complain(std::string_view why) {
    problems_.push_back({table_.at, std::string(called_) + " " + std::string(why)});
  }

  bool has(std::string_view key) const { return table_.find(key) != nullptr; }
  config_place at() const { return table_.at; }

  void refuse_rest() {
    for (auto const& entry : table_.entries) {
      bool const known = std::ranges::find(asked_, std::string_view(entry.key)) != asked_.end();
      if (!known) {
        complain(entry.at, entry.key, unknown(entry.key));
      }
    }
  }

 private:
  std::string unknown(std::string_view key) const;

  config_node const& table_;
  std::string_view called_;
  std::vector<config_problem>& problems_;
  std::vector<std::string_view> asked_;
};

}  // namespace s3proxy::app
