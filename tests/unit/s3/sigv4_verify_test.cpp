#include "signed_request.hpp"

namespace s3proxy::s3 {
namespace {

using base::errc;
using namespace std::chrono_literals;

TEST(verify, accepts_a_request_signed_by_a_known_key) {
  EXPECT_EQ(refusal(request{}.raw()), std::nullopt);
  EXPECT_EQ(refusal(request{.target = "/bucket/a+b%20c?list-type=2&prefix=x+y"}.raw()), std::nullopt);
}

TEST(verify, refuses_a_request_without_a_signature_unless_told_to_accept_it) {
  std::string const raw = "GET /bucket/key HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(refusal(raw), errc::access_denied);
  EXPECT_EQ(refusal(raw, {.unsigned_requests = unsigned_rule::accept}), std::nullopt);
}

TEST(verify, names_an_unsigned_client_anonymous_and_keeps_the_hash_of_its_body) {
  auto const raw = "PUT /bucket/key HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nx-amz-content-sha256: " +
                   std::string(empty_payload_hash) + "\r\n\r\n";
  auto const head = http::parse_request_head(raw);
  ASSERT_TRUE(head);
  signing_key_cache keys;
  auto const out = verify(*head, {.unsigned_requests = unsigned_rule::accept, .now = now, .keys = &keys});
  ASSERT_TRUE(out);
  EXPECT_TRUE(std::holds_alternative<anonymous>(out->identity));
  EXPECT_EQ(base::to_hex(std::get<hashed_payload>(out->payload).sha256), empty_payload_hash);
}

TEST(verify, never_takes_a_bad_signature_for_none) {
  rules const open{.unsigned_requests = unsigned_rule::accept};
  auto const good = request{}.raw();
  EXPECT_EQ(refusal(replaced(good, "/bucket/key", "/bucket/kez"), open), errc::signature_does_not_match);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\r\nAuthorization:\r\n\r\n", open), errc::access_denied);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer x\r\n\r\n", open),
            errc::invalid_authorization);
}

TEST(verify, refuses_a_key_that_nobody_has) {
  auto stranger = request{};
  stranger.with.key_id = base::access_key_id{"AKIDSTRANGER"};
  EXPECT_EQ(refusal(stranger.raw()), errc::invalid_access_key_id);
  EXPECT_EQ(refusal(request{}.raw(), {.keys = nullptr}), errc::invalid_access_key_id);
  EXPECT_EQ(refusal(request{}.raw(), {.keys = nullptr, .unsigned_requests = unsigned_rule::accept}),
            errc::invalid_access_key_id);
}

TEST(verify, works_as_much_for_a_key_that_nobody_has) {
  auto const head_text = request{}.raw();
  auto const head = http::parse_request_head(head_text);
  signing_key_cache known, unknown;
  auto const accepted = verify(*head, {.find_key = only(&long_lived), .now = now, .keys = &known});
  auto const refused = verify(*head, {.find_key = only(nullptr), .now = now, .keys = &unknown});
  EXPECT_TRUE(accepted);
  EXPECT_FALSE(refused);
  EXPECT_EQ(known.derivations(), 1U);
  EXPECT_EQ(unknown.derivations(), 1U);
}

TEST(verify, refuses_another_secret) {
  auto wrong = request{};
  wrong.with.secret_key = base::secret{"b secret"};
  EXPECT_EQ(refusal(wrong.raw()), errc::signature_does_not_match);
}

TEST(verify, says_that_the_signature_was_in_the_header_or_nowhere) {
  EXPECT_EQ(judge(request{}.raw()).value().signature, signature_place::header);
  std::string const plain = "GET /bucket/key HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(judge(plain, {.unsigned_requests = unsigned_rule::accept}).value().signature,
            signature_place::none);
}

TEST(verify, refuses_more_than_one_signature) {
  auto const good = request{}.raw();
  auto const start = good.find("Authorization: ");
  auto const line = good.substr(start, good.find("\r\n", start) + 2 - start);
  EXPECT_EQ(refusal(good.substr(0, good.size() - 2) + line + "\r\n"), errc::invalid_authorization);
  for (auto const* const query :
       {"X-Amz-Signature=x", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "x-amz-credential=c", "X%2DAmz-Signature=x",
        "AWSAccessKeyId=a&Signature=s"}) {
    EXPECT_EQ(refusal(request{.target = std::string("/bucket/key?") + query}.raw()),
              errc::invalid_authorization)
        << query;
  }
  EXPECT_EQ(refusal("GET /b?X-Amz-Signature=x&X-Amz-Signature=y HTTP/1.1\r\nHost: h\r\n\r\n"),
            errc::invalid_authorization);
}

