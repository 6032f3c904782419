#include "s3proxy/app/admin.hpp"

#include "../proxy/idle_exchange.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>

namespace s3proxy::app {
namespace {

/// The pages of a proxy that nobody uses.
struct stage {
  explicit stage(admin_reach reach = admin_reach::this_machine)
      : pages(idle.shared, reach, [] { return std::size_t{7}; }) {}

  admin_pages::page ask(std::string const& line, std::string const& fields = "Host: localhost:9\r\n") {
    raw = line + " HTTP/1.1\r\n" + fields + "\r\n";
    auto const head = http::parse_request_head(raw);
    EXPECT_TRUE(head.has_value()) << raw;
    return pages.answer(*head);
  }

  proxy::idle_exchange idle;
  admin_pages pages;
  std::string raw;
};

bool says(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(admin_pages, there_are_three) {
  stage s;
  EXPECT_EQ(s.ask("GET /-/health").status, 200U);
  EXPECT_EQ(s.ask("GET /-/health").body, "ok\n");
  EXPECT_EQ(s.ask("GET /-/metrics?x=y").status, 200U);
  EXPECT_EQ(s.ask("GET /-/metrics").type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(s.ask("GET /-/read-ahead").status, 200U);
  for (auto const* target : {"/", "/-/", "/-/metrics/", "/metrics", "/-/Health", "/-/health%00", "//-/health",
                             "/bucket/key", "/x/../-/metrics"}) {
    EXPECT_EQ(s.ask(std::string("GET ") + target).status, 404U) << target;
  }
}

TEST(admin_pages, can_be_read_and_nothing_else) {
  stage s;
  for (auto const* method : {"HEAD", "PUT", "POST", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(s.ask(std::string(method) + " /-/metrics").status, 405U) << method;
    EXPECT_EQ(s.ask(std::string(method) + " /elsewhere").status, 405U) << method;
  }
}

TEST(admin_pages, a_web_page_does_not_read_what_is_for_this_machine) {
  stage s;
  for (auto const* foreign :
       {"Host: evil.example\r\n", "Host: localhost:9\r\nOrigin: https://evil.example\r\n",
        "Host: 127.0.0.1:9\r\nSec-Fetch-Site: cross-site\r\n"}) {
    EXPECT_EQ(s.ask("GET /-/metrics", foreign).status, 403U) << foreign;
  }
  for (auto const* own : {"Host: 127.0.0.1:9\r\n", "Host: [::1]:9\r\n", "Host: LOCALHOST\r\n"}) {
    EXPECT_EQ(s.ask("GET /-/metrics", own).status, 200U) << own;
  }
}

TEST(admin_pages, beyond_this_machine_they_go_by_whatever_name_there_is) {
  stage s(admin_reach::network);
  EXPECT_EQ(s.ask("GET /-/metrics", "Host: s3proxy.monitoring.svc:9090\r\n").status, 200U);
}

TEST(admin_pages, metrics_are_lines_that_prometheus_reads) {
  stage s;
  s.idle.shared.requests.count({s3::operation::get_object, cache::phase::hit, 206, 100, 0});
  s.idle.shared.read_ahead_counts.requests.add("tail", 2);
  s.idle.shared.open_fills = 3;
  auto const text = s.ask("GET /-/metrics").body;
  for (auto const* line :
       {"\ns3proxy_connections_open 7\n", "\ns3proxy_fills_open 3\n", "\ns3proxy_cache_blocks 0\n",
        "\ns3proxy_http_requests_total{operation=\"get\",phase=\"hit\",code=\"2xx\"} 1\n",
        "\ns3proxy_read_ahead_requests_total{reason=\"tail\"} 2\n",
        "\ns3proxy_cache_capacity_bytes{kind=\"metadata\"} 419430\n"}) {
    EXPECT_TRUE(says(text, line)) << line << "\n" << text;
  }
  // Families of the text format: help, type, samples of that very name.
  std::regex const help("# HELP (s3proxy_[a-z_]+) [^\\\\]+");
  std::regex const type("# TYPE (s3proxy_[a-z_]+) (counter|gauge)");
  std::regex const sample(
      "(s3proxy_[a-z_]+)(\\{[a-z_]+=\"[^\"\\\\]*\"(,[a-z_]+=\"[^\"\\\\]*\")*\\})? [0-9]+");
  std::string helped, typed;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_match(line, found, help)) {
      helped = found[1];
    } else if (std::regex_match(line, found, type)) {
      typed = found[1];
      EXPECT_EQ(typed, helped);
      EXPECT_EQ(typed.ends_with("_total"), found[2] == "counter") << line;
    } else {
      ASSERT_TRUE(std::regex_match(line, found, sample)) << line;
      EXPECT_EQ(found[1], typed) << line;
    }
  }
}

TEST(admin_pages, read_ahead_says_the_mode_and_what_the_proxy_has_to_say_of_it) {
  stage s;
  s.idle.config.read_ahead.mode = read_ahead::mode::lean;
  EXPECT_EQ(s.ask("GET /-/read-ahead").body, "read-ahead: lean\n");
  s.idle.shared.read_ahead_page = [] { return std::string("table lake/t: depth 3\n"); };
  EXPECT_EQ(s.ask("GET /-/read-ahead").body, "read-ahead: lean\ntable lake/t: depth 3\n");
}

}  // namespace
}  // namespace s3proxy::app
