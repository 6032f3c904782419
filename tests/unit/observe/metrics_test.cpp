#include "s3proxy/observe/metrics.hpp"

#include "s3proxy/observe/exposition.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace s3proxy::observe {
namespace {

bool says(std::string const& text, std::string_view line) {
  return ("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos;
}

template <class Counters>
std::string page(Counters const& counts) {
  exposition out;
  counts.expose(out);
  return out.text();
}

TEST(exposition, a_family_has_its_help_and_type_before_its_samples) {
  exposition out;
  out.family("a_total", exposition::kind::counter, "What a is.");
  out.sample(1, {{"x", "y"}, {"z", ""}});
  out.sample(18446744073709551615ULL);
  out.single("b", exposition::kind::gauge, "What b is.", 0);
  EXPECT_EQ(out.text(),
            "# HELP a_total What a is.\n# TYPE a_total counter\na_total{x=\"y\",z=\"\"} 1\n"
            "a_total 18446744073709551615\n# HELP b What b is.\n# TYPE b gauge\nb 0\n");
}

TEST(exposition, no_value_of_a_label_breaks_out_of_its_quotes_or_its_line) {
  exposition out;
  out.family("a", exposition::kind::gauge, "h");
  out.sample(1, {{"x", "a\"b\\c\nd"}});
  EXPECT_TRUE(out.text().ends_with("\na{x=\"a\\\"b\\\\c\\nd\"} 1\n")) << out.text();
}

TEST(operation_class, each_operation_is_of_one) {
  EXPECT_EQ(class_of(s3::operation::get_object), operation_class::get);
  EXPECT_EQ(class_of(s3::operation::get_object_part), operation_class::get);
  EXPECT_EQ(class_of(s3::operation::head_object), operation_class::head);
  EXPECT_EQ(class_of(s3::operation::list_objects_v2), operation_class::list);
  EXPECT_EQ(class_of(s3::operation::list_object_versions), operation_class::list);
  EXPECT_EQ(class_of(s3::operation::put_object), operation_class::write);
  EXPECT_EQ(class_of(s3::operation::delete_objects), operation_class::write);
  EXPECT_EQ(class_of(s3::operation::get_object_acl), operation_class::other);
  EXPECT_EQ(class_of(s3::operation::list_buckets), operation_class::other);
  EXPECT_EQ(class_of(s3::operation::preflight), operation_class::other);
  EXPECT_EQ(class_of(s3::operation::other), operation_class::other);
}

TEST(request_counters, a_request_counts_once_in_every_family_that_it_concerns) {
  request_counters counts;
  counts.count({s3::operation::get_object, cache::phase::hit, 206, 100, 0});
  counts.count({s3::operation::get_object, cache::phase::hit, 206, 11, 0});
  counts.count({s3::operation::get_object, cache::phase::miss, 502, 7, 3});
  counts.count({s3::operation::put_object, cache::phase::none, 200, 0, 1});
  counts.count({s3::operation::other, cache::phase::none, 0, 0, 0});
  auto const text = page(counts);
  for (auto const* line :
       {"s3proxy_http_requests_total{operation=\"get\",phase=\"hit\",code=\"2xx\"} 2",
        "s3proxy_http_requests_total{operation=\"get\",phase=\"miss\",code=\"5xx\"} 1",
        "s3proxy_http_requests_total{operation=\"write\",phase=\"none\",code=\"2xx\"} 1",
        "s3proxy_http_requests_total{operation=\"other\",phase=\"none\",code=\"none\"} 1",
        "s3proxy_http_response_bytes_total{operation=\"get\",phase=\"hit\"} 111",
        "s3proxy_http_response_bytes_total{operation=\"get\",phase=\"miss\"} 7",
        "s3proxy_cache_requests_total{result=\"hit\"} 2", "s3proxy_cache_requests_total{result=\"miss\"} 1",
        "s3proxy_cache_requests_total{result=\"bypass\"} 0", "s3proxy_upstream_requests_total 4"}) {
    EXPECT_TRUE(says(text, line)) << line << "\n" << text;
  }
  EXPECT_EQ(text.find("operation=\"head\""), std::string::npos) << "what never came is left out";
  EXPECT_EQ(text.find("response_bytes_total{operation=\"write\""), std::string::npos);
}

TEST(request_counters, every_phase_and_every_status_has_its_place) {
  request_counters counts;
  for (auto phase = cache::phase::none; phase <= cache::phase::bypass;
       phase = static_cast<cache::phase>(static_cast<int>(phase) + 1)) {
    for (auto const status : {0U, 100U, 204U, 304U, 404U, 503U, 999U}) {
      counts.count({s3::operation::head_object, phase, status, 0, 0});
    }
  }
  auto const text = page(counts);
  for (std::string const phase : {"none", "hit", "partial", "miss", "revalidate", "bypass"}) {
    auto const line = "s3proxy_http_requests_total{operation=\"head\",phase=\"" + phase + "\",code=\"";
    for (std::string const code : {"none", "1xx", "2xx", "3xx", "4xx"}) {
      EXPECT_TRUE(says(text, line + code + "\"} 1")) << phase << code << "\n" << text;
    }
    EXPECT_TRUE(says(text, line + "5xx\"} 2")) << phase << "\n" << text;
  }
}

TEST(request_counters, none_is_lost_among_many_threads) {
  request_counters counts;
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&counts] {
      for (int i = 0; i < 1000; ++i) {
        counts.count({s3::operation::get_object, cache::phase::hit, 200, 2, 1});
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  auto const text = page(counts);
  EXPECT_TRUE(says(text, "s3proxy_cache_requests_total{result=\"hit\"} 20000")) << text;
  EXPECT_TRUE(says(text, "s3proxy_http_response_bytes_total{operation=\"get\",phase=\"hit\"} 40000"));
  EXPECT_TRUE(says(text, "s3proxy_upstream_requests_total 20000"));
}

TEST(labelled_counter, counts_by_what_it_is_called_and_grows_no_further_than_its_bound) {
  labelled_counter counts;
  counts.add("b");
  counts.add("a", 5);
  counts.add("b");
  using expected = std::vector<std::pair<std::string_view, std::uint64_t>>;
  EXPECT_EQ(counts.values(), (expected{{"b", 2}, {"a", 5}}));
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) {
    names.push_back("n" + std::to_string(i));
  }
  for (auto const& name : names) {
    counts.add(name);
  }
  auto const values = counts.values();
  EXPECT_EQ(values.size(), labelled_counter::most_labels);
  std::uint64_t sum = 0;
  for (auto const& [name, number] : values) {
    sum += number;
  }
  EXPECT_EQ(sum, 107U) << "what has no place of its own is counted all the same";
  EXPECT_EQ(values.back().first, "other");
  counts.add("n0");
  EXPECT_EQ(counts.values()[2], (std::pair<std::string_view, std::uint64_t>{"n0", 2}));
}

TEST(read_ahead_counters, are_there_before_anything_was_read_ahead) {
  read_ahead_counters counts;
  auto text = page(counts);
  EXPECT_TRUE(says(text, "s3proxy_read_ahead_speculated_bytes_total 0")) << text;
  counts.speculated += 10;
  counts.used += 7;
  counts.wasted += 3;
  counts.requests.add("tail", 2);
  counts.no_layout.add("encrypted");
  counts.refused.add("budget");
  text = page(counts);
  for (auto const* line :
       {"s3proxy_read_ahead_speculated_bytes_total 10", "s3proxy_read_ahead_used_bytes_total 7",
        "s3proxy_read_ahead_wasted_bytes_total 3", "s3proxy_read_ahead_requests_total{reason=\"tail\"} 2",
        "s3proxy_read_ahead_no_layout_total{reason=\"encrypted\"} 1",
        "s3proxy_read_ahead_refused_total{why=\"budget\"} 1"}) {
    EXPECT_TRUE(says(text, line)) << line << "\n" << text;
  }
}

}  // namespace
}  // namespace s3proxy::observe
