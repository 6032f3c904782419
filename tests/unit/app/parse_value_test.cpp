#include "s3proxy/app/parse_value.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace s3proxy::app {
namespace {

using namespace std::chrono_literals;
using base::byte_count;

/// The sentence of a value that must not be taken.
template <class T>
std::string refused(parsed<T> const& value) {
  EXPECT_FALSE(value.has_value());
  return value.has_value() ? std::string() : value.error().sentence;
}

bool says(std::string const& sentence, std::string_view part) {
  return sentence.find(part) != std::string::npos;
}

TEST(size_value, units_count_in_1024_but_those_that_end_in_b_alone) {
  struct row {
    char const* text;
    byte_count bytes;
  };
  for (auto const& [text, bytes] :
       {row{"0", 0}, row{"1024", 1024}, row{"7B", 7}, row{"1k", 1024}, row{"1KiB", 1024}, row{"1kB", 1000},
        row{"1KB", 1000}, row{"64M", 64 << 20}, row{"512MiB", 512 << 20}, row{"512mib", 512 << 20},
        row{"5MB", 5'000'000}, row{"1G", 1 << 30}, row{"1GiB", 1 << 30}, row{"2GB", 2'000'000'000},
        row{"1T", 1ULL << 40}, row{"1TiB", 1ULL << 40}, row{"1TB", 1'000'000'000'000},
        row{"10 MiB", 10 << 20}, row{"18446744073709551615", ~0ULL}}) {
    auto const size = parse_size(text);
    ASSERT_TRUE(size.has_value()) << text;
    EXPECT_EQ(*size, bytes) << text;
  }
}

TEST(size_value, what_is_no_size_is_refused_with_the_forms) {
  for (auto const* text : {"", " ", "-1", "+1", "MiB", "1.5GiB", "12XB", "1 ", "1  MiB", " 1MiB", "0x10",
                           "1e9", "1MiB2", "18446744073709551616", "1\n"}) {
    auto const sentence = refused(parse_size(text));
    EXPECT_TRUE(says(sentence, "such as 512MiB, 1GiB or 64M")) << sentence;
    EXPECT_EQ(sentence[0], '`') << sentence;
  }
  EXPECT_TRUE(says(refused(parse_size("16777216T")), "more than can be counted"));
}

TEST(memory_value, sixteen_mebibytes_are_the_least) {
  EXPECT_EQ(*parse_memory("16MiB"), least_memory);
  EXPECT_TRUE(says(refused(parse_memory("16777215")), "at least 16MiB"));
  EXPECT_TRUE(says(refused(parse_memory("0")), "is 0 bytes"));
}

TEST(memory_value, a_bare_number_that_was_meant_in_megabytes_is_recognised) {
  EXPECT_TRUE(says(refused(parse_memory("512")), "did you mean 512MiB?"));
}

TEST(duration_value, takes_units) {
  struct row {
    char const* text;
    std::chrono::milliseconds time;
  };
  for (auto const& [text, time] :
       {row{"0", 0ms}, row{"0s", 0ms}, row{"500ms", 500ms}, row{"60s", 60s}, row{"10m", 10min}, row{"1h", 1h},
        row{"1d", 24h}, row{"5 s", 5s}, row{"3650d", 24h * 3650}}) {
    auto const parsed_time = parse_duration(text);
    ASSERT_TRUE(parsed_time.has_value()) << text;
    EXPECT_EQ(*parsed_time, time) << text;
  }
}

TEST(duration_value, a_bare_number_is_refused_with_what_was_probably_meant) {
  EXPECT_TRUE(says(refused(parse_duration("60")), "has no unit (did you mean 60s?)"));
}

TEST(duration_value, what_is_no_duration_is_refused) {
  for (auto const* text :
       {"", "s", "-1s", "1.5h", "1h30m", "10x", "forever", "3651d", "18446744073709551615d"}) {
    EXPECT_TRUE(says(refused(parse_duration(text)), "such as 500ms, 60s or 10m")) << text;
  }
}

TEST(port_value, holds_sixteen_bits) {
  EXPECT_EQ(*parse_port("0"), 0);
  EXPECT_EQ(*parse_port("65535"), 65535);
  for (auto const* text :
       {"", "65536", "-1", "+80", "80 ", "http", "tcp://10.0.0.1:3000", "99999999999999999999"}) {
    EXPECT_TRUE(says(refused(parse_port(text)), "allowed: 0 to 65535")) << text;
  }
}

TEST(threads_value, are_counted_from_one) {
  EXPECT_EQ(*parse_threads("1"), 1U);
  EXPECT_EQ(*parse_threads("1024"), 1024U);
  for (auto const* text : {"0", "1025", "", "all"}) {
    EXPECT_TRUE(says(refused(parse_threads(text)), "1 to 1024")) << text;
  }
}

TEST(address_value, is_a_literal_or_localhost) {
  struct row {
    char const* text;
    char const* literal;
  };
  for (auto const& [text, literal] :
       {row{"127.0.0.1", "127.0.0.1"}, row{"0.0.0.0", "0.0.0.0"}, row{"::", "::"}, row{"[::1]", "::1"},
        row{"::1", "::1"}, row{"localhost", "127.0.0.1"}}) {
    auto const address = parse_address(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(*address, literal);
  }
  for (auto const* text :
       {"", "127.0.0.1:3000", "example.com", "[127.0.0.1]", "256.0.0.1", "*", "http://127.0.0.1"}) {
    EXPECT_TRUE(says(refused(parse_address(text)), "--port")) << text;
  }
}

TEST(address_value, only_loopback_stays_on_this_machine) {
  for (auto const* text : {"127.0.0.1", "127.8.8.8", "::1"}) {
    EXPECT_TRUE(is_loopback(text)) << text;
  }
  for (auto const* text : {"0.0.0.0", "::", "10.0.0.1", "fe80::1", "nonsense"}) {
    EXPECT_FALSE(is_loopback(text)) << text;
  }
}

TEST(listen_place_value, is_an_address_of_this_machine_with_a_port) {
  struct row {
    char const* text;
    listen_place place;
  };
  for (auto const& [text, place] :
       {row{"127.0.0.1:9090", {"127.0.0.1", 9090}}, row{"localhost:0", {"127.0.0.1", 0}},
        row{"[::1]:9090", {"::1", 9090}}, row{"[::]:1", {"::", 1}}, row{"9090", {"127.0.0.1", 9090}}}) {
    auto const read = parse_listen_place(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(*read, place) << text;
  }
  for (auto const* text : {"", ":", ":9090", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1", "::1:9090",
                           "[::1]", "example.com:80", "http://127.0.0.1:80", "[127.0.0.1]:80", "*:80"}) {
    EXPECT_TRUE(says(refused(parse_listen_place(text)), "127.0.0.1:9090, [::1]:9090")) << text;
  }
}

TEST(read_ahead_value, is_one_of_four_words) {
  EXPECT_EQ(*parse_read_ahead("off"), read_ahead::mode::off);
  EXPECT_EQ(*parse_read_ahead("metadata"), read_ahead::mode::metadata);
  EXPECT_EQ(*parse_read_ahead("lean"), read_ahead::mode::lean);
  EXPECT_EQ(*parse_read_ahead("full"), read_ahead::mode::full);
  for (auto const* text : {"", "Full", "yes", "no", "full "}) {
    EXPECT_TRUE(says(refused(parse_read_ahead(text)), "allowed: off, metadata, lean, full")) << text;
  }
}

TEST(ratio_value, is_a_decimal_number_above_nothing) {
  struct row {
    char const* text;
    double value;
    char const* printed;
  };
  for (auto const& [text, value, printed] :
       {row{"2", 2, "2"}, row{"0.5", 0.5, "0.5"}, row{"1.25", 1.25, "1.25"}, row{"1000", 1000, "1000"},
        row{"2.0", 2, "2"}, row{"0.0000001", 0.0000001, "0.0000001"}}) {
    auto const read = parse_ratio(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(*read, value) << text;
    EXPECT_EQ(print_ratio(*read), printed);
  }
  for (auto const* text : {"", "0", "0.0", "-1", "+1", "1e3", "inf", "nan", ".5", "5.", "1.2.3", "1,5", " 1",
                           "1 ", "0x1", "1000.1", "2x", "99999999999999999999"}) {
    EXPECT_TRUE(says(refused(parse_ratio(text)), "a number above 0, such as 2 or 0.5")) << text;
  }
}

TEST(region_name, is_one_word_that_fits_a_signature) {
  for (auto const* text : {"us-east-1", "auto", "fr-par", "Default_1"}) {
    EXPECT_EQ(*parse_region(text), text);
  }
  for (auto const& text : {std::string(), std::string("eu west"), std::string("a/b"), std::string("a\n"),
                           std::string(65, 'a')}) {
    EXPECT_TRUE(says(refused(parse_region(text)), "such as eu-west-1")) << text;
  }
}

TEST(glob_value, one_that_matches_nothing_is_refused) {
  for (auto const* text : {"lake/**", "*/a.parquet", "**", "**.parquet"}) {
    EXPECT_EQ(*parse_glob(text), text);
  }
  for (auto const* text : {"", "lake", "lake*", "/lake/**", "s3://lake/**"}) {
    EXPECT_TRUE(says(refused(parse_glob(text)), "lake/v1/**")) << text;
  }
}

TEST(backticks, show_no_control_bytes_and_no_novels) {
  EXPECT_EQ(in_backticks("a\nb"), "`a\\nb`");
  EXPECT_LT(in_backticks(std::string(10'000, 'x')).size(), 200U);
}

TEST(printed_size, reads_well) {
  struct row {
    byte_count bytes;
    char const* text;
  };
  for (auto const& [bytes, text] :
       {row{0, "0 bytes"}, row{1023, "1023 bytes"}, row{1024, "1 KiB"}, row{16 << 20, "16 MiB"},
        row{(3 << 20) / 2, "1.5 MiB"}, row{1 << 30, "1 GiB"}, row{(1ULL << 40) - 1, "1023.9 GiB"},
        row{5ULL << 40, "5 TiB"}}) {
    EXPECT_EQ(print_size(bytes), text);
  }
}

}  // namespace
}  // namespace s3proxy::app
