#include "signed_request.hpp"

namespace s3proxy::s3 {
namespace {

using base::errc;
using namespace std::chrono_literals;

std::string without_parameter(std::string const& raw, std::string const& name) {
  auto const begin = raw.find(name + "=");
  EXPECT_NE(begin, raw.npos) << name;
  auto const end = raw.find_first_of("& ", begin);
  return raw.substr(0, begin) + raw.substr(raw[end] == '&' ? end + 1 : end);
}

std::string const names[] = {"X-Amz-Algorithm", "X-Amz-Credential",    "X-Amz-Date",
                             "X-Amz-Expires",   "X-Amz-SignedHeaders", "X-Amz-Signature"};

TEST(presigned, is_accepted_and_says_where_the_signature_was) {
  for (auto const* const method : {"GET", "HEAD", "PUT", "DELETE", "POST"}) {
    auto const out = judge(request{.method = method}.presigned());
    ASSERT_TRUE(out) << method;
    EXPECT_EQ(out->signature, signature_place::query);
    EXPECT_TRUE(std::holds_alternative<unsigned_payload>(out->payload));
    EXPECT_EQ(std::get<base::access_key_id>(out->identity), long_lived.key_id);
  }
  EXPECT_EQ(refusal(request{.target = "/b/a+b%20c?versionId=x+y&acl"}.presigned()), std::nullopt);
}

TEST(presigned, may_have_its_parameters_in_any_order) {
  auto const good = request{.target = "/bucket/key?a=1"}.presigned();
  auto const moved =
      replaced(good, "?a=1&X-Amz-Algorithm=AWS4-HMAC-SHA256", "?X-Amz-Algorithm=AWS4-HMAC-SHA256");
  EXPECT_EQ(refusal(replaced(moved, "X-Amz-Signature=", "a=1&X-Amz-Signature=")), std::nullopt);
}

TEST(presigned, needs_each_of_its_six_parameters_once_and_spelled_so) {
  auto const good = request{}.presigned();
  for (auto const& name : names) {
    EXPECT_EQ(refusal(without_parameter(good, name)), errc::presigned_malformed) << name;
    auto const lower = http::to_lower(name);
    EXPECT_EQ(refusal(replaced(good, name + "=", lower + "=")), errc::presigned_malformed) << lower;
    EXPECT_EQ(refusal(replaced(good, name + "=", name + "=x&" + name + "=")), errc::invalid_authorization)
        << name;
    EXPECT_EQ(refusal(replaced(good, name + "=", lower + "=x&" + name + "=")), errc::invalid_authorization)
        << lower;
  }
}

TEST(presigned, is_never_taken_for_an_unsigned_request) {
  rules const open{.unsigned_requests = unsigned_rule::accept};
  for (auto const* const name :
       {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "x-amz-signature", "X%2DAmz-Signature"}) {
    auto const raw = "GET /bucket/key?" + std::string(name) + "=x HTTP/1.1\r\nHost: h\r\n\r\n";
    EXPECT_EQ(refusal(raw, open), errc::presigned_malformed) << name;
  }
  EXPECT_EQ(refusal(replaced(request{}.presigned(), "/key", "/kez"), open), errc::signature_does_not_match);
}

TEST(presigned, needs_well_formed_parameters) {
  auto const good = request{}.presigned();
  std::pair<std::string, std::string> const table[] = {
      {"AWS4-HMAC-SHA256&", "AWS4-HMAC-SHA1&"},
      {"%2Fs3%2F", "%2Fec2%2F"},
      {"%2Fs3%2Faws4_request", "%2Fs3"},
      {"AKIDEXAMPLE%2F", "AKIDEXAMPLE%2Fx%2F"},
      {"%2F20130524%2F", "%2F20130525%2F"},
      {"%2F20130524%2F", "%2F2013%2F"},
      {"SignedHeaders=host", "SignedHeaders="},
      {"SignedHeaders=host", "SignedHeaders=Host"},
      {"20130524T120000Z", "20130230T250000Z"},
      {"20130524T120000Z", "2013-05-24T12:00:00Z"},
      {"SignedHeaders=host", "SignedHeaders=host%3Bhost"},
  };
  for (auto const& [what, by] : table) {
    EXPECT_EQ(refusal(replaced(good, what, by)), errc::presigned_malformed) << by;
  }
}

TEST(presigned, lives_for_whole_seconds_up_to_a_week) {
  EXPECT_EQ(refusal(request{.lifetime = 604'800s}.presigned()), std::nullopt);
  EXPECT_EQ(refusal(request{.lifetime = 1s}.presigned()), std::nullopt);
  EXPECT_EQ(refusal(request{.lifetime = 604'801s}.presigned()), errc::invalid_expires);
  auto const good = request{}.presigned();
  for (auto const& junk :
       {std::string("-1"), std::string("abc"), std::string("1e3"), std::string(30, '9'), std::string(""),
        std::string("%2B60"), std::string("60%20"), std::string("60.0")}) {
    EXPECT_EQ(refusal(replaced(good, "X-Amz-Expires=3600", "X-Amz-Expires=" + junk)), errc::invalid_expires)
        << junk;
  }
  EXPECT_EQ(refusal(request{.lifetime = 0s}.presigned()), errc::request_expired);
}

TEST(presigned, is_valid_from_a_quarter_of_an_hour_before_its_date_until_it_expires) {
  EXPECT_EQ(refusal(request{.at = now - 3600s}.presigned()), std::nullopt);
  EXPECT_EQ(refusal(request{.at = now - 3601s}.presigned()), errc::request_expired);
  EXPECT_EQ(refusal(request{.at = now - 604'800s, .lifetime = 604'800s}.presigned()), std::nullopt);
  EXPECT_EQ(refusal(request{.at = now + 900s}.presigned()), std::nullopt);
  EXPECT_EQ(refusal(request{.at = now + 901s}.presigned()), errc::request_not_yet_valid);
}

TEST(presigned, is_for_the_very_request_that_was_signed) {
  auto const good = request{.target = "/bucket/key?versionId=1"}.presigned();
  std::pair<std::string, std::string> const table[] = {
      {"GET /", "PUT /"},
      {"GET /", "DELETE /"},
      {"/key?", "/kez?"},
      {"/key?", "//key?"},
      {"versionId=1", "versionId=2"},
      {"versionId=1&", ""},
      {"?version", "?acl&version"},
      {"Expires=3600", "Expires=3601"},
      {"Host: localhost", "Host: localhosu"},
      {"us-east-1", "us-east-2"},
  };
  for (auto const& [what, by] : table) {
    EXPECT_EQ(refusal(replaced(good, what, by)), errc::signature_does_not_match) << by;
  }
  auto other = request{};
  other.with.secret_key = base::secret{"b secret"};
  EXPECT_EQ(refusal(other.presigned()), errc::signature_does_not_match);
  other.with.key_id = base::access_key_id{"AKIDSTRANGER"};
  EXPECT_EQ(refusal(other.presigned()), errc::invalid_access_key_id);
}

TEST(presigned, with_a_signature_that_is_not_64_lower_case_digits_does_not_match) {
  auto const good = request{}.presigned();
  auto const at = good.find("X-Amz-Signature=") + 16;
  auto const signature = good.substr(at, 64);
  for (auto const& bad :
       {signature.substr(1), signature + "0", std::string(64, 'A'), std::string(64, 'g'), std::string{}}) {
    EXPECT_EQ(refusal(replaced(good, signature, bad)), errc::signature_does_not_match) << bad;
  }
}

TEST(presigned, covers_the_host_and_every_amz_header) {
  auto with_meta = request{};
  with_meta.extra.add("x-amz-meta-a", "1");
  EXPECT_EQ(refusal(with_meta.presigned()), std::nullopt);
  EXPECT_EQ(refusal(replaced(with_meta.presigned(), "host%3B", "")), errc::headers_not_signed);
  EXPECT_EQ(refusal(replaced(with_meta.presigned(), "x-amz-meta-a: 1\r\n", "")),
            errc::signature_does_not_match);
  for (auto const* const line :
       {"x-amz-acl: public-read", "X-Amz-Tagging: a=b", "x-amz-copy-source: /b/k",
        "x-amz-date: 20130524T120000Z", "x-amz-security-token: t", "x-amz-server-side-encryption: AES256"}) {
    EXPECT_EQ(refusal(request{.more = std::string(line) + "\r\n"}.presigned()), errc::headers_not_signed)
        << line;
  }
  EXPECT_EQ(refusal(request{.more = "Range: bytes=0-1\r\nIf-Match: x\r\n"}.presigned()), std::nullopt);
}

TEST(presigned, may_tell_the_hash_of_its_body_in_a_signed_header_or_a_parameter) {
  auto const hash = std::string(empty_payload_hash);
  auto const in_header = judge(request{.payload = hash}.presigned());
  EXPECT_EQ(base::to_hex(std::get<hashed_payload>(in_header.value().payload).sha256), hash);
  // Not in the header as well: what was signed is the word, and the parameter.
  auto const in_parameter = request{.target = "/b/k?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"}.presigned();
  EXPECT_EQ(refusal(in_parameter), std::nullopt);
  EXPECT_EQ(refusal(replaced(in_parameter, "Sha256=UNSIGNED-PAYLOAD", "Sha256=" + hash)),
            errc::signature_does_not_match);
}

TEST(presigned, does_not_believe_a_hash_that_was_not_signed) {
  auto const with = [](std::string const& word) {
    return request{.more = "x-amz-content-sha256: " + word + "\r\n"}.presigned();
  };
  EXPECT_EQ(refusal(with(std::string(empty_payload_hash))), errc::headers_not_signed);
  EXPECT_EQ(refusal(with("STREAMING-UNSIGNED-PAYLOAD-TRAILER")), errc::headers_not_signed);
  EXPECT_EQ(refusal(with("UNSIGNED-PAYLOAD")), std::nullopt) << "it says what goes without saying";
}

TEST(presigned, refuses_two_words_for_one_body) {
  auto const hash = std::string(empty_payload_hash);
  auto const both = request{.target = "/b/k?X-Amz-Content-Sha256=" + std::string(64, 'a'), .payload = hash};
  EXPECT_EQ(refusal(both.presigned()), errc::invalid_content_sha256);
  auto const twice =
      request{.target = "/b/k?X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&x-amz-content-sha256=UNSIGNED-PAYLOAD"};
  EXPECT_EQ(refusal(twice.presigned()), errc::invalid_authorization);
}

TEST(presigned, carries_its_session_token_in_the_query) {
  auto const good = request{.with = temporary}.presigned();
  EXPECT_NE(good.find("X-Amz-Security-Token=token&"), good.npos);
  EXPECT_EQ(refusal(good, {.keys = &temporary}), std::nullopt);
  EXPECT_EQ(refusal(good), errc::invalid_token);
  EXPECT_EQ(refusal(request{}.presigned(), {.keys = &temporary}), errc::invalid_token);
  EXPECT_EQ(refusal(without_parameter(good, "X-Amz-Security-Token"), {.keys = &temporary}),
            errc::signature_does_not_match);
}

TEST(presigned, with_version_4a_is_told_what_to_change) {
  auto const raw =
      "GET /b/k?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&X-Amz-Credential=AK%2F20130524%2Fs3%2Faws4_request&"
      "X-Amz-Date=20130524T120000Z&X-Amz-Expires=60&X-Amz-Region-Set=%2A&X-Amz-SignedHeaders=host&"
      "X-Amz-Signature=3045 HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(refusal(raw), errc::unsupported_sigv4a);
}

TEST(presigned, beside_another_signature_is_refused) {
  auto const line = "Authorization: " + std::string(*request{}.headers().find("authorization")) + "\r\n";
  EXPECT_EQ(refusal(request{.more = line}.presigned()), errc::invalid_authorization);
  EXPECT_EQ(refusal(replaced(request{}.presigned(), "?", "?AWSAccessKeyId=a&Signature=b&")),
            errc::invalid_authorization);
}

TEST(without_signature, leaves_the_request_as_the_client_wrote_it) {
  auto const all =
      "a=1&X-Amz-Algorithm=x&b%2Fc=d+e&X-Amz-Credential=c&&X-Amz-Date=d&x-id=GetObject&X-Amz-Expires=1&"
      "X-Amz-SignedHeaders=host&X-Amz-Security-Token=t&X-Amz-Content-Sha256=u&x-amz-acl=private&acl&"
      "X-Amz-Signature=s";
  EXPECT_EQ(without_signature(all, signature_place::query),
            "a=1&b%2Fc=d+e&&x-id=GetObject&x-amz-acl=private&acl");
  EXPECT_EQ(without_signature("X-Amz-Signature=s", signature_place::query), "");
  EXPECT_EQ(without_signature("", signature_place::query), "");
  EXPECT_EQ(without_signature("x%2Damz-signature=s&z=", signature_place::query), "z=");
}

TEST(without_signature, takes_only_the_token_where_the_signature_was_elsewhere) {
  for (auto const place : {signature_place::header, signature_place::none}) {
    EXPECT_EQ(without_signature("X-Amz-Date=1&x-amz-SECURITY-token=t&list-type=2", place),
              "X-Amz-Date=1&list-type=2");
  }
}

}  // namespace
}  // namespace s3proxy::s3
