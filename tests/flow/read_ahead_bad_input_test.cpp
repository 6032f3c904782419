#include "support/table_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;

// Files that are not what their names say, and stores that do not want to be asked: no client hears of it.

world::choices full() {
  return {.read_ahead = {.mode = read_ahead::mode::full}};
}

std::string four_bytes(std::uint32_t number) {
  std::string out;
  for (int i = 0; i < 4; ++i) {
    out += static_cast<char>(number >> (8 * i) & 0xff);
  }
  return out;
}

std::uint64_t count_of(observe::labelled_counter const& counts, std::string_view label) {
  for (auto const& [name, count] : counts.values()) {
    if (name == label) {
      return count;
    }
  }
  return 0;
}

/// Reads a listed file as an engine does, and as nobody would.
void read_all_ways(world& w, std::string const& path, std::string const& body) {
  w.list("buc");
  EXPECT_EQ(w.head(path).header("content-length"), std::to_string(body.size()));
  auto const tail = std::min<std::size_t>(body.size(), 65536);
  if (tail > 0) {
    EXPECT_EQ(w.get_range(path, "bytes=-8").body, body.substr(body.size() - std::min<std::size_t>(tail, 8)));
    EXPECT_EQ(w.get_range(path, "bytes=-65536").body, body.substr(body.size() - tail));
    EXPECT_TRUE(w.becomes_quiet());
    for (std::size_t at = 0; at < body.size() && at < 400'000; at += 50'000) {
      auto const end = std::min(at + 50'000, body.size());
      auto const range = "bytes=" + std::to_string(at) + "-" + std::to_string(end - 1);
      EXPECT_EQ(w.get_range(path, range).body, body.substr(at, end - at)) << range;
    }
  }
  EXPECT_EQ(w.get(path).body, body);
  EXPECT_TRUE(w.becomes_quiet());
}

TEST(read_ahead_bad_input, a_file_that_is_not_what_its_name_says_is_read_as_any_other) {
  struct row {
    std::string name;
    std::string ending;
    std::string reason;
  };
  auto const good = columnar_object{}.footer();
  auto beyond = columnar_object{.row_groups = 40}.footer();  // chunks behind the end of the object
  for (auto const& r : std::vector<row>{
           {"text", "just text, and nothing but text", "not_columnar"},
           {"a footer longer than the object", four_bytes(300'000'000) + "PAR1", "malformed"},
           {"a footer that begins before the object", four_bytes(2'000'000) + "PAR1", "malformed"},
           {"no footer at all", four_bytes(0) + "PAR1", "malformed"},
           {"garbage", std::string(5000, '\xee') + four_bytes(5000) + "PAR1", "malformed"},
           {"chunks beyond the object", beyond, "overlapping"},
           {"encrypted", good.substr(0, good.size() - 4) + "PARE", "encrypted"}}) {
    world w(full());
    auto const body = telling_bytes(1, 0, 1'000'000) + r.ending;
    w.origin.put("/buc/t/a.parquet", {body, "\"v1\""});
    read_all_ways(w, "/buc/t/a.parquet", body);
    EXPECT_EQ(count_of(w.proxy->services().read_ahead_counts.no_layout, r.reason), 1U) << r.name;
  }
}

TEST(read_ahead_bad_input, an_empty_or_a_tiny_file_is_read_as_any_other) {
  for (auto const size : {0U, 1U, 4U, 7U, 8U, 12U}) {
    world w(full());
    auto const body = std::string("PAR1PAR1PAR1").substr(0, size);
    w.origin.put("/buc/t/a.parquet", {body, "\"v1\""});
    w.origin.put("/buc/t/b.parquet", {body, "\"v1\""});
    read_all_ways(w, "/buc/t/a.parquet", body);
    read_all_ways(w, "/buc/t/b.parquet", body);
  }
}

TEST(read_ahead_bad_input, an_empty_object_may_answer_a_suffix_in_any_way_of_a_store) {
  for (auto const& what : {fault{.what = ignore_range}, fault{.what = answer_status, .status = 416},
                           fault{.what = answer_status, .status = 206}}) {
    world w(full());
    w.origin.put("/buc/t/a.parquet", {"", "\"v1\""});
    w.origin.when(is("GET"), what);
    auto const got = w.head("/buc/t/a.parquet");
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(got.header("content-length"), "0");
    EXPECT_EQ(w.get("/buc/t/a.parquet").status, 200U);
  }
}

TEST(read_ahead_bad_input, a_footer_longer_than_the_tail_is_completed_and_learnt) {
  columnar_object const file{.row_groups = 6, .columns = 3, .chunk_size = 1024 * 1024, .padding = 700'000};
  table_world w(full(), 1, file);
  EXPECT_EQ(w.head(path_of(0)).status, 200U);
  EXPECT_EQ(w.get_range(path_of(0), "bytes=-8").body, file.body().substr(file.size() - 8));
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_GE(w.speculated().size(), 1U) << "the rest of the footer";
  w.origin.forget_requests();
  auto const footer = file.footer().size();
  EXPECT_EQ(w.get_range(path_of(0), "bytes=-" + std::to_string(footer)).body, file.footer());
  EXPECT_EQ(w.origin.count(), 0U);
  auto const chunk = file.chunk(0, 1);
  EXPECT_EQ(differs(w.read(0, chunk).body, 1, chunk.begin), std::nullopt);
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(count_of(w.proxy->services().read_ahead_counts.requests, "column"), 1U)
      << "its columns are known";
}

TEST(read_ahead_bad_input, a_tail_that_did_not_come_is_looked_for_again) {
  columnar_object const file{.row_groups = 6, .columns = 3, .chunk_size = 1024 * 1024};
  table_world w(full(), 2, file);
  w.origin.when(is_speculative, {.what = reset}, 1);
  w.list("buc");
  w.read_footer(0);
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_EQ(w.read_footer(1).body, w.footer_read());
  EXPECT_TRUE(w.becomes_quiet());
  auto const chunk = file.chunk(0, 1);
  EXPECT_EQ(differs(w.read(1, chunk).body, 1, chunk.begin), std::nullopt);
  EXPECT_TRUE(w.becomes_quiet());
  EXPECT_GE(count_of(w.proxy->services().read_ahead_counts.requests, "column"), 1U);
}

TEST(read_ahead_bad_input, a_store_that_refuses_everything_speculative_serves_its_clients) {
  for (auto const status : {503U, 429U, 500U, 404U, 416U}) {
    table_world w;
    w.origin.when(is_speculative, {.what = answer_status, .status = status, .body = "<Error/>"}, 100'000);
    w.list("buc");
    for (int n = 0; n < 12; ++n) {
      EXPECT_EQ(w.head(path_of(n)).status, 200U) << status;
      EXPECT_EQ(w.read_footer(n).body, w.footer_read()) << status;
      for (std::size_t g = 0; g < 4; ++g) {
        auto const chunk = w.file.chunk(g, 2);
        EXPECT_EQ(differs(w.read(n, chunk).body, 1, chunk.begin), std::nullopt) << status;
      }
    }
    EXPECT_TRUE(w.becomes_quiet());
    auto const asked = w.speculated();
    EXPECT_GE(asked.size(), 1U);
    if (status == 503 || status == 429) {
      EXPECT_LE(asked.size(), 64U) << "what was saved up is gone with the first";
      for (auto const& one : asked) {
        auto const same = [&](received const& r) {
          return r.path() == one.path() && r.header("range") == one.header("range");
        };
        EXPECT_EQ(std::ranges::count_if(asked, same), 1) << "never asked again: " << one.path();
      }
    }
  }
}

TEST(read_ahead_bad_input, guesses_that_break_off_harm_nobody) {
  for (auto const& what : {fault{.what = reset}, fault{.what = cut_body, .bytes = 20'000},
                           fault{.what = wrong_range}, fault{.what = ignore_range}, fault{.what = garbage},
                           fault{.what = other_tag}, fault{.what = no_tag}}) {
    table_world w;
    w.origin.when(is_speculative, what, 100'000);
    w.list("buc");
    for (int n = 0; n < 4; ++n) {
      EXPECT_EQ(w.read_footer(n).body, w.footer_read());
      EXPECT_EQ(w.get(path_of(n)).body, w.object.body);
    }
    EXPECT_TRUE(w.becomes_quiet());
    EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  }
}

}  // namespace
}  // namespace s3proxy::test
