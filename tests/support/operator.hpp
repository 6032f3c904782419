#pragma once

#include "s3proxy/app/options.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace s3proxy::test {

/// What an operator has: an environment, files on a disk, and a command line.
using variables = std::map<std::string, std::string, std::less<>>;

struct stored_file {
  std::string text;
  app::readable_by readers = app::readable_by::owner_or_group;
};
using files = std::map<std::string, stored_file, std::less<>>;

inline app::environment lookup_in(variables set) {
  return [set = std::move(set)](std::string_view name) -> std::optional<std::string> {
    auto const found = set.find(name);
    return found != set.end() ? std::optional(found->second) : std::nullopt;
  };
}

/// Reads from `disk`, which outlives the reader and may change.
inline app::file_reader reader_of(files const& disk) {
  return [&disk](std::string const& path) -> app::file_reading {
    auto const found = disk.find(path);
    return found != disk.end() ? app::file_reading{app::file_reading::outcome::read, found->second.text,
                                                   found->second.readers}
                               : app::file_reading{};
  };
}

inline app::parse_outcome parse(std::vector<std::string> const& arguments, variables const& set = {},
                                files const& disk = {}) {
  std::vector<char const*> argv{"s3proxy"};
  for (auto const& argument : arguments) {
    argv.push_back(argument.c_str());
  }
  return app::parse_options(static_cast<int>(argv.size()), argv.data(), lookup_in(set), reader_of(disk));
}

inline std::vector<std::string> refused(std::vector<std::string> const& arguments, variables const& set = {},
                                        files const& disk = {}) {
  auto const outcome = parse(arguments, set, disk);
  auto const* const wrong = std::get_if<app::usage_error>(&outcome);
  EXPECT_NE(wrong, nullptr) << testing::PrintToString(arguments);
  return wrong != nullptr ? wrong->sentences : std::vector<std::string>();
}

inline app::run_request accepted(std::vector<std::string> const& arguments, variables const& set = {},
                                 files const& disk = {}) {
  auto outcome = parse(arguments, set, disk);
  if (auto* const request = std::get_if<app::run_request>(&outcome)) {
    return *std::move(request);
  }
  auto const* const wrong = std::get_if<app::usage_error>(&outcome);
  ADD_FAILURE() << (wrong != nullptr ? testing::PrintToString(wrong->sentences) : "text");
  return {};
}

/// With `text` as the configuration file /etc/s3.toml.
inline app::run_request accepted_file(std::string const& text, std::vector<std::string> arguments = {},
                                      variables const& set = {}, files disk = {}) {
  disk["/etc/s3.toml"].text = text;
  arguments.insert(arguments.begin(), {"--config", "/etc/s3.toml"});
  return accepted(arguments, set, disk);
}
inline std::vector<std::string> refused_file(std::string const& text, files disk = {}) {
  disk["/etc/s3.toml"].text = text;
  return refused({"--config", "/etc/s3.toml"}, {}, disk);
}

}  // namespace s3proxy::test