TEST(verify, tells_who_signs_with_version_2_in_the_query_what_to_change) {
  for (auto const rule : {unsigned_rule::refuse, unsigned_rule::accept}) {
    for (auto const* const query : {"AWSAccessKeyId=a&Expires=1&Signature=s", "Signature=s&awsaccesskeyid=a",
                                    "AWSAccessKeyId=&Signature="}) {
      auto const raw = std::string("GET /bucket/key?") + query + " HTTP/1.1\r\nHost: h\r\n\r\n";
      EXPECT_EQ(refusal(raw, {.unsigned_requests = rule}), errc::unsupported_signature) << query;
    }
  }
}

TEST(verify, refuses_a_query_that_does_not_decode) {
  EXPECT_EQ(refusal("GET /bucket?a=%zz HTTP/1.1\r\nHost: h\r\n\r\n"), errc::invalid_uri);
  EXPECT_EQ(refusal(request{.target = "/bucket?a=%zz"}.raw()), errc::invalid_uri);
}

TEST(verify, allows_a_quarter_of_an_hour_of_skew_either_way) {
  EXPECT_EQ(refusal(request{.at = now + 900s}.raw()), std::nullopt);
  EXPECT_EQ(refusal(request{.at = now - 900s}.raw()), std::nullopt);
  EXPECT_EQ(refusal(request{.at = now + 901s}.raw()), errc::request_time_too_skewed);
  EXPECT_EQ(refusal(request{.at = now - 901s}.raw()), errc::request_time_too_skewed);
  EXPECT_EQ(refusal(request{.at = now - std::chrono::years{10}}.raw()), errc::request_time_too_skewed);
}

TEST(verify, needs_one_usable_time) {
  auto without = request{}.headers();
  without.erase("x-amz-date");
  EXPECT_EQ(refusal(request{}.raw(without)), errc::missing_date);
  auto const good = request{}.raw();
  for (auto const* const junk : {"20130524T126000Z", "20130524", "2013-05-24T12:00:00Z", "20130230T120000Z",
                                 "Fri, 24 May 2013 12:00:00 GMT", ""}) {
    EXPECT_EQ(refusal(replaced(good, "x-amz-date: 20130524T120000Z", std::string("x-amz-date: ") + junk)),
              errc::missing_date)
        << junk;
  }
  EXPECT_EQ(refusal(request{.more = "x-amz-date: 20130524T120000Z\r\n"}.raw()), errc::missing_date);
}

TEST(verify, takes_the_time_from_the_date_field_when_there_is_no_other) {
  auto headers = request{}.headers();
  headers.erase("x-amz-date");
  auto const with_date = [&](std::string_view date) {
    auto list = headers;
    list.set("Date", date);
    return refusal(request{}.raw(list));
  };
  // The time is usable; the header that was signed is not there.
  EXPECT_EQ(with_date("Fri, 24 May 2013 12:00:00 GMT"), errc::signature_does_not_match);
  EXPECT_EQ(with_date("Fri, 24 May 2013 12:00:00 -0000"), errc::signature_does_not_match);
  EXPECT_EQ(with_date("20130524T120000Z"), errc::signature_does_not_match);
  EXPECT_EQ(with_date("Fri, 24 May 2013 13:00:00 GMT"), errc::request_time_too_skewed);
  EXPECT_EQ(with_date("yesterday"), errc::missing_date);
}

TEST(verify, refuses_a_scope_of_another_day) {
  auto const good = request{}.raw();
  EXPECT_EQ(refusal(replaced(good, "/20130524/", "/20130525/")), errc::authorization_malformed);
}

TEST(verify, refuses_an_unsigned_amz_header) {
  for (auto const* const line :
       {"x-amz-acl: public-read", "X-Amz-Meta-A: 1", "X-AMZ-COPY-SOURCE: /b/k", "x-amz-security-token: t"}) {
    EXPECT_EQ(refusal(request{.more = std::string(line) + "\r\n"}.raw()), errc::headers_not_signed) << line;
  }
  EXPECT_EQ(refusal(request{.more = "Range: bytes=0-1\r\nIf-Match: x\r\nx-amazing: 1\r\n"}.raw()),
            std::nullopt);
}

TEST(verify, refuses_a_signature_that_does_not_cover_the_host) {
  auto const good = request{}.raw();
  EXPECT_EQ(refusal(replaced(good, "SignedHeaders=host;", "SignedHeaders=")), errc::headers_not_signed);
}

TEST(verify, refuses_a_signature_that_covers_an_absent_header) {
  // Signed with an empty value, which is what an absent one would look like.
  auto with_empty = request{};
  with_empty.extra.add("x-amz-meta-a", "");
  EXPECT_EQ(refusal(with_empty.raw()), std::nullopt);
  EXPECT_EQ(refusal(replaced(with_empty.raw(), "x-amz-meta-a: \r\n", "")), errc::signature_does_not_match);
}

