#pragma once

#include "s3proxy/base/file_reading.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace s3proxy::app {

using base::file_reader;
using base::file_reading;
using base::readable_by;

/// What tells one state of a file from the next without opening it. `changed` (ctime) catches a chmod.
struct file_stamp {
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  friend bool operator==(file_stamp const&, file_stamp const&) = default;
};
/// The stamp of a file, or nothing when there is none.
using file_stamper = std::function<std::optional<file_stamp>(std::string const& path)>;

/// The real ones. Reading follows symbolic links, never blocks on a pipe and takes at most 1 MiB.
file_reading read_file(std::string const& path);
std::optional<file_stamp> stamp_file(std::string const& path);

}  // namespace s3proxy::app
