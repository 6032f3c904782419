#include "s3proxy/base/crypto.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/sigv4.hpp"
#include "s3proxy/upstream/sts_client.hpp"

#include "support/awaited.hpp"
#include "support/blackhole.hpp"
#include "support/certificate.hpp"
#include "support/scripted_origin.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using enum fault::kind;
using upstream::sts_failure;
using upstream::sts_outcome;

constexpr auto token_text = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4tc2VjcmV0In0.c2lnbmF0dXJlLWJ5dGVz";

std::string issued(std::string const& action) {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>made</SecretAccessKey>"
         "<SessionToken>session</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

std::string refusal(std::string const& code, std::string const& message) {
  return "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message +
         "</Message></Error></ErrorResponse>";
}

upstream::callee at(std::uint16_t port) {
  return upstream::callee_at({upstream::scheme::http, "127.0.0.1", port});
}

upstream::call_limits quick() {
  return {.connect = 200ms, .total = 400ms};
}

sts_outcome exchange(std::uint16_t port, upstream::call_limits limits = {}) {
  upstream::web_identity_request asked{"arn:aws:iam::1:role/r", "s3proxy", base::secret(token_text), 3600s};
  return awaited(upstream::assume_role_with_web_identity(at(port), std::move(asked), limits));
}

sts_outcome exchange(fault const& what) {
  scripted_origin sts;
  sts.next(what);
  return exchange(sts.port(), quick());
}

sts_failure failure(sts_outcome const& outcome) {
  auto const* const found = std::get_if<sts_failure>(&outcome);
  EXPECT_NE(found, nullptr);
  return found ? *found : sts_failure{};
}

TEST(sts_call, a_web_identity_is_exchanged_by_an_unsigned_form) {
  scripted_origin sts;
  sts.next({.what = answer_status, .status = 200, .body = issued("AssumeRoleWithWebIdentity")});
  auto const outcome = exchange(sts.port());
  auto const* const got = std::get_if<s3::issued_credentials>(&outcome);
  ASSERT_NE(got, nullptr);
  EXPECT_EQ(got->pair.key_id.str(), "ASIA1");
  EXPECT_EQ(got->pair.secret_key.reveal(), "made");
  EXPECT_EQ(got->pair.session_token.reveal(), "session");
  EXPECT_EQ(got->expires, http::parse_iso_date("2026-01-02T04:04:05Z"));
  auto const asked = sts.requests().at(0);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.target, "/");
  EXPECT_EQ(asked.header("authorization"), "");
  auto const form = http::query_list::parse(asked.body).value();
  EXPECT_EQ(form.find("Action"), "AssumeRoleWithWebIdentity");
  EXPECT_EQ(form.find("Version"), "2011-06-15");
  EXPECT_EQ(form.find("RoleArn"), "arn:aws:iam::1:role/r");
  EXPECT_EQ(form.find("RoleSessionName"), "s3proxy");
  EXPECT_EQ(form.find("WebIdentityToken"), token_text);
  EXPECT_EQ(form.find("DurationSeconds"), "3600");
}

TEST(sts_call, an_empty_role_is_left_out) {
  scripted_origin sts;
  sts.next({.what = answer_status, .status = 200, .body = issued("AssumeRoleWithWebIdentity")});
  auto asked = upstream::web_identity_request{{}, "s3proxy", base::secret("t"), {}};
  awaited(upstream::assume_role_with_web_identity(at(sts.port()), asked, {}));
  EXPECT_EQ(sts.requests().at(0).body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=s3proxy&WebIdentityToken=t");
}

TEST(sts_call, a_role_is_assumed_with_a_signature_for_sts) {
  scripted_origin sts;
  sts.next({.what = answer_status, .status = 200, .body = issued("AssumeRole")});
  s3::credentials const keys{base::access_key_id("AKID"), base::secret("secret"), base::secret("tok")};
  upstream::assume_role_request asked{"arn:r", "s3proxy", "ext", {}, keys, "eu-west-1"};
  http::wall_time const now(1767323045s);
  auto const outcome = awaited(upstream::assume_role(at(sts.port()), asked, now, {}));
  ASSERT_TRUE(std::holds_alternative<s3::issued_credentials>(outcome));
  auto const got = sts.requests().at(0);
  EXPECT_EQ(got.header("x-amz-security-token"), "tok");
  EXPECT_EQ(got.header("x-amz-content-sha256"), base::to_hex(base::sha256(got.body)));
  auto value = got.header("authorization");
  ASSERT_NE(value.find("/sts/"), std::string::npos);
  value.replace(value.find("/sts/"), 5, "/s3/");  // what reads clients' signatures takes no other service
  auto said = s3::parse_authorization(value);
  ASSERT_TRUE(said);
  said->scope.service = "sts";
  EXPECT_EQ(said->scope.region, "eu-west-1");
  http::field_list fields;
  for (auto const& one : got.headers) {
    fields.add({one.name, one.value});
  }
  auto const canonical =
      s3::canonical_request({"POST", "/", "", fields, said->signed_headers, said->signed_headers_text,
                             got.header("x-amz-content-sha256")});
  auto const key = s3::derive_signing_key(keys.secret_key, "20260102", "eu-west-1", "sts");
  EXPECT_EQ(base::to_hex(said->signature),
            base::to_hex(base::hmac_sha256(
                key, s3::string_to_sign(http::format_amz_date(now), said->scope, canonical))));
  EXPECT_EQ(http::query_list::parse(got.body).value().find("ExternalId"), "ext");
}

TEST(sts_call, a_no_of_the_sts_is_told_with_its_code_and_message) {
  auto const no = failure(
      exchange({.what = answer_status, .status = 403, .body = refusal("AccessDenied", "not authorized")}));
  EXPECT_EQ(no.what, sts_failure::kind::refused);
  EXPECT_EQ(no.sentence(), "AccessDenied (403): not authorized");
}

TEST(sts_call, a_later_of_the_sts_is_no_refusal) {
  for (auto const& [status, code] :
       {std::pair(500U, "InternalError"), std::pair(503U, "ServiceUnavailable"), std::pair(429U, "SlowDown"),
        std::pair(400U, "Throttling"), std::pair(400U, "IDPCommunicationError")}) {
    auto const later =
        failure(exchange({.what = answer_status, .status = status, .body = refusal(code, "later")}));
    EXPECT_EQ(later.what, sts_failure::kind::unreachable) << code;
    EXPECT_EQ(later.code, code);
  }
}

TEST(sts_call, the_token_is_not_told_even_when_the_sts_echoes_it) {
  std::string const token = token_text;
  auto const payload = token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1);
  auto const no =
      failure(exchange({.what = answer_status,
                        .status = 400,
                        .body = refusal("InvalidIdentityToken", "no: " + token + " nor " + payload)}));
  EXPECT_EQ(no.message, "no: *** nor ***");
}