TEST(verify, does_not_need_the_payload_word_among_the_signed_headers) {
  // Made by hand: our signer always lists it.
  http::field_list fields;
  fields.add({"host", "h"});
  fields.add({"x-amz-date", "20130524T120000Z"});
  std::vector<std::string_view> const names{"host", "x-amz-date"};
  auto const canonical =
      canonical_request({"GET", "/b", "", fields, names, "host;x-amz-date", unsigned_payload_word});
  credential_scope const scope{long_lived.key_id, "20130524", "us-east-1", "s3"};
  auto const key = derive_signing_key(long_lived.secret_key, "20130524", "us-east-1", "s3");
  auto const signature =
      base::to_hex(base::hmac_sha256(key, string_to_sign("20130524T120000Z", scope, canonical)));
  auto const raw_with = [&](std::string const& word_line) {
    return "GET /b HTTP/1.1\r\nHost: h\r\nx-amz-date: 20130524T120000Z\r\n" + word_line +
           "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20130524/us-east-1/s3/aws4_request, "
           "SignedHeaders=host;x-amz-date, Signature=" +
           signature + "\r\n\r\n";
  };
  EXPECT_EQ(refusal(raw_with("x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n")), std::nullopt);
  EXPECT_EQ(refusal(raw_with("x-amz-content-sha256: " + std::string(empty_payload_hash) + "\r\n")),
            errc::signature_does_not_match);
  EXPECT_EQ(refusal(raw_with("")), errc::missing_content_sha256);
}

TEST(verify, says_what_the_body_must_be) {
  auto const payload_of = [](std::string const& word) {
    return judge(request{.payload = word}.raw()).value().payload;
  };
  EXPECT_TRUE(std::holds_alternative<unsigned_payload>(payload_of("UNSIGNED-PAYLOAD")));
  auto const hash = std::string(empty_payload_hash);
  EXPECT_EQ(base::to_hex(std::get<hashed_payload>(payload_of(hash)).sha256), hash);
}

TEST(verify, refuses_a_payload_word_that_says_nothing_we_know) {
  for (auto const& word : {std::string("deadbeef"), std::string(64, 'A'), std::string(63, 'a'),
                           std::string(65, 'a'), std::string("unsigned-payload"), std::string{}}) {
    EXPECT_EQ(refusal(request{.payload = word}.raw()), errc::invalid_content_sha256) << word;
  }
}

TEST(verify, wants_the_session_token_of_a_temporary_key_and_of_no_other) {
  auto const with_token = request{.with = temporary}.raw();
  EXPECT_EQ(refusal(with_token, {.keys = &temporary}), std::nullopt);
  EXPECT_EQ(refusal(request{}.raw(), {.keys = &temporary}), errc::invalid_token);
  EXPECT_EQ(refusal(with_token, {.keys = &long_lived}), errc::invalid_token);
  auto other = temporary;
  other.session_token = base::secret{"tokem"};
  EXPECT_EQ(refusal(request{.with = other}.raw(), {.keys = &temporary}), errc::invalid_token);
}

TEST(verify, takes_the_session_token_from_the_query_as_well) {
  auto const of = [](std::string const& target) { return request{.target = target}.raw(); };
  EXPECT_EQ(refusal(of("/bucket/key?X-Amz-Security-Token=token"), {.keys = &temporary}), std::nullopt);
  EXPECT_EQ(refusal(of("/bucket/key?x-amz-security-token=tokem"), {.keys = &temporary}), errc::invalid_token);
  EXPECT_EQ(refusal(of("/bucket/key?X-Amz-Security-Token=token")), errc::invalid_token);
}

TEST(verify, refuses_more_than_one_session_token) {
  rules const of{.keys = &temporary};
  auto both = request{.target = "/bucket/key?X-Amz-Security-Token=token", .with = temporary};
  EXPECT_EQ(refusal(both.raw(), of), std::nullopt) << "the same twice is one";
  both.target = "/bucket/key?X-Amz-Security-Token=other";
  EXPECT_EQ(refusal(both.raw(), of), errc::invalid_authorization);
  both.target = "/bucket/key?X-Amz-Security-Token=token&X-Amz-Security-Token=token";
  EXPECT_EQ(refusal(both.raw(), of), errc::invalid_authorization);
  auto const lines = request{.with = temporary, .more = "x-amz-security-token: token\r\n"};
  EXPECT_EQ(refusal(lines.raw(), of), errc::invalid_authorization);
}

TEST(verify, tells_nothing_about_the_token_before_the_signature_is_right) {
  auto wrong = request{};
  wrong.with.secret_key = base::secret{"wrong"};
  EXPECT_EQ(refusal(wrong.raw(), {.keys = &temporary}), errc::signature_does_not_match);
}

TEST(verify, refuses_what_a_web_server_might_normalise) {
  for (auto const* const other :
       {"/bucket//key", "/bucket/./key", "/bucket/x/../key", "/bucket/key/", "/Bucket/key"}) {
    EXPECT_EQ(refusal(replaced(request{}.raw(), "/bucket/key", other)), errc::signature_does_not_match)
        << other;
  }
}

}  // namespace
}  // namespace s3proxy::s3
