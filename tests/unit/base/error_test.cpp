#include "s3proxy/base/error.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

namespace s3proxy::base {
namespace {

TEST(error_table, has_one_row_for_every_errc_in_order) {
  auto const rows = error_table();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(errc::internal_error));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto const code = static_cast<errc>(i + 1);
    EXPECT_EQ(rows[i].code, code);
    EXPECT_EQ(&describe(code), &rows[i]);
  }
}

TEST(error_table, every_row_has_a_code_and_a_sentence) {
  for (auto const& row : error_table()) {
    auto const number = static_cast<int>(row.code);
    EXPECT_GT(row.sentence.size(), 10u) << number;
    EXPECT_NE(row.sentence.back(), ' ') << number;
    ASSERT_FALSE(row.s3_code.empty()) << number;
    for (auto const c : row.s3_code) {
      EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c))) << row.s3_code;
    }
  }
}

TEST(error_table, every_sentence_fits_into_xml_as_it_is) {
  for (auto const& row : error_table()) {
    for (auto const c : row.sentence) {
      EXPECT_TRUE(c >= 0x20 && c < 0x7f && c != '<' && c != '>' && c != '&') << row.sentence;
    }
  }
}

TEST(error_table, only_a_client_that_left_has_no_status) {
  for (auto const& row : error_table()) {
    EXPECT_EQ(row.status == 0, row.code == errc::client_gone) << row.s3_code;
  }
}

TEST(error_table, a_status_says_whose_fault_it_is) {
  // What a client asks for and we cannot speak is a 5xx by definition (RFC 9110 sections 15.6.2 and 15.6.6).
  std::set<errc> const unsupported{errc::express_session, errc::post_policy_form,
                                   errc::unsupported_sigv4a, errc::version_not_supported};
  for (auto const& row : error_table()) {
    if (row.code == errc::client_gone) {
      continue;
    }
    auto const is_client_status = row.status >= 400 && row.status < 500;
    auto const is_server_status = row.status >= 500 && row.status < 600;
    EXPECT_TRUE(is_client_status || is_server_status) << row.s3_code;
    EXPECT_EQ(is_client_status, row.whose == fault::client && !unsupported.contains(row.code)) << row.s3_code;
    if (row.whose == fault::origin) {
      EXPECT_TRUE(row.status >= 502 && row.status <= 504) << row.s3_code;
    }
  }
}

TEST(error_table, faults_come_in_the_order_of_the_enum) {
  auto worst = fault::client;
  for (auto const& row : error_table()) {
    EXPECT_GE(row.whose, worst) << row.s3_code;
    worst = row.whose;
  }
}

TEST(error_table, only_the_origins_faults_are_retried) {
  for (auto const& row : error_table()) {
    if (row.whose != fault::origin) {
      EXPECT_EQ(row.retry, retry_kind::never) << row.s3_code;
    }
  }
  EXPECT_EQ(describe(errc::outcome_unknown).retry, retry_kind::never);
  EXPECT_EQ(describe(errc::origin_rejected_credentials).retry, retry_kind::never);
  EXPECT_EQ(describe(errc::origin_refused).retry, retry_kind::before_write);
  EXPECT_EQ(describe(errc::origin_reset).retry, retry_kind::read);
}

TEST(error_table, codes_that_clients_act_upon_are_s3s_own) {
  struct expected {
    errc code;
    unsigned status;
    char const* s3_code;
  };
  for (auto const& [code, status, s3_code] : {
           expected{errc::malformed_request, 400, "BadRequest"},
           expected{errc::header_too_large, 400, "RequestHeaderSectionTooLarge"},
           expected{errc::invalid_uri, 400, "InvalidURI"},
           expected{errc::method_not_allowed, 405, "MethodNotAllowed"},
           expected{errc::missing_content_length, 411, "MissingContentLength"},
           expected{errc::access_denied, 403, "AccessDenied"},
           expected{errc::invalid_access_key_id, 403, "InvalidAccessKeyId"},
           expected{errc::signature_does_not_match, 403, "SignatureDoesNotMatch"},
           expected{errc::request_time_too_skewed, 403, "RequestTimeTooSkewed"},
           expected{errc::denied_by_rules, 403, "AccessDenied"},
           expected{errc::express_session, 501, "NotImplemented"},
           expected{errc::origin_busy, 503, "SlowDown"},
           expected{errc::internal_error, 500, "InternalError"},
       }) {
    EXPECT_EQ(describe(code).status, status) << s3_code;
    EXPECT_EQ(describe(code).s3_code, s3_code);
  }
}

TEST(error_code, carries_an_errc_and_back) {
  for (auto const& row : error_table()) {
    boost::system::error_code const error = row.code;
    EXPECT_TRUE(error.failed());
    EXPECT_EQ(to_errc(error), row.code);
    EXPECT_EQ(error.message(), row.sentence);
    EXPECT_STREQ(error.category().name(), "s3proxy");
  }
}

TEST(error_code, a_foreign_one_is_an_internal_error) {
  auto const foreign = boost::system::errc::make_error_code(boost::system::errc::connection_reset);
  EXPECT_EQ(to_errc(foreign), errc::internal_error);
}

TEST(error_code, travels_in_a_result) {
  result<int> const failed = errc::key_too_long;
  ASSERT_FALSE(failed);
  EXPECT_EQ(to_errc(failed.error()), errc::key_too_long);
  result<int> const fine = 7;
  EXPECT_EQ(fine.value(), 7);
}

}  // namespace
}  // namespace s3proxy::base
