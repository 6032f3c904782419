#include "s3proxy/http/byte_range.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::http {
namespace {

using base::byte_count;
using base::byte_span;
using namespace std::string_literals;

constexpr auto most = std::numeric_limits<byte_count>::max();

/// What a Range field gives of an object of that size: the bytes, nothing for the whole object.
struct outcome {
  std::optional<byte_span> span;
  bool is_unsatisfiable = false;
  friend bool operator==(outcome const&, outcome const&) = default;
};

outcome ask(std::string_view value, byte_count size) {
  auto const parsed = parse_range(value);
  if (!std::holds_alternative<range_spec>(parsed)) {
    return {};
  }
  auto const span = resolve(std::get<range_spec>(parsed), size);
  if (!span) {
    return {std::nullopt, true};
  }
  return {*span};
}

TEST(range, one_range_is_read_in_its_three_forms) {
  EXPECT_EQ(parse_range("bytes=0-0"), parsed_range(range_spec(closed_range{0, 0})));
  EXPECT_EQ(parse_range("bytes=5-1000"), parsed_range(range_spec(closed_range{5, 1000})));
  EXPECT_EQ(parse_range("bytes=0-"), parsed_range(range_spec(open_range{0})));
  EXPECT_EQ(parse_range("bytes=-65536"), parsed_range(range_spec(suffix_range{65536})));
  EXPECT_EQ(parse_range("bytes=-0"), parsed_range(range_spec(suffix_range{0})));
  EXPECT_EQ(parse_range("Bytes=007-8"), parsed_range(range_spec(closed_range{7, 8})));
}

TEST(range, a_malformed_one_or_another_unit_is_ignored) {
  for (auto const* value : {"",
                            "bytes",
                            "bytes=",
                            "bytes=-",
                            "bytes=5",
                            "bytes=5-2",
                            "bytes=a-b",
                            "bytes=0-x",
                            "bytes=x-0",
                            "bytes=--1",
                            "bytes=-1-",
                            "bytes=1--2",
                            "bytes=1-2-3",
                            "bytes=+1-2",
                            "bytes=1-+2",
                            "bytes=0x0-0x1",
                            "bytes= 0-1",
                            "bytes=0 -1",
                            "bytes=0- 1",
                            "bytes =0-1",
                            "bytes:0-1",
                            "foo=0-1",
                            "items=0-1",
                            "byte=0-1",
                            "=0-1",
                            "bytes==0-1",
                            "bytes=,",
                            "bytes= , ",
                            "bytes=0-1,x",
                            "bytes=0-1,5-2",
                            "bytes=5-2,0-1",
                            "bytes=0-1;2-3",
                            "bytes=1.5-2"}) {
    EXPECT_EQ(parse_range(value), parsed_range(range_kind::ignored)) << value;
  }
}

TEST(range, several_are_left_to_the_store) {
  for (auto const& value : {"bytes=0-0,1-1"s, "bytes=0-1, 5-6"s, "bytes=0-1 ,\t-5"s, "bytes=0-,0-"s,
                            "bytes=,0-1,,2-3,"s, "bytes=0-0,0-0"s}) {
    EXPECT_EQ(parse_range(value), parsed_range(range_kind::several)) << value;
  }
  auto thousand = "bytes=0-0"s;
  for (int i = 1; i < 1000; ++i) {
    thousand += ",0-0";
  }
  EXPECT_EQ(parse_range(thousand), parsed_range(range_kind::several));
}

TEST(range, a_list_of_one_is_one_range) {
  EXPECT_EQ(parse_range("bytes=0-1,"), parsed_range(range_spec(closed_range{0, 1})));
  EXPECT_EQ(parse_range("bytes=, -5"), parsed_range(range_spec(suffix_range{5})));
}

TEST(range, resolves_as_the_store_does) {
  struct row {
    char const* value;
    byte_count size;
    outcome expected;
  };
  outcome const unsatisfiable{std::nullopt, true};
  std::vector<row> const rows{
      {"bytes=0-0", 10, {byte_span{0, 1}}},
      {"bytes=2-5", 10, {byte_span{2, 6}}},
      {"bytes=9-9", 10, {byte_span{9, 10}}},
      {"bytes=0-9", 10, {byte_span{0, 10}}},
      {"bytes=0-10", 10, {byte_span{0, 10}}},
      {"bytes=5-1000000", 10, {byte_span{5, 10}}},
      {"bytes=0-", 10, {byte_span{0, 10}}},
      {"bytes=9-", 10, {byte_span{9, 10}}},
      {"bytes=-1", 10, {byte_span{9, 10}}},
      {"bytes=-10", 10, {byte_span{0, 10}}},
      {"bytes=-9999", 10, {byte_span{0, 10}}},
      {"bytes=-0", 10, unsatisfiable},
      {"bytes=10-", 10, unsatisfiable},
      {"bytes=10-10", 10, unsatisfiable},
      {"bytes=11-20", 10, unsatisfiable},
      {"bytes=0-0", 0, unsatisfiable},
      {"bytes=0-", 0, unsatisfiable},
      {"bytes=-1", 0, unsatisfiable},
      {"bytes=-0", 0, unsatisfiable},
      {"bytes=5-2", 10, {}},
      {"foo=0-1", 10, {}},
  };
  for (auto const& [value, size, expected] : rows) {
    EXPECT_EQ(ask(value, size), expected) << value << " of " << size;
  }
}

TEST(range, arithmetic_saturates_instead_of_wrapping) {
  EXPECT_EQ(parse_range("bytes=18446744073709551616-"), parsed_range(range_spec(open_range{most})));
  EXPECT_EQ(parse_range("bytes=-99999999999999999999999"), parsed_range(range_spec(suffix_range{most})));
  outcome const whole{byte_span{0, 10}};
  outcome const unsatisfiable{std::nullopt, true};
  EXPECT_EQ(ask("bytes=0-18446744073709551615", 10), whole);
  EXPECT_EQ(ask("bytes=0-18446744073709551616", 10), whole);
  EXPECT_EQ(ask("bytes=0-99999999999999999999999", 10), whole);
  EXPECT_EQ(ask("bytes=-18446744073709551615", 10), whole);
  EXPECT_EQ(ask("bytes=18446744073709551615-", 10), unsatisfiable);
  EXPECT_EQ(ask("bytes=18446744073709551615-18446744073709551615", 10), unsatisfiable);
  EXPECT_EQ(ask("bytes=18446744073709551616-18446744073709551616", 10), unsatisfiable);
  EXPECT_EQ(ask("bytes=0-18446744073709551615", most), (outcome{byte_span{0, most}}));
  EXPECT_EQ(ask("bytes=18446744073709551614-18446744073709551615", most),
            (outcome{byte_span{most - 1, most}}));
  EXPECT_EQ(ask("bytes=18446744073709551615-", most), unsatisfiable);
}

TEST(range, never_gives_an_empty_span_or_a_byte_outside_the_object) {
  std::vector<byte_count> const numbers{0, 1, 2, 9, 10, 11, most - 1, most};
  for (auto const size : numbers) {
    for (auto const a : numbers) {
      for (auto const b : numbers) {
        for (range_spec const& spec :
             {range_spec(closed_range{a, b}), range_spec(open_range{a}), range_spec(suffix_range{b})}) {
          auto const span = resolve(spec, size);
          EXPECT_TRUE(!span || (!span->empty() && span->end <= size)) << a << ' ' << b << ' ' << size;
        }
      }
    }
  }
}

TEST(range, is_written_with_inclusive_ends) {
  EXPECT_EQ(range_header({0, 1}), "bytes=0-0");
  EXPECT_EQ(range_header({262144, 524288}), "bytes=262144-524287");
  EXPECT_EQ(content_range({0, 10}, 10), "bytes 0-9/10");
  EXPECT_EQ(content_range({most - 1, most}, most),
            "bytes 18446744073709551614-18446744073709551614/18446744073709551615");
  EXPECT_EQ(unsatisfied_range(0), "bytes */0");
  EXPECT_EQ(unsatisfied_range(17), "bytes */17");
}

TEST(range, what_we_ask_for_is_what_we_would_read) {
  for (byte_span const span : {byte_span{0, 1}, byte_span{5, 9}, byte_span{0, 10}}) {
    EXPECT_EQ(ask(range_header(span), 10), outcome{span});
    EXPECT_EQ(parse_content_range(content_range(span, 10)), (content_range_value{span, 10}));
  }
}

TEST(content_range, only_a_complete_and_sane_one_is_read) {
  EXPECT_EQ(parse_content_range("bytes 0-0/1"), (content_range_value{{0, 1}, 1}));
  EXPECT_EQ(parse_content_range("Bytes 5-9/100"), (content_range_value{{5, 10}, 100}));
  for (auto const* value : {"",
                            "bytes",
                            "bytes ",
                            "bytes 0-0",
                            "bytes 0-0/",
                            "bytes 0-0/*",
                            "bytes */10",
                            "bytes */*",
                            "bytes 0-10/10",
                            "bytes 5-4/10",
                            "bytes 10-10/10",
                            "bytes -5/10",
                            "bytes 5-/10",
                            "bytes  0-0/1",
                            "bytes 0 -0/1",
                            "bytes 0-0 /1",
                            "bytes 0-0/1 ",
                            "bytes=0-0/1",
                            "items 0-0/1",
                            "bytes 0-0/0",
                            "bytes 0/1-0",
                            "bytes 0-0/1/1",
                            "bytes 0-0-0/1",
                            "bytes +0-0/1",
                            "bytes 0-0/9223372036854775808",
                            "bytes 0-0/99999999999999999999999",
                            "bytes 18446744073709551615-18446744073709551615/18446744073709551616"}) {
    EXPECT_EQ(parse_content_range(value), std::nullopt) << value;
  }
}

TEST(decimal, is_digits_below_two_to_the_63) {
  EXPECT_EQ(parse_decimal("0"), 0u);
  EXPECT_EQ(parse_decimal("0042"), 42u);
  EXPECT_EQ(parse_decimal("9223372036854775807"), 9223372036854775807u);
  for (auto const* text :
       {"", " ", " 1", "1 ", "+1", "-1", "-0", "0x1", "1e3", "1.0", "1,000", "a", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "99999999999999999999999999"}) {
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace s3proxy::http
