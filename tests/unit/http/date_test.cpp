#include "s3proxy/http/date.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace s3proxy::http {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

constexpr wall_time rfc_example = sys_days{1994y / November / 6} + 8h + 49min + 37s;
constexpr wall_time sigv4_example = sys_days{2013y / May / 24};

TEST(http_date, is_read_in_all_three_forms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), rfc_example);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), rfc_example);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), rfc_example);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994"), rfc_example + days{10});
}

TEST(http_date, is_written_as_imf_fixdate) {
  EXPECT_EQ(format_http_date(rfc_example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(wall_time{}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_http_date(sys_days{2024y / February / 29} + 23h + 59min + 59s),
            "Thu, 29 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(format_http_date(wall_time{} - 1s), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(http_date, two_digit_years_lie_between_1969_and_2068) {
  EXPECT_EQ(parse_http_date("Wednesday, 01-Jan-69 00:00:00 GMT"), sys_days{1969y / January / 1});
  EXPECT_EQ(parse_http_date("Sunday, 01-Jan-68 00:00:00 GMT"), sys_days{2068y / January / 1});
}

TEST(http_date, a_leap_second_is_the_next_one) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT"), sys_days{2017y / January / 1});
}

TEST(http_date, a_wrong_name_of_the_day_does_not_change_the_instant) {
  EXPECT_EQ(parse_http_date("Mon, 06 Nov 1994 08:49:37 GMT"), rfc_example);
}

TEST(http_date, anything_else_is_no_date) {
  for (auto const* text : {"",
                           "0",
                           "now",
                           "Sun",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 ",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 +0000",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           "Sun, 06 Nov 1994 08:49:37 GMTx",
                           " Sun, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 06 nov 1994 08:49:37 GMT",
                           "sun, 06 Nov 1994 08:49:37 GMT",
                           "Xyz, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Xyz 1994 08:49:37 GMT",
                           "Sun, 31 Nov 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 29 Feb 2023 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun, 06 Nov +994 08:49:37 GMT",
                           "Sun, -6 Nov 1994 08:49:37 GMT",
                           "Sunday, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06-Nov-94 08:49:37 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sunday, 06-Nov-94 08:49:37",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov 06 08:49:37 94",
                           "Sun Nov  6 08:49:37 1994 GMT",
                           "Sun, 06 November 1994 08:49:37 GMT",
                           "784111777",
                           "1994-11-06T08:49:37Z"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(amz_date, is_read_and_written) {
  EXPECT_EQ(parse_amz_date("20130524T000000Z"), sigv4_example);
  EXPECT_EQ(parse_amz_date("20240229T235959Z"), sys_days{2024y / February / 29} + 23h + 59min + 59s);
  EXPECT_EQ(format_amz_date(sigv4_example), "20130524T000000Z");
  EXPECT_EQ(format_amz_date(rfc_example), "19941106T084937Z");
}

TEST(amz_date, must_be_a_real_instant) {
  for (auto const* text : {"",
                           "20130524",
                           "20130524T000000",
                           "20130524T000000z",
                           "20130524t000000Z",
                           "20130524T000000Z ",
                           " 20130524T000000Z",
                           "20130524T0000Z",
                           "20130524T000000.0Z",
                           "2013-05-24T00:00:00Z",
                           "20130524T000060Z",
                           "20130524T006000Z",
                           "20130524T240000Z",
                           "20131324T000000Z",
                           "20130024T000000Z",
                           "20130532T000000Z",
                           "20130500T000000Z",
                           "20130229T000000Z",
                           "2013052aT000000Z",
                           "+0130524T000000Z",
                           "20130524T00000-1Z",
                           "120130524T000000Z"}) {
    EXPECT_EQ(parse_amz_date(text), std::nullopt) << text;
  }
}

TEST(iso_date, is_read_with_and_without_its_fraction) {
  for (auto const* text : {"2013-05-24T00:00:00Z", "2013-05-24T00:00:00.000Z", "2013-05-24T00:00:00.9Z",
                           "2013-05-24T00:00:00.123456789Z"}) {
    EXPECT_EQ(parse_iso_date(text), sigv4_example) << text;
  }
  EXPECT_EQ(format_iso_date(sigv4_example), "2013-05-24T00:00:00Z");
  EXPECT_EQ(format_iso_date(rfc_example), "1994-11-06T08:49:37Z");
}

TEST(iso_date, anything_else_is_no_date) {
  for (auto const* text :
       {"", "2013-05-24", "2013-05-24T00:00:00", "2013-05-24 00:00:00Z", "2013-05-24T00:00:00.Z",
        "2013-05-24T00:00:00.0", "2013-05-24T00:00:00+00:00", "2013-05-24T00:00:60Z", "2013-02-30T00:00:00Z",
        "2013-5-24T00:00:00Z", "2013-05-24T00:00:00.0xZ", "2013-05-24T00:00:00ZZ", "20130524T000000Z"}) {
    EXPECT_EQ(parse_iso_date(text), std::nullopt) << text;
  }
}

TEST(dates, survive_a_round_trip) {
  // A step that is coprime to minutes, hours and days walks through all of them, over four centuries.
  for (auto at = wall_time{sys_days{1900y / January / 1}}; at < sys_days{2300y / January / 1};
       at += 1'234'567s) {
    EXPECT_EQ(parse_http_date(format_http_date(at)), at);
    EXPECT_EQ(parse_amz_date(format_amz_date(at)), at);
    EXPECT_EQ(parse_iso_date(format_iso_date(at)), at);
  }
}

TEST(dates, every_day_and_month_has_its_name) {
  std::array<std::string, 7> const names{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(format_http_date(sys_days{2024y / January / (i + 1)}).substr(0, 3),
              names[static_cast<std::size_t>(i)]);
  }
  std::array<std::string, 12> const months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  for (unsigned i = 0; i < 12; ++i) {
    EXPECT_EQ(format_http_date(sys_days{2024y / month{i + 1} / 1}).substr(8, 3), months[i]);
  }
}

}  // namespace
}  // namespace s3proxy::http
