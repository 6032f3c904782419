#include "signed_request.hpp"

#include <initializer_list>

namespace s3proxy::s3 {
namespace {

using base::errc;
using namespace std::chrono_literals;

std::string const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl-_";
rules const exchanging{.bearer_tokens = bearer_rule::accept};

credentials bearing(std::string const& token, std::string const& key_id = "ANY") {
  return {base::access_key_id{key_id}, base::secret{"any"}, base::secret{token}};
}

std::string plain(std::initializer_list<std::string> lines, std::string const& query = "") {
  std::string out = "GET /bucket/key" + query + " HTTP/1.1\r\nHost: h\r\n";
  for (auto const& line : lines) {
    out += line + "\r\n";
  }
  return out + "\r\n";
}

std::string token_of(std::string const& raw) {
  auto const out = judge(raw, exchanging);
  EXPECT_TRUE(out) << out.error().message() << "\n" << raw;
  return out ? std::get<bearer_token>(out->identity).text.reveal() : std::string{};
}

TEST(bearer, is_known_by_its_token_wherever_it_shows_it) {
  EXPECT_EQ(token_of(request{.with = bearing(jwt)}.raw()), jwt);
  EXPECT_EQ(token_of(request{.with = bearing(jwt)}.presigned()), jwt);
  EXPECT_EQ(token_of(plain({"Authorization: Bearer " + jwt})), jwt);
  EXPECT_EQ(token_of(plain({"authorization: bearer   " + jwt})), jwt);
  EXPECT_EQ(token_of(plain({"x-amz-security-token: " + jwt})), jwt);
  EXPECT_EQ(token_of(plain({}, "?X-Amz-Security-Token=" + jwt)), jwt);
  EXPECT_EQ(token_of(plain({"Authorization: Bearer " + jwt, "x-amz-security-token: " + jwt})), jwt);
}

TEST(bearer, is_nobody_where_tokens_are_not_exchanged) {
  EXPECT_EQ(refusal(request{.with = bearing(jwt)}.raw()), errc::invalid_access_key_id);
  EXPECT_EQ(refusal(request{.with = bearing(jwt)}.presigned()), errc::invalid_access_key_id);
  EXPECT_EQ(refusal(plain({"Authorization: Bearer " + jwt})), errc::invalid_authorization);
  EXPECT_EQ(refusal(plain({"x-amz-security-token: " + jwt})), errc::access_denied);
}

TEST(bearer, says_where_the_signature_was_that_nobody_checked) {
  auto const place = [](std::string const& raw) { return judge(raw, exchanging).value().signature; };
  EXPECT_EQ(place(request{.with = bearing(jwt)}.raw()), signature_place::header);
  EXPECT_EQ(place(request{.with = bearing(jwt)}.presigned()), signature_place::query);
  EXPECT_EQ(place(plain({"Authorization: Bearer " + jwt})), signature_place::none);
}

TEST(bearer, with_a_known_key_is_verified_as_its_owner_and_never_falls_through) {
  auto const claimed = bearing(jwt, long_lived.key_id.str());
  for (auto const& raw : {request{.with = claimed}.raw(), request{.with = claimed}.presigned()}) {
    EXPECT_EQ(refusal(raw, exchanging), errc::signature_does_not_match);
  }
  auto with_token = long_lived;
  with_token.session_token = base::secret(std::string(jwt));
  EXPECT_EQ(refusal(request{.with = with_token}.raw(), exchanging), errc::invalid_token);
  // A store's own temporary keys may come with such a token: then it is theirs.
  auto const own =
      judge(request{.with = with_token}.raw(), {.keys = &with_token, .bearer_tokens = bearer_rule::accept});
  EXPECT_TRUE(std::holds_alternative<base::access_key_id>(own.value().identity));
}

TEST(bearer, has_a_token_of_three_parts) {
  for (auto const& token :
       {std::string("a.b"), std::string("a.b.c.d"), std::string(".b.c"), std::string("a..c"),
        std::string("a.b."), std::string("a.b.c="), std::string("a+.b.c"),
        std::string("FwoGZXIvYXdzEBYaDGVYQU1QTEU"), "a.b." + std::string(16 * 1024, 'c')}) {
    EXPECT_EQ(refusal(request{.with = bearing(token)}.raw(), exchanging), errc::invalid_access_key_id)
        << token;
    EXPECT_EQ(refusal(plain({"x-amz-security-token: " + token}), exchanging), errc::access_denied) << token;
    EXPECT_EQ(refusal(plain({"Authorization: Bearer " + token}), exchanging), errc::invalid_token) << token;
  }
  EXPECT_EQ(refusal(plain({"Authorization: Bearer"}), exchanging), errc::invalid_token);
  EXPECT_EQ(token_of(plain({"x-amz-security-token: a.b.c"})), "a.b.c");
  auto const longest = "a.b." + std::string(16 * 1024 - 4, 'c');
  EXPECT_EQ(token_of(plain({"x-amz-security-token: " + longest})), longest);
}

TEST(bearer, shows_one_token) {
  EXPECT_EQ(
      refusal(plain({"Authorization: Bearer " + jwt, "x-amz-security-token: " + jwt + "x"}), exchanging),
      errc::invalid_authorization);
  EXPECT_EQ(refusal(plain({"x-amz-security-token: " + jwt}, "?X-Amz-Security-Token=a.b.c"), exchanging),
            errc::invalid_authorization);
}

TEST(bearer, shows_it_within_its_time_where_a_time_is_told) {
  auto const token = "x-amz-security-token: " + jwt;
  EXPECT_EQ(refusal(plain({token, "x-amz-date: 20130524T121501Z"}), exchanging),
            errc::request_time_too_skewed);
  EXPECT_EQ(refusal(plain({token, "x-amz-date: soon"}), exchanging), errc::missing_date);
  EXPECT_EQ(refusal(plain({token, "Date: Fri, 24 May 2013 13:00:00 GMT"}), exchanging),
            errc::request_time_too_skewed);
  EXPECT_EQ(refusal(plain({"Authorization: Bearer " + jwt, "x-amz-date: 20130524T114459Z"}), exchanging),
            errc::request_time_too_skewed);
  EXPECT_EQ(refusal(request{.at = now + 901s, .with = bearing(jwt)}.raw(), exchanging),
            errc::request_time_too_skewed);
  EXPECT_EQ(refusal(request{.at = now - 3601s, .with = bearing(jwt)}.presigned(), exchanging),
            errc::request_expired);
  EXPECT_EQ(refusal(plain({token, "x-amz-date: 20130524T121500Z"}), exchanging), std::nullopt);
}

TEST(bearer, has_chunks_whose_signatures_nobody_can_check) {
  request upload{.method = "PUT", .payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", .with = bearing(jwt)};
  upload.extra.add("x-amz-decoded-content-length", "9");
  auto const out = judge(upload.raw(), exchanging);
  auto const payload = std::get<streaming_payload>(out.value().payload);
  EXPECT_EQ(payload.lines, streaming_payload::chunks::with_signatures);
  EXPECT_FALSE(payload.seed);
}

TEST(bearer, has_a_body_that_is_still_the_one_whose_hash_is_told) {
  auto const out =
      judge(request{.payload = std::string(empty_payload_hash), .with = bearing(jwt)}.raw(), exchanging);
  EXPECT_TRUE(std::holds_alternative<hashed_payload>(out.value().payload));
}

TEST(bearer, is_no_excuse_for_two_signatures_or_version_2) {
  EXPECT_EQ(refusal(plain({"Authorization: Bearer " + jwt, "Authorization: Bearer " + jwt}), exchanging),
            errc::invalid_authorization);
  EXPECT_EQ(refusal(plain({"x-amz-security-token: " + jwt}, "?AWSAccessKeyId=a&Signature=b"), exchanging),
            errc::unsupported_signature);
  EXPECT_EQ(refusal(plain({"x-amz-security-token: " + jwt, "Authorization: AWS a:b"}), exchanging),
            errc::unsupported_signature);
}

}  // namespace
}  // namespace s3proxy::s3
