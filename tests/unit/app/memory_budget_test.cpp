#include "s3proxy/app/memory_budget.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace s3proxy::app {
namespace {

using namespace base;
using paths = std::vector<std::string>;

TEST(limit_paths, version_2_reads_the_group_and_all_above) {
  EXPECT_EQ(limit_paths("0::/system.slice/s3proxy.service\n"),
            (paths{"/sys/fs/cgroup/system.slice/s3proxy.service/memory.max",
                   "/sys/fs/cgroup/system.slice/memory.max", "/sys/fs/cgroup/memory.max",
                   "/sys/fs/cgroup/system.slice/s3proxy.service/memory.high",
                   "/sys/fs/cgroup/system.slice/memory.high", "/sys/fs/cgroup/memory.high"}));
  EXPECT_EQ(limit_paths("0::/"), (paths{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.high"}));
}

TEST(limit_paths, version_1_reads_the_memory_controller) {
  EXPECT_EQ(limit_paths("12:cpu,cpuacct:/a\n7:hugetlb,memory:/docker/x\n3:memory_other:/b\n"),
            (paths{"/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes",
                   "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                   "/sys/fs/cgroup/memory/memory.limit_in_bytes"}));
}

TEST(limit_paths, what_is_no_line_of_that_file_leads_nowhere) {
  for (auto const* text : {"", "\n", "nonsense\n", "1:cpu:/x\n", "::"}) {
    for (auto const& path : limit_paths(text)) {
      EXPECT_TRUE(path.starts_with("/sys/fs/cgroup/memory.")) << text;
    }
  }
}

TEST(memory_budget, what_was_asked_for_is_taken) {
  auto const budget = plan_memory(sourced<byte_count>{7_GiB, "--memory"}, {{}, 1_GiB});
  EXPECT_EQ(budget.bytes, 7_GiB);
  EXPECT_EQ(budget.reason, "--memory");
}

TEST(memory_budget, the_default_is_a_gibibyte_or_a_quarter_of_what_is_allowed) {
  struct row {
    std::vector<limit_file> limits;
    byte_count machine;
    byte_count bytes;
    char const* reason;
  };
  std::vector<row> const rows{
      {{}, 64_GiB, 1_GiB, "the default; a quarter of the machine's 64 GiB is no less"},
      {{}, 4_GiB, 1_GiB, "the default; a quarter of the machine's 4 GiB is no less"},
      {{}, 2_GiB, 512_MiB, "a quarter of the machine's 2 GiB"},
      {{{"", "max\n"}}, 2_GiB, 512_MiB, "a quarter of the machine's 2 GiB"},
      {{{"", "9223372036854771712\n"}}, 2_GiB, 512_MiB, "a quarter of the machine's 2 GiB"},
      {{{"", "9223372036854771712\n"}},
       0,
       256_MiB,
       "neither a cgroup limit nor the machine's memory is known"},
      {{{"", "1073741824\n"}}, 64_GiB, 256_MiB, "a quarter of the cgroup's 1 GiB"},
      {{{"", "1073741824"}, {"", "536870912\n"}, {"", "max\n"}},
       64_GiB,
       128_MiB,
       "a quarter of the cgroup's 512 MiB"},
      {{{"", "1073741824\n"}}, 0, 256_MiB, "a quarter of the cgroup's 1 GiB"},
      {{{"", "68719476736\n"}}, 2_GiB, 512_MiB, "a quarter of the machine's 2 GiB"},
      {{{"", "33554432\n"}}, 64_GiB, 16_MiB, "the minimum; a quarter of the cgroup's 32 MiB is less"},
      {{{"", "0\n"}, {"", ""}, {"", "12 apples\n"}, {"", "-5\n"}},
       2_GiB,
       512_MiB,
       "a quarter of the machine's 2 GiB"},
  };
  for (auto const& [limits, machine, bytes, reason] : rows) {
    auto const budget = plan_memory(std::nullopt, {limits, machine});
    EXPECT_EQ(budget.bytes, bytes) << reason;
    EXPECT_EQ(budget.reason, reason);
  }
}

TEST(memory_facts, are_collected_from_the_files_that_exist) {
  std::map<std::string, std::string> const files{{"/proc/self/cgroup", "0::/a/b\n"},
                                                 {"/sys/fs/cgroup/a/memory.max", "1073741824\n"}};
  auto const facts = read_memory_facts([&](std::string const& path) {
    auto const found = files.find(path);
    return found != files.end() ? file_reading{file_reading::outcome::read, found->second} : file_reading{};
  });
  ASSERT_EQ(facts.limits.size(), 1U);
  EXPECT_EQ(facts.limits[0].path, "/sys/fs/cgroup/a/memory.max");
  EXPECT_GT(facts.machine_bytes, 16_MiB);
}

}  // namespace
}  // namespace s3proxy::app
