#include "support/table_world.hpp"
#include "support/told.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

// What people see of reading ahead, and how it ends.

struct watched_table : table_world {
  watched_table()
      : table_world(
            {.read_ahead = {.mode = read_ahead::mode::full}, .admin = app::listen_place{"127.0.0.1", 0}}) {}

  std::string page(std::string const& target) {
    client link(proxy->admin()->port);
    link.send(plain_bytes({"GET", target}, proxy->admin()->port));
    return link.read().body;
  }
  std::uint64_t metric(std::string const& name) {
    auto const text = page("/-/metrics");
    auto const at = text.find("\n" + name + " ");
    return at == text.npos ? ~std::uint64_t{0} : std::stoull(text.substr(at + name.size() + 2));
  }
  /// Reads one column of all that there is.
  void scan(int files) {
    list("buc");
    for (int n = 0; n < files; ++n) {
      read_footer(n);
      EXPECT_TRUE(becomes_quiet());
      for (std::size_t g = 0; g < 4; ++g) {
        read(n, file.chunk(g, 1));
        EXPECT_TRUE(becomes_quiet());
      }
    }
  }
};

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

TEST(read_ahead_seen, the_access_line_tells_what_a_request_had_fetched_and_what_of_it_was_fetched_before) {
  watched_table w;
  w.list("buc");
  w.read_footer(0);
  EXPECT_TRUE(w.becomes_quiet());
  w.read_footer(1);
  auto const lines = w.access_lines(3);
  EXPECT_EQ(told(lines[0], "ahead"), "0");
  EXPECT_GE(std::stoull(told(lines[1], "ahead")), 4U * 65536);
  EXPECT_EQ(told(lines[1], "guessed"), "0");
  EXPECT_EQ(told(lines[1], "origin_calls"), "1") << "guesses are nobody's calls";
  EXPECT_EQ(told(lines[2], "guessed"), "65536");
  EXPECT_EQ(told(lines[2], "phase"), "hit");
  EXPECT_EQ(told(lines[2], "origin_calls"), "0");
}

TEST(read_ahead_seen, the_metrics_tell_what_was_fetched_used_and_wasted) {
  watched_table w;
  EXPECT_EQ(w.metric("s3proxy_read_ahead_speculated_bytes_total"), 0U);
  w.scan(3);
  EXPECT_TRUE(w.becomes_quiet()) << "a guess under way when the scan ends is neither used nor wasted";
  auto const speculated = w.metric("s3proxy_read_ahead_speculated_bytes_total");
  auto const used = w.metric("s3proxy_read_ahead_used_bytes_total");
  EXPECT_GE(used, 2U * 65536);
  EXPECT_GE(speculated, used);
  EXPECT_GE(w.metric("s3proxy_read_ahead_requests_total{reason=\"tail\"}"), 4U);
  w.pass(2100ms);
  EXPECT_EQ(w.metric("s3proxy_read_ahead_wasted_bytes_total"), speculated - used) << "the scan is over";
  EXPECT_EQ(w.metric("s3proxy_read_ahead_used_bytes_total"), used);
}

TEST(read_ahead_seen, the_page_explains_each_table) {
  watched_table w;
  EXPECT_TRUE(has(w.page("/-/read-ahead"), "read-ahead: full"));
  w.scan(3);
  auto const text = w.page("/-/read-ahead");
  EXPECT_TRUE(has(text, "buc/t/ as " + w.keys.key_id.str())) << text;
  for (auto const* part : {"files 12", "scan by 127.0.0.1", "depth", "columns", "%", "used", "lost"}) {
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  }
  EXPECT_FALSE(has(text, std::string("a secret of the flow tests")));
}

TEST(read_ahead_seen, the_page_tells_why_it_stopped) {
  watched_table w;
  w.origin.when(is_speculative, {.what = fault::kind::answer_status, .status = 403}, 1000);
  w.scan(2);
  EXPECT_TRUE(has(w.page("/-/read-ahead"), "stopped: the store forbids")) << w.page("/-/read-ahead");
}

TEST(read_ahead_seen, a_key_forges_no_line_of_the_page) {
  watched_table w;
  w.origin.put("/buc/a\nread-ahead: off/x.parquet", w.file.object());
  w.get_range("/buc/a%0Aread-ahead%3A%20off/x.parquet", "bytes=-8");
  auto const text = w.page("/-/read-ahead");
  EXPECT_FALSE(has(text, "\nread-ahead: off")) << text;
  EXPECT_TRUE(has(text, "a?read-ahead: off/")) << text;
}

TEST(read_ahead_seen, a_drain_does_not_wait_for_guesses) {
  table_world w;
  auto const held = std::make_shared<gate>();
  w.origin.hold(is_speculative, held);
  w.list("buc");
  w.read_footer(0);
  held->wait_for_arrivals(4);
  auto const ended = std::make_shared<std::promise<void>>();
  auto done = ended->get_future();
  w.proxy->drain([ended] { ended->set_value(); });
  EXPECT_EQ(done.wait_for(10s), std::future_status::ready) << "the limit of a drain is 30 s";
  EXPECT_EQ(w.proxy->services().open_fills, 0U);
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  held->open();
}

TEST(read_ahead_seen, going_down_with_guesses_under_way_leaves_nothing_behind) {
  auto const held = std::make_shared<gate>();
  table_world w;
  w.origin.hold(is_speculative, held);
  auto link = w.connect();
  w.list("buc");
  w.read_footer(0);
  held->wait_for_arrivals(4);
  link.send(w.signed_request({"GET", path_of(2), {{"Range", "bytes=-65536"}}}));  // waits for a guess
  w.proxy.reset();
  held->open();
}

}  // namespace
}  // namespace s3proxy::test