TEST(sts_call, a_long_message_is_cut) {
  auto const no = failure(
      exchange({.what = answer_status, .status = 400, .body = refusal("Invalid", std::string(5000, 'x'))}));
  EXPECT_EQ(no.message.size(), 303U);
}

TEST(sts_call, garbage_is_told_as_such) {
  for (auto const& what :
       {fault{.what = garbage}, fault{.what = answer_status, .status = 200, .body = "<html>login</html>"},
        fault{.what = answer_status, .status = 302}, fault{.what = answer_status, .status = 404},
        fault{.what = answer_status, .status = 200, .body = std::string(70'000, 'x')},
        fault{.what = ambiguous_frame}}) {
    EXPECT_EQ(failure(exchange(what)).what, sts_failure::kind::garbage) << what.status << what.body.size();
  }
}

TEST(sts_call, whoever_does_not_answer_is_unreachable_within_the_deadline) {
  for (auto const kind : {hang, reset, reset_unread, close}) {
    auto const got = failure(exchange({.what = kind}));
    EXPECT_EQ(got.what, sts_failure::kind::unreachable);
    EXPECT_EQ(got.status, 0U);
  }
  scripted_origin gone;
  gone.stop_listening();
  EXPECT_EQ(failure(exchange(gone.port())).connection_fault, base::errc::origin_refused);
  blackhole const hole;
  if (hole.is_black()) {
    EXPECT_EQ(failure(exchange(hole.port(), quick())).connection_fault, base::errc::origin_connect_timeout);
  }
}

TEST(sts_call, goes_over_tls_where_the_endpoint_says_so) {
  authority const issuer(authority::trust::yes);
  scripted_origin sts(issuer.server({}));
  sts.next({.what = answer_status, .status = 200, .body = issued("AssumeRoleWithWebIdentity")});
  auto to = upstream::callee_at({upstream::scheme::https, "localhost", sts.port()});
  upstream::web_identity_request asked{{}, "s3proxy", base::secret("t"), {}};
  auto const outcome = awaited(upstream::assume_role_with_web_identity(std::move(to), asked, {}));
  EXPECT_TRUE(std::holds_alternative<s3::issued_credentials>(outcome));
}

TEST(http_call, an_answer_that_stops_meets_the_total_deadline) {
  scripted_origin agent;
  agent.put_version("/keys", 1, 1000);
  agent.next({.what = stall_body, .bytes = 10});
  auto const got = awaited(upstream::call(at(agent.port()), {.target = "/keys"}, quick()));
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(base::to_errc(got.error()), base::errc::origin_first_byte_timeout);
}

TEST(http_call, an_answer_beyond_the_bound_is_no_answer) {
  scripted_origin agent;
  agent.put_version("/agent/keys", 1, 1000);
  auto limits = quick();
  limits.body_bytes = 1000;
  auto const whole = awaited(upstream::call(at(agent.port()), {.target = "/agent/keys"}, limits));
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->body.size(), 1000U);
  limits.body_bytes = 999;
  auto const cut = awaited(upstream::call(at(agent.port()), {.target = "/agent/keys"}, limits));
  ASSERT_FALSE(cut.has_value());
  EXPECT_EQ(base::to_errc(cut.error()), base::errc::origin_bad_response);
}

TEST(http_call, a_name_that_leads_off_the_machine_is_not_called_where_only_loopback_is_allowed) {
  scripted_origin agent;
  auto to = at(agent.port());
  to.peers = upstream::peers::loopback;
  auto const near = awaited(upstream::call(to, {}, {}));
  EXPECT_TRUE(near.has_value());
  to.endpoint.host = "0.0.0.0";  // no loopback address, though it leads here
  auto const far = awaited(upstream::call(to, {}, quick()));
  ASSERT_FALSE(far.has_value());
  EXPECT_EQ(base::to_errc(far.error()), base::errc::origin_refused);
  EXPECT_EQ(agent.count(), 1U);
}

}  // namespace
}  // namespace s3proxy::test
