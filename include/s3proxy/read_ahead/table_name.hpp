#pragma once

#include <string_view>

namespace s3proxy::read_ahead {

/// The table that an object belongs to, as a prefix of its key: up to its first `name=value` segment, else
/// its directory. `lake/sales/year=2024/a.parquet` gives `lake/sales/`, `lake/a.csv` gives `lake/`.
std::string_view table_of(std::string_view key);

/// What is known of a format from a key's name alone.
enum class format {
  parquet,   ///< has a footer that we read
  columnar,  ///< ORC, Arrow IPC, Lance: has a footer that we do not read
  other,
};
format format_of(std::string_view key);

}  // namespace s3proxy::read_ahead
