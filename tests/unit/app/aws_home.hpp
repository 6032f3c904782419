#pragma once

#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/file_reading.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace s3proxy::app {

/// A home with an environment and files in memory. Each write is a new state, as a disk shows it.
struct aws_home {
  struct stored {
    file_reading reading;
    file_stamp stamp;
  };
  std::map<std::string, std::string, std::less<>> variables{{"HOME", "/home/ann"}};
  std::map<std::string, stored> files;
  std::int64_t now = 0;
  int reads = 0;

  void write(std::string const& path, std::string text) {
    auto const size = text.size();
    files[path] = {{file_reading::outcome::read, std::move(text)}, {++now, now, size, 1}};
  }
  void forbid(std::string const& path) {
    files[path] = {{file_reading::outcome::unreadable, "Permission denied"}, {now, ++now, 1, 1}};
  }
  environment lookup() {
    return [this](std::string_view name) -> std::optional<std::string> {
      auto const found = variables.find(name);
      return found != variables.end() ? std::optional(found->second) : std::nullopt;
    };
  }
  file_reader reader() {
    return [this](std::string const& path) {
      ++reads;
      auto const found = files.find(path);
      return found != files.end() ? found->second.reading : file_reading{};
    };
  }
  file_stamper stamper() {
    return [this](std::string const& path) -> std::optional<file_stamp> {
      auto const found = files.find(path);
      return found != files.end() ? std::optional(found->second.stamp) : std::nullopt;
    };
  }
};

inline constexpr auto credentials_path = "/home/ann/.aws/credentials";
inline constexpr auto config_path = "/home/ann/.aws/config";

inline std::string pair_text(std::string const& section, std::string const& key) {
  return "[" + section + "]\naws_access_key_id = " + key + "\naws_secret_access_key = secret-of-" + key +
         "\n";
}

inline bool says(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace s3proxy::app
