#include "s3proxy/observe/access_line.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace s3proxy::observe {
namespace {

using namespace std::chrono_literals;

access_record sample() {
  access_record r;
  r.at = std::chrono::sys_days{std::chrono::year{2024} / 3 / 1} + 3h + 4min + 5s;
  r.request_id = "4F2A";
  r.peer = "10.0.0.7:51000";
  r.method = "GET";
  r.operation = "GetObject";
  r.bucket = "lake";
  r.key = "t/a.parquet";
  r.range = "bytes=0-99";
  r.status = 206;
  r.bytes = 100;
  r.phase = "partial";
  r.reason = "cells_missing";
  r.origin_calls = 2;
  r.first_byte = 1500us;
  r.total = 2500us;
  r.ahead = 4096;
  r.guessed = 64;
  return r;
}

access_record with_key(std::string_view key) {
  auto r = sample();
  r.key = key;
  return r;
}

/// The value of `name=` in a text line.
std::string text_of(std::string const& line, std::string const& name) {
  auto const begin = (" " + line).find(" " + name + "=");
  EXPECT_NE(begin, std::string::npos);
  auto const value = line.substr(begin + name.size() + 1);
  return value.substr(0, value.find(' '));
}

/// The raw value of `"name":` in a JSON line of strings and numbers.
std::string json_of(std::string const& line, std::string const& name) {
  auto const mark = "\"" + name + "\":\"";
  auto begin = line.find(mark);
  EXPECT_NE(begin, std::string::npos);
  begin += mark.size();
  auto end = begin;
  while (line[end] != '"') {
    end += line[end] == '\\' ? 2 : 1;
  }
  return line.substr(begin, end - begin);
}

TEST(access_line, a_text_line_has_its_fields_in_a_fixed_order) {
  EXPECT_EQ(render(sample(), access_format::text),
            "time=2024-03-01T03:04:05Z id=4F2A client=10.0.0.7:51000 method=GET op=GetObject bucket=lake "
            "key=t/a.parquet range=bytes=0-99 status=206 bytes=100 phase=partial reason=cells_missing "
            "origin_calls=2 first_byte_us=1500 total_us=2500 error=- ahead=4096 guessed=64");
}

TEST(access_line, a_json_line_is_one_object) {
  EXPECT_EQ(
      render(sample(), access_format::json),
      R"({"time":"2024-03-01T03:04:05Z","id":"4F2A","client":"10.0.0.7:51000","method":"GET",)"
      R"("op":"GetObject","bucket":"lake","key":"t/a.parquet","range":"bytes=0-99","status":206,"bytes":100,)"
      R"("phase":"partial","reason":"cells_missing","origin_calls":2,"first_byte_us":1500,"total_us":2500,)"
      R"("error":"-","ahead":4096,"guessed":64})");
}

TEST(access_line, off_renders_nothing) {
  EXPECT_EQ(render(sample(), access_format::off), "");
}

TEST(access_line, what_is_absent_is_a_dash_in_text_and_empty_in_json) {
  access_record const nothing{};
  auto const text = render(nothing, access_format::text);
  for (auto const* name :
       {"id", "client", "method", "op", "bucket", "key", "range", "phase", "reason", "error"}) {
    EXPECT_EQ(text_of(text, name), "-") << name;
  }
  EXPECT_EQ(json_of(render(nothing, access_format::json), "key"), "");
}

TEST(access_line, a_hostile_key_is_escaped) {
  struct {
    std::string_view key, text, json;
  } const table[] = {
      {"a b", "a%20b", "a b"},
      {"a\nstatus=200", "a%0astatus=200", "a\\u000astatus=200"},
      {"a\r\n", "a%0d%0a", "a\\u000d\\u000a"},
      {"\"x\"", "%22x%22", "\\\"x\\\""},
      {"a\\", "a%5c", "a\\\\"},
      {"100%", "100%25", "100%"},
      {"\xc3\xa9", "%c3%a9", "\\u00c3\\u00a9"},
      {std::string_view("\0\x1b[31m\x7f", 7), "%00%1b[31m%7f", "\\u0000\\u001b[31m\\u007f"},
      {"y=1/m=2", "y=1/m=2", "y=1/m=2"},
      {"<>&'", "<>&'", "<>&'"},
  };
  for (auto const& row : table) {
    EXPECT_EQ(text_of(render(with_key(row.key), access_format::text), "key"), row.text);
    EXPECT_EQ(json_of(render(with_key(row.key), access_format::json), "key"), row.json);
  }
}

TEST(access_line, no_byte_of_any_field_can_forge_a_line_or_a_field) {
  auto const count = [](std::string const& line, char c) { return std::count(line.begin(), line.end(), c); };
  auto const plain_text = render(sample(), access_format::text);
  for (int c = 0; c < 256; ++c) {
    auto r = sample();
    std::string const value(3, static_cast<char>(c));
    r.request_id = r.peer = r.method = r.bucket = r.key = r.range = value;
    auto const text = render(r, access_format::text);
    auto const json = render(r, access_format::json);
    EXPECT_EQ(count(text, ' '), count(plain_text, ' ')) << c;
    EXPECT_EQ(text_of(text, "status"), "206") << c;
    for (auto const& line : {text, json}) {
      EXPECT_TRUE(std::ranges::all_of(line, [](char b) { return b >= 0x20 && b < 0x7f; })) << c;
    }
    EXPECT_EQ(json_of(json, "key"), json_of(json, "bucket")) << c;
    EXPECT_EQ(json_of(json, "phase"), "partial") << c;
  }
}

TEST(access_line, two_keys_never_share_an_escaped_form) {
  for (auto const format : {access_format::text, access_format::json}) {
    EXPECT_NE(render(with_key("a b"), format), render(with_key("a%20b"), format));
    EXPECT_NE(render(with_key("\n"), format), render(with_key("\\u000a"), format));
  }
}

std::size_t lines_in(std::string const& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(access_log, everything_is_written_before_it_dies) {
  std::string written;
  {
    access_log log(access_format::text, [&](std::string const& lines) { written += lines; });
    for (int i = 0; i < 1'000; ++i) {
      log.record(with_key("k" + std::to_string(i)));
    }
  }
  EXPECT_EQ(lines_in(written), 1'000U);
  std::size_t at = 0;
  for (int i = 0; i < 1'000; ++i) {
    at = written.find("key=k" + std::to_string(i) + " ", at);
    ASSERT_NE(at, std::string::npos) << "in the order of arrival: " << i;
  }
}

TEST(access_log, whole_lines_are_handed_over_on_another_thread) {
  std::atomic<bool> right{true};
  {
    access_log log(access_format::json, [&, here = std::this_thread::get_id()](std::string const& lines) {
      right = right && lines.ends_with("}\n") && std::this_thread::get_id() != here;
    });
    for (int i = 0; i < 100; ++i) {
      log.record(sample());
    }
  }
  EXPECT_TRUE(right);
}

/// Holds the log's thread in its first write until more records came than can wait.
std::string written_by_a_slow_reader(access_format format, std::size_t beyond) {
  std::binary_semaphore writing(0), may_go_on(0);
  std::string written;
  bool first = true;
  {
    access_log log(format, [&](std::string const& lines) {
      written += lines;
      if (std::exchange(first, false)) {
        writing.release();
        may_go_on.acquire();
      }
    });
    log.record(sample());
    writing.acquire();
    for (std::size_t i = 0; i < access_log::most_waiting + beyond; ++i) {
      log.record(sample());
    }
    may_go_on.release();
  }
  return written;
}

TEST(access_log, lines_beyond_the_bound_are_dropped_and_counted) {
  auto const text = written_by_a_slow_reader(access_format::text, 123);
  EXPECT_EQ(lines_in(text), 1 + access_log::most_waiting + 1);
  EXPECT_TRUE(text.ends_with("\ndropped_lines=123\n"));
  auto const json = written_by_a_slow_reader(access_format::json, 5);
  EXPECT_TRUE(json.ends_with("\n{\"dropped_lines\":5}\n"));
}

TEST(access_log, a_reader_that_keeps_up_loses_nothing) {
  auto const text = written_by_a_slow_reader(access_format::text, 0);
  EXPECT_EQ(lines_in(text), 1 + access_log::most_waiting);
  EXPECT_EQ(text.find("dropped"), std::string::npos);
}

TEST(access_log, off_writes_nothing) {
  std::string written;
  {
    access_log log(access_format::off, [&](std::string const& lines) { written += lines; });
    log.record(sample());
  }
  EXPECT_EQ(written, "");
}

TEST(access_log, many_threads_lose_no_line) {
  std::string written;
  {
    access_log log(access_format::text, [&](std::string const& lines) { written += lines; });
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 500; ++i) {
          log.record(sample());
        }
      });
    }
  }
  EXPECT_EQ(lines_in(written), 2'000U);
}

}  // namespace
}  // namespace s3proxy::observe
