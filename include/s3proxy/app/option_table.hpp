#pragma once

#include "s3proxy/app/options.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace s3proxy::app {

/// One flag: the command line, the environment, `--help` and docs/configuration.md all follow this row.
struct option_row {
  std::string_view topic;
  std::string_view flag;        ///< `--port`
  std::string_view short_flag;  ///< `-p`, or empty
  std::string_view value;       ///< what `--help` calls its value
  std::string_view alias;       ///< a second environment name, or empty
  std::string_view initial;     ///< the default, in words where it depends on the machine
  std::string_view bare;        ///< what the flag means without a value; empty: it needs one
  std::string_view about;
  enum class times { once, many } given;
  /// When a value that was changed in the file counts: after SIGHUP, or only at the next start.
  enum class effect { at_reload, at_start } takes_effect;
  /// Puts a value into `out`; `from` says where it was written. A sentence when it is not allowed.
  std::optional<std::string> (*apply)(std::string_view text, std::string_view from, options& out);
};

/// All flags that take a value, in the order of `--help` (`--help` and `--version` are not among them).
std::span<option_row const> option_table();

/// `--metadata-ttl` is `S3PROXY_METADATA_TTL` in the environment and `metadata-ttl` in the file.
std::string environment_name(option_row const& row);
std::string_view file_key(option_row const& row);

/// The flag that names the configuration file; the one setting that the file itself cannot have.
inline constexpr std::string_view config_flag = "--config";
/// What stands in `value` of flags that take the path of a file. In the configuration file such a path counts
/// from the folder that file is in.
inline constexpr std::string_view path_value = "FILE";

/// What `--help` prints: the flags by topic, each with its default and environment names, and examples to
/// run.
std::string help_text();
/// What `--version` prints.
std::string version_text();

/// The flag that `mistyped` (`--prot`) was probably meant to be; nothing when none is near.
std::optional<std::string_view> nearest_flag(std::string_view mistyped);

}  // namespace s3proxy::app
