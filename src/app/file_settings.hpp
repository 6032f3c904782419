#pragma once

#include "s3proxy/app/options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace s3proxy::app {

/// What a configuration file says, and everything that is wrong with it.
struct file_settings {
  std::vector<std::optional<setting>> rows;  ///< for each row of the table, in its order
  declarations declared;
  std::vector<std::string> wrong;  ///< sentences with their places, in the order of the file
  std::vector<std::string> warnings;
  /// Whether it could be read as TOML at all: where not, nobody knows what else it says.
  enum class outcome { understood, not_readable } what = outcome::understood;
};

/// Reads `path`, and the secret files that it names, through `read`. An empty path is a file that says
/// nothing.
file_settings read_file_settings(std::string const& path, file_reader const& read);

}  // namespace s3proxy::app
