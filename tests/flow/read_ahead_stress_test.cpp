#include "support/table_world.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr int files = 6;
constexpr unsigned rounds = 6;

/// Several scans of one table on several workers, while its files are written through the proxy, and behind
/// its back.
struct busy_table : table_world {
  busy_table()
      : table_world({.memory = base::byte_count{16} << 20,  // some is evicted
                     .read_ahead = {.mode = read_ahead::mode::full},
                     .threads = 4},
                    files, {.row_groups = 4, .columns = 3, .chunk_size = 64 * 1024}) {
    for (auto& one : written) {
      one = 1;
    }
  }

  void write_all() {
    for (unsigned round = 2; round < 2 + rounds; ++round) {
      for (int n = 0; n < files; ++n) {
        auto newer = file;
        newer.version = round;
        EXPECT_EQ(put(path_of(n), newer.body()).status, 200U);
        written.at(static_cast<std::size_t>(n)) = round;
      }
      pass(300ms);
    }
    over = true;
  }

  void expect_whole(answer const& got, base::byte_span span, int n, unsigned at_least) {
    if (got.status == 503 || !got.complete) {
      return;  // overwritten faster than it can be read, before its first byte or after it
    }
    EXPECT_EQ(got.status, 206U);
    auto const version = static_cast<unsigned>(std::atoi(got.body.c_str() + 1));
    EXPECT_GE(version, at_least) << path_of(n) << ": acknowledged before this read began";
    EXPECT_EQ(got.body.size(), span.size());
    EXPECT_EQ(differs(got.body, version, span.begin), std::nullopt);
    ++checked;
  }

  void scan_on(std::size_t column) {
    auto const footer = file.footer();
    while (!over) {
      list("buc");
      for (int n = 0; n < files; ++n) {
        head(path_of(n));
        auto const tail = get_range(path_of(n), "bytes=-" + std::to_string(footer.size()));
        EXPECT_TRUE(!tail.complete || tail.status == 503 || tail.body == footer);
        for (std::size_t g = 0; g < 4; ++g) {
          auto const at_least = written.at(static_cast<std::size_t>(n)).load();
          auto const span = file.chunk(g, column);
          expect_whole(read(n, span), span, n, at_least);
        }
      }
    }
  }

  std::array<std::atomic<unsigned>, files> written{};
  std::atomic<bool> over = false;
  std::atomic<unsigned> checked = 0;
};

TEST(read_ahead_stress, scans_of_a_table_that_is_being_written_see_each_file_in_one_version_at_a_time) {
  busy_table w;
  std::vector<std::future<void>> readers;
  for (std::size_t column = 0; column < 3; ++column) {
    readers.push_back(std::async(std::launch::async, [&w, column] { w.scan_on(column); }));
  }
  w.write_all();
  for (auto& one : readers) {
    one.get();
  }
  EXPECT_GT(w.checked, 20U);
  EXPECT_GT(w.speculated().size(), 0U);
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
}

TEST(read_ahead_stress, clients_that_leave_in_the_middle_take_nothing_with_them) {
  busy_table w;
  auto const come_and_go = [&w](int start) {
    for (int i = 0; i < 30; ++i) {
      auto const n = (start + i) % files;
      auto link = w.connect();
      link.send(w.signed_request({"GET", path_of(n), {{"Range", "bytes=-65536"}}}));
      if (i % 3 == 0) {
        link.reset();
        continue;
      }
      link.read();
      link.send(w.signed_request(w.reading(n, w.file.chunk(static_cast<std::size_t>(i % 4), 0))));
      if (i % 3 == 1) {
        link.reset();
      } else {
        link.read();
      }
      w.pass(50ms);
    }
  };
  w.list("buc");
  auto a = std::async(std::launch::async, come_and_go, 0);
  auto b = std::async(std::launch::async, come_and_go, 3);
  a.get();
  b.get();
  w.pass(3s);
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  EXPECT_EQ(w.proxy->services().questions.count(), 0U);
}

}  // namespace
}  // namespace s3proxy::test
