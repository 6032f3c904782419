#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/options.hpp"
#include "s3proxy/base/units.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::app {

/// A file in which a control group writes down how much memory its members may use, and what it says.
struct limit_file {
  std::string path;
  std::string text;
};

/// What the budget is computed from.
struct memory_facts {
  std::vector<limit_file> limits;      ///< those that exist
  base::byte_count machine_bytes = 0;  ///< 0: unknown
};

/// Which files limit a process whose `/proc/self/cgroup` says `text`: `memory.max` and `memory.high` (version
/// 2) or `memory.limit_in_bytes` (version 1) of its group and of all groups above, since each of them counts.
/// Inside a container the path may be the host's and not exist below the mount; its last parent, the mount
/// itself, does.
std::vector<std::string> limit_paths(std::string_view proc_self_cgroup);

/// The bytes for the cache and, for the banner, why.
struct memory_budget {
  base::byte_count bytes;
  std::string reason;
};

/// What was asked for, else the smaller of 1 GiB and a quarter of the least of all limits and the machine;
/// never less than least_memory. A limit above the machine's memory (version 1 writes a huge number for
/// "none") is none.
memory_budget plan_memory(std::optional<sourced<base::byte_count>> const& asked, memory_facts const& facts);

/// Collects the facts of this process: `/proc/self/cgroup`, the files it leads to (all through `read`),
/// sysconf.
memory_facts read_memory_facts(file_reader const& read);

}  // namespace s3proxy::app
