#pragma once

#include "s3proxy/app/config_file.hpp"
#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/declared.hpp"

#include <string>
#include <vector>

namespace s3proxy::app {

/// What `[[principals]]` and `[[identities]]` say, and everything that is wrong with it.
struct read_tables {
  declarations declared;
  std::vector<config_problem> problems;
  std::vector<std::string> warnings;  ///< secrets that everybody on this machine can read
};

/// The tables that a configuration file has beside the settings.
inline constexpr char const* principals_key = "principals";
inline constexpr char const* identities_key = "identities";

/// Reads both from the root of `file`, and the secret files that they name through `read`. Each value has
/// been checked by itself; check_declarations judges the whole. No sentence holds a secret.
/// `readers` are those of the file itself.
read_tables read_declarations(config_node const& root, std::string const& file, readable_by readers,
                              file_reader const& read);

/// `path` as the file that names it means it: from the folder of `file` where it is not absolute.
std::string path_beside(std::string const& file, std::string const& path);

}  // namespace s3proxy::app
