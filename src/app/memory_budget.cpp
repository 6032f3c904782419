#include "s3proxy/app/memory_budget.hpp"

#include <algorithm>
#include <charconv>
#include <unistd.h>

namespace s3proxy::app {
namespace {

using namespace base;

constexpr byte_count largest_default = 1_GiB;
/// Without any fact: small enough for every machine that runs an engine beside us.
constexpr byte_count blind_default = 256_MiB;

/// One line of /proc/self/cgroup: `ID:CONTROLLERS:PATH`.
struct group_line {
  std::string_view controllers;
  std::string_view path;
};

std::optional<group_line> split_line(std::string_view line) {
  auto const first = line.find(':');
  auto const second = first == std::string_view::npos ? first : line.find(':', first + 1);
  if (second == std::string_view::npos) {
    return std::nullopt;
  }
  return group_line{line.substr(first + 1, second - first - 1), line.substr(second + 1)};
}

bool lists(std::string_view controllers, std::string_view wanted) {
  while (true) {
    auto const comma = controllers.find(',');
    if (controllers.substr(0, comma) == wanted) {
      return true;
    }
    if (comma == std::string_view::npos) {
      return false;
    }
    controllers.remove_prefix(comma + 1);
  }
}

/// `file` in the group `path` and in every one above it, up to the mount.
void append_up(std::vector<std::string>& out, std::string_view mount, std::string_view path,
               std::string_view file) {
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  while (true) {
    out.push_back(std::string(mount) + std::string(path) + "/" + std::string(file));
    if (path.empty()) {
      return;
    }
    path = path.substr(0, std::min(path.rfind('/'), path.size()));
  }
}

/// The bytes that a limit file allows; nothing for `max` and for what is no number.
std::optional<byte_count> allowed_by(std::string_view text) {
  byte_count value = 0;
  auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  auto const behind = std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end));
  bool const whole = behind.empty() || behind == "\n";
  return failure == std::errc{} && whole && value > 0 ? std::optional(value) : std::nullopt;
}

struct ceiling {
  byte_count bytes;
  std::string name;
};

/// The least that bounds us; 0 bytes when nothing is known.
ceiling find_ceiling(memory_facts const& facts) {
  ceiling least{facts.machine_bytes, "the machine's"};
  for (auto const& limit : facts.limits) {
    auto const bytes = allowed_by(limit.text);
    // Version 1 says "none" with a number of exabytes.
    if (bytes && *bytes < (1_GiB << 20U) && (least.bytes == 0 || *bytes < least.bytes)) {
      least = {*bytes, "the cgroup's"};
    }
  }
  return least;
}

}  // namespace

std::vector<std::string> limit_paths(std::string_view proc_self_cgroup) {
  std::vector<std::string> paths;
  while (!proc_self_cgroup.empty()) {
    auto const end = std::min(proc_self_cgroup.find('\n'), proc_self_cgroup.size());
    auto const line = split_line(proc_self_cgroup.substr(0, end));
    if (line && line->controllers.empty()) {
      append_up(paths, "/sys/fs/cgroup", line->path, "memory.max");
      append_up(paths, "/sys/fs/cgroup", line->path, "memory.high");
    } else if (line && lists(line->controllers, "memory")) {
      append_up(paths, "/sys/fs/cgroup/memory", line->path, "memory.limit_in_bytes");
    }
    proc_self_cgroup.remove_prefix(std::min(end + 1, proc_self_cgroup.size()));
  }
  return paths;
}

memory_budget plan_memory(std::optional<sourced<byte_count>> const& asked, memory_facts const& facts) {
  if (asked) {
    return {asked->value, asked->from};
  }
  auto const least = find_ceiling(facts);
  if (least.bytes == 0) {
    return {blind_default, "neither a cgroup limit nor the machine's memory is known"};
  }
  auto const of = least.name + " " + print_size(least.bytes);
  auto const quarter = least.bytes / 4;
  if (quarter < least_memory) {
    return {least_memory, "the minimum; a quarter of " + of + " is less"};
  }
  if (quarter < largest_default) {
    return {quarter, "a quarter of " + of};
  }
  return {largest_default, "the default; a quarter of " + of + " is no less"};
}

memory_facts read_memory_facts(file_reader const& read) {
  memory_facts facts;
  for (auto const& path : limit_paths(read("/proc/self/cgroup").text)) {
    auto reading = read(path);
    if (reading.what == file_reading::outcome::read) {
      facts.limits.push_back({path, std::move(reading.text)});
    }
  }
  auto const pages = ::sysconf(_SC_PHYS_PAGES);
  auto const page_bytes = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && page_bytes > 0) {
    facts.machine_bytes = static_cast<byte_count>(pages) * static_cast<byte_count>(page_bytes);
  }
  return facts;
}

}  // namespace s3proxy::app
