#include "s3proxy/observe/log.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace s3proxy::observe {
namespace {

/// Puts the default levels back, whatever a test configured.
struct log_levels : testing::Test {
  ~log_levels() override { configure(log_spec{}); }
};

struct lines {
  std::vector<std::string> seen;
  log_capture capture{[this](room r, level l, std::string_view message) {
    seen.push_back(std::string(name_of(l)) + " " + std::string(name_of(r)) + " " + std::string(message));
  }};
};

log_spec spec_of(std::string_view text) {
  auto const parsed = parse_log_spec(text);
  EXPECT_TRUE(std::holds_alternative<log_spec>(parsed)) << text;
  return std::holds_alternative<log_spec>(parsed) ? std::get<log_spec>(parsed) : log_spec{};
}

TEST(log_spec_text, a_level_alone_counts_for_every_room) {
  for (auto const l : {level::error, level::warn, level::info, level::debug}) {
    auto const spec = spec_of(name_of(l));
    EXPECT_EQ(spec.of(room::net), l);
    EXPECT_EQ(spec.of(room::app), l);
  }
}

TEST(log_spec_text, a_module_may_differ) {
  auto const spec = spec_of("warn,upstream=debug,app=error");
  EXPECT_EQ(spec.of(room::upstream), level::debug);
  EXPECT_EQ(spec.of(room::app), level::error);
  EXPECT_EQ(spec.of(room::proxy), level::warn);
}

TEST(log_spec_text, the_general_level_may_be_left_out_or_come_last) {
  EXPECT_EQ(spec_of("proxy=debug").of(room::net), level::info);
  EXPECT_EQ(spec_of("proxy=debug,error").of(room::net), level::error);
}

TEST(log_spec_text, what_is_wrong_is_named_and_what_is_allowed_is_said) {
  struct row {
    char const* text;
    char const* culprit;
  };
  for (auto const& [text, culprit] :
       {row{"loud", "`loud`"}, row{"", "``"}, row{"info,", "``"}, row{"info,cash=debug", "`cash`"},
        row{"info,net=loud", "`loud`"}, row{"info,debug", "`debug`"}, row{"INFO", "`INFO`"},
        row{"net=", "``"}, row{"a\nb", "`a\\nb`"}}) {
    auto const parsed = parse_log_spec(text);
    ASSERT_TRUE(std::holds_alternative<std::string>(parsed)) << text;
    auto const& sentence = std::get<std::string>(parsed);
    EXPECT_TRUE(sentence.starts_with(culprit)) << sentence;
    EXPECT_NE(sentence.find("error, warn, info, debug"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("net, upstream, store, proxy, app"), std::string::npos) << sentence;
  }
}

TEST_F(log_levels, a_line_shows_only_at_its_level) {
  lines log;
  ASSERT_FALSE(configure("warn,proxy=debug"));
  EXPECT_TRUE(enabled(room::proxy, level::debug));
  EXPECT_FALSE(enabled(room::net, level::info));
  debug(room::proxy, "one");
  info(room::net, "two");
  warn(room::net, "three");
  error(room::store, "four");
  EXPECT_EQ(log.seen, (std::vector<std::string>{"debug proxy one", "warn net three", "error store four"}));
}

TEST_F(log_levels, a_wrong_spec_changes_nothing) {
  ASSERT_FALSE(configure("error"));
  EXPECT_TRUE(configure("debug,nobody=info"));
  EXPECT_FALSE(enabled(room::net, level::warn));
}

TEST_F(log_levels, a_key_cannot_forge_a_line) {
  lines log;
  info(room::proxy, "GET lake/a\n2024-01-01T00:00:00.000Z error app: forged\r\x1b[2J");
  ASSERT_EQ(log.seen.size(), 1U);
  EXPECT_EQ(log.seen[0], "info proxy GET lake/a\\n2024-01-01T00:00:00.000Z error app: forged\\r\\x1b[2J");
}

TEST_F(log_levels, threads_may_write_while_levels_change) {
  std::vector<std::string> seen;
  log_capture const capture([&](room, level, std::string_view message) { seen.emplace_back(message); });
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([] {
      for (int n = 0; n < 200; ++n) {
        warn(room::net, "line");
      }
    });
  }
  for (int n = 0; n < 50; ++n) {
    configure(n % 2 == 0 ? "debug" : "warn");
  }
  for (auto& writer : writers) {
    writer.join();
  }
  EXPECT_EQ(seen.size(), 800U);
}

TEST_F(log_levels, without_a_capture_the_line_goes_to_stderr_whole) {
  testing::internal::CaptureStderr();
  warn(room::upstream, "store is {} busy");
  auto const written = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(written.ends_with("Z warn  upstream: store is {} busy\n")) << written;
  EXPECT_EQ(written.find("20"), 0U) << written;
}

TEST(escape_line, text_that_prints_stays_as_it_is) {
  for (std::string_view text :
       {"lake/a b.parquet", "caf\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\xa6\x86", ""}) {
    EXPECT_EQ(escape_line(text), text);
  }
}

TEST(escape_line, what_does_not_print_is_spelled_out) {
  struct row {
    std::string_view bytes;
    std::string_view shown;
  };
  using namespace std::string_view_literals;
  for (auto const& [bytes, shown] :
       {row{"\n\r\t", "\\n\\r\\t"}, row{"\0\x1f\x7f"sv, "\\x00\\x1f\\x7f"}, row{"\\n", "\\\\n"},
        row{"\xff", "\\xff"}, row{"\xc3", "\\xc3"}, row{"\xc3(", "\\xc3("}, row{"\xe6\x97", "\\xe6\\x97"},
        row{"\xc2\x9b", "\\xc2\\x9b"}, row{"\xc2\xa0", "\xc2\xa0"}, row{"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},
        row{"\xe2\x80\xae", "\\xe2\\x80\\xae"}, row{"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},
        row{"\xe2\x80\x99", "\xe2\x80\x99"}, row{"\xed\xa0\x80", "\\xed\\xa0\\x80"}, row{"\x80", "\\x80"},
        row{"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"}}) {
    EXPECT_EQ(escape_line(bytes), shown);
  }
}

TEST(escape_line, one_byte_at_a_time_no_byte_escapes_control) {
  for (int byte = 0; byte < 256; ++byte) {
    for (auto const c : escape_line(std::string(1, static_cast<char>(byte)))) {
      EXPECT_TRUE(c >= ' ' && c < '\x7f') << byte;
    }
  }
}

}  // namespace
}  // namespace s3proxy::observe
