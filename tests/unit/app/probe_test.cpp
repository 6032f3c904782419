#include "s3proxy/app/probe.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::app {
namespace {

using base::errc;
using verdict = probe_report::verdict;
using signing = probe_question::signing;

probe_question https_question() {
  return {{url_scheme::https, "s3.example.com", 443},
          {"us-east-1", "the default"},
          "environment",
          signing::with_credentials};
}

probe_question http_question() {
  auto question = https_question();
  question.endpoint = {url_scheme::http, "localhost", 9000};
  return question;
}

probe_answer refusal_of(unsigned status, std::string code, std::string region = {}) {
  return {status, s3::store_error{std::move(code), {}, std::move(region)}, {}, {}};
}

bool says(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(probe, a_failure_to_connect_is_told_with_its_cause_and_remedy) {
  struct row {
    errc code;
    char const* what;
    char const* remedy;
  };
  for (auto const& [code, what, remedy] : {
           row{errc::origin_unresolved, "the name s3.example.com has no address", "spelling of --endpoint"},
           row{errc::origin_refused, "nothing listens at https://s3.example.com", "that the port is right"},
           row{errc::origin_connect_timeout, "no connection to https://s3.example.com in time", "firewall"},
           row{errc::origin_tls_failed, "TLS with https://s3.example.com failed",
               "use http://s3.example.com:443"},
           row{errc::origin_first_byte_timeout, "did not answer in time", "another service"},
           row{errc::origin_stalled, "did not answer in time", "another service"},
           row{errc::origin_bad_response, "something other than HTTP", "another service"},
           row{errc::origin_reset, "closed the connection", "another service"},
       }) {
    auto const report = explain_probe(probe_failure{code, "detail\nline"}, https_question());
    EXPECT_EQ(report.what, verdict::wrong);
    EXPECT_TRUE(says(report.sentence, what)) << report.sentence;
    EXPECT_TRUE(says(report.sentence, remedy)) << report.sentence;
    EXPECT_TRUE(says(report.sentence, "(detail\\nline)")) << report.sentence;
  }
}

TEST(probe, every_errc_has_a_sentence) {
  for (auto const& row : base::error_table()) {
    auto const report = explain_probe(probe_failure{row.code, ""}, https_question());
    EXPECT_EQ(report.what, verdict::wrong);
    EXPECT_TRUE(says(report.sentence, "s3.example.com")) << report.sentence;
    EXPECT_FALSE(says(report.sentence, "()")) << report.sentence;
  }
}

TEST(probe, plain_http_to_a_tls_port_is_recognised) {
  for (auto const& outcome :
       {probe_outcome(probe_failure{errc::origin_bad_response, ""}),
        probe_outcome(probe_failure{errc::origin_reset, ""}), probe_outcome(probe_answer{400, {}, {}, {}})}) {
    auto const report = explain_probe(outcome, http_question());
    EXPECT_EQ(report.what, verdict::wrong);
    EXPECT_TRUE(says(report.sentence, "if that port speaks TLS, use https://localhost:9000"))
        << report.sentence;
  }
}

TEST(probe, an_s3_error_over_plain_http_is_not_mistaken_for_tls) {
  auto const report = explain_probe(refusal_of(400, "InvalidRequest"), http_question());
  EXPECT_FALSE(says(report.sentence, "TLS")) << report.sentence;
}

TEST(probe, a_wrong_region_names_the_right_one) {
  auto by_header = probe_answer{301, {}, "eu-west-1", {}};
  for (auto const& answer : {refusal_of(400, "AuthorizationHeaderMalformed", "eu-west-1"),
                             refusal_of(301, "PermanentRedirect", "eu-west-1"), by_header}) {
    auto const report = explain_probe(answer, https_question());
    EXPECT_EQ(report.what, verdict::wrong);
    EXPECT_TRUE(says(report.sentence, "wants region eu-west-1, and we sign for us-east-1 (the default)"))
        << report.sentence;
    EXPECT_TRUE(says(report.sentence, "start with --region eu-west-1")) << report.sentence;
  }
  auto const unnamed = explain_probe(refusal_of(400, "AuthorizationHeaderMalformed"), https_question());
  EXPECT_TRUE(says(unnamed.sentence, "start with the right --region")) << unnamed.sentence;
}

TEST(probe, a_region_that_is_none_is_not_repeated) {
  auto const report =
      explain_probe(refusal_of(400, "AuthorizationHeaderMalformed", "x; rm -rf\n"), https_question());
  EXPECT_FALSE(says(report.sentence, "rm -rf")) << report.sentence;
}

TEST(probe, a_wrong_key_says_which_part_is_wrong_and_where_it_came_from) {
  struct row {
    char const* code;
    char const* what;
  };
  for (auto const& [code, what] :
       {row{"InvalidAccessKeyId", "does not know the key id"},
        row{"SignatureDoesNotMatch", "the secret is wrong"}, row{"ExpiredToken", "token has expired"},
        row{"InvalidToken", "does not accept the session token"}}) {
    auto const report = explain_probe(refusal_of(403, code), https_question());
    EXPECT_EQ(report.what, verdict::wrong);
    EXPECT_TRUE(says(report.sentence, what)) << report.sentence;
    EXPECT_TRUE(says(report.sentence, code)) << report.sentence;
    EXPECT_TRUE(says(report.sentence, "credentials: environment")) << report.sentence;
  }
}

TEST(probe, a_skewed_clock_says_by_how_much_and_which_way) {
  using namespace std::chrono_literals;
  auto answer = refusal_of(403, "RequestTimeTooSkewed");
  EXPECT_TRUE(says(explain_probe(answer, https_question()).sentence, "our clock is wrong"));
  answer.ahead = 1200s;
  EXPECT_TRUE(
      says(explain_probe(answer, https_question()).sentence, "our clock is 1200 s behind the store's"));
  answer.ahead = -1200s;
  EXPECT_TRUE(
      says(explain_probe(answer, https_question()).sentence, "our clock is 1200 s ahead of the store's"));
}

TEST(probe, a_store_that_knows_the_key_is_fine_even_if_it_lists_nothing) {
  for (auto const& answer :
       {probe_answer{200, {}, {}, {}}, refusal_of(403, "AccessDenied"), refusal_of(405, "MethodNotAllowed"),
        refusal_of(501, "NotImplemented"), refusal_of(404, "NoSuchBucket")}) {
    auto const report = explain_probe(answer, https_question());
    EXPECT_EQ(report.what, verdict::fine) << report.sentence;
    EXPECT_TRUE(says(report.sentence, "the store answers")) << report.sentence;
  }
}

TEST(probe, an_answer_that_no_store_gives_is_not_fine) {
  for (unsigned const status : {301U, 401U, 403U, 404U, 407U, 429U, 500U, 502U, 503U}) {
    auto const report = explain_probe(probe_answer{status, {}, {}, {}}, https_question());
    EXPECT_EQ(report.what, verdict::wrong) << status;
    EXPECT_TRUE(says(report.sentence, std::to_string(status))) << report.sentence;
  }
  EXPECT_EQ(explain_probe(refusal_of(500, "InternalError"), https_question()).what, verdict::wrong);
}

TEST(probe, unsigned_requests_are_told_apart) {
  auto question = https_question();
  question.how = signing::unsigned_request;
  for (auto const& answer :
       {probe_answer{200, {}, {}, {}}, probe_answer{307, {}, {}, {}}, refusal_of(403, "AccessDenied")}) {
    auto const report = explain_probe(answer, question);
    EXPECT_EQ(report.what, verdict::fine);
    EXPECT_TRUE(says(report.sentence, "only public data")) << report.sentence;
  }
  EXPECT_EQ(explain_probe(probe_answer{404, {}, {}, {}}, question).what, verdict::wrong);
}

}  // namespace
}  // namespace s3proxy::app
