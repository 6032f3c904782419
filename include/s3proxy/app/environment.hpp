#pragma once

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::app {

/// Looks a variable up: its value, or nothing when it is not set. Tests pass a map.
using environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The process's own environment. Not safe beside setenv, which we never call.
inline std::optional<std::string> process_environment(std::string_view name) {
  auto const* const value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

/// The value of a variable that says something: compose files and units set empty ones to mean "not set".
inline std::optional<std::string> non_empty(environment const& lookup, std::string_view name) {
  auto value = lookup(name);
  return value && !value->empty() ? value : std::nullopt;
}

}  // namespace s3proxy::app
