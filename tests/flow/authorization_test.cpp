#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

std::string replaced(std::string text, std::string const& what, std::string const& with) {
  auto const at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " is not in " << text;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

std::string without_line(std::string const& text, std::string const& name) {
  auto const begin = text.find(name + ": ");
  EXPECT_NE(begin, std::string::npos) << name;
  return text.substr(0, begin) + text.substr(text.find("\r\n", begin) + 2);
}

std::string with_line(std::string const& text, std::string const& line) {
  return replaced(text, "\r\n\r\n", "\r\n" + line + "\r\n\r\n");
}

struct refusal {
  std::string bytes;
  unsigned status;
  std::string code;
};

/// A world that holds `/bucket/k` in its cache: what is refused is refused although it could be answered.
struct warm_world : world {
  explicit warm_world(choices with = {}) : world(std::move(with)) {
    origin.put_version("/bucket/k", 1, 1000);
    EXPECT_EQ(get("/bucket/k").status, 200U);
    origin.forget_requests();
  }

  answer send(std::string const& bytes) {
    auto link = connect();
    link.send(bytes);
    return link.read();
  }

  void expect(std::vector<refusal> const& rows) {
    for (auto const& row : rows) {
      auto const got = send(row.bytes);
      EXPECT_EQ(got.status, row.status) << row.bytes;
      EXPECT_EQ(got.error_code(), row.code) << row.bytes;
      EXPECT_EQ(got.body.find(keys.key_id.str()), std::string::npos)
          << "an error must not show the key: " << got.body;
    }
    EXPECT_EQ(origin.count(), 0U);
  }

  std::string good() { return signed_request({"GET", "/bucket/k"}); }
  std::string signed_at(std::chrono::seconds offset) {
    return signed_bytes({"GET", "/bucket/k"}, proxy->port(), keys, clock.wall_now() + offset);
  }
  std::string signed_with(s3::credentials const& with) {
    return signed_bytes({"GET", "/bucket/k"}, proxy->port(), with, clock.wall_now());
  }
};

TEST(authorization, who_cannot_sign_is_refused) {
  warm_world w;
  w.expect(
      {{plain_bytes({"GET", "/bucket/k"}, w.proxy->port()), 403, "AccessDenied"},
       {w.signed_with({w.keys.key_id, base::secret("another secret"), {}}), 403, "SignatureDoesNotMatch"},
       {w.signed_with({base::access_key_id("NOBODY"), w.keys.secret_key, {}}), 403, "InvalidAccessKeyId"},
       {w.signed_with({base::access_key_id("NOBODY"), base::secret("x"), {}}), 403, "InvalidAccessKeyId"}});
}

TEST(authorization, what_was_signed_cannot_be_changed) {
  warm_world w;
  auto const ranged = w.signed_request({"GET", "/bucket/k", {{"Range", "bytes=0-0"}}});
  auto const good = w.good();
  auto const signature = good.find("Signature=") + 10;
  auto const flipped =
      good.substr(0, signature) + (good[signature] == '0' ? '1' : '0') + good.substr(signature + 1);
  w.expect({{replaced(ranged, "bytes=0-0", "bytes=0-9"), 403, "SignatureDoesNotMatch"},
            {replaced(good, "GET /bucket/k ", "GET /bucket/other "), 403, "SignatureDoesNotMatch"},
            {replaced(good, "GET /bucket/k ", "GET /bucket/k?acl "), 403, "SignatureDoesNotMatch"},
            {replaced(good, "GET /", "DELETE /"), 403, "SignatureDoesNotMatch"},
            {replaced(good, "Host: 127.0.0.1", "Host: 127.0.0.2"), 403, "SignatureDoesNotMatch"},
            {replaced(good, "/us-east-1/", "/us-east-2/"), 403, "SignatureDoesNotMatch"},
            {flipped, 403, "SignatureDoesNotMatch"}});
}

TEST(authorization, what_was_not_signed_is_not_believed) {
  warm_world w;
  w.expect({{with_line(w.good(), "x-amz-acl: public-read"), 403, "AccessDenied"},
            {with_line(w.good(), "X-AMZ-Meta-Colour: red"), 403, "AccessDenied"},
            {replaced(w.good(), "SignedHeaders=host;", "SignedHeaders="), 403, "AccessDenied"}});
}

TEST(authorization, the_clocks_may_differ_by_fifteen_minutes) {
  warm_world w;
  w.expect(
      {{w.signed_at(901s), 403, "RequestTimeTooSkewed"}, {w.signed_at(-901s), 403, "RequestTimeTooSkewed"}});
  EXPECT_NE(w.send(w.signed_at(1h)).body.find("<ServerTime>"), std::string::npos);
  EXPECT_EQ(w.send(w.signed_at(900s)).status, 200U);
  EXPECT_EQ(w.send(w.signed_at(-900s)).status, 200U);
}

TEST(authorization, a_malformed_authorization_is_named) {
  warm_world w;
  auto const unsigned_bytes = plain_bytes({"GET", "/bucket/k"}, w.proxy->port());
  auto const good = w.good();
  auto const line =
      good.substr(good.find("Authorization: "),
                  good.find("\r\n", good.find("Authorization: ")) - good.find("Authorization: "));
  w.expect({{replaced(good, "/s3/aws4_request", "/ec2/aws4_request"), 400, "AuthorizationHeaderMalformed"},
            {replaced(good, "/s3/aws4_request", "/s3/aws3_request"), 400, "AuthorizationHeaderMalformed"},
            {replaced(good, "/20260102/", "/20260103/"), 400, "AuthorizationHeaderMalformed"},
            {replaced(good, "SignedHeaders=", "SignedHeads="), 400, "AuthorizationHeaderMalformed"},
            {with_line(good, line), 400, "InvalidArgument"},
            {with_line(unsigned_bytes, "Authorization: Bearer x"), 400, "InvalidArgument"},
            {with_line(unsigned_bytes, "Authorization: AWS KEY:c2ln"), 400, "InvalidRequest"},
            {with_line(unsigned_bytes, "Authorization:"), 403, "AccessDenied"},
            {without_line(good, "x-amz-date"), 403, "AccessDenied"},
            {replaced(good, "x-amz-date: 2026", "x-amz-date: yyyy"), 403, "AccessDenied"}});
}

TEST(authorization, the_hash_of_the_body_must_be_told) {
  warm_world w;
  auto const of = [&](std::string hash) {
    return w.signed_request({"GET", "/bucket/k", {}, {}, std::move(hash)});
  };
  w.expect({{without_line(w.good(), "x-amz-content-sha256"), 400, "InvalidRequest"},
            {of("deadbeef"), 400, "InvalidArgument"},
            {of(std::string(64, 'A')), 400, "InvalidArgument"},
            {of(std::string(64, 'a')), 400, "XAmzContentSHA256Mismatch"}});
  EXPECT_EQ(w.send(of("UNSIGNED-PAYLOAD")).status, 200U);
}

TEST(authorization, forms_that_are_not_spoken_are_refused_by_name_and_never_forwarded) {
  warm_world w;
  auto const unsigned_bytes = plain_bytes({"GET", "/bucket/k"}, w.proxy->port());
  auto const of_query = [&](std::string const& query) {
    return plain_bytes({"GET", "/bucket/k?" + query}, w.proxy->port());
  };
  w.expect({{of_query("AWSAccessKeyId=A&Signature=b&Expires=1"), 400, "InvalidRequest"},
            {with_line(unsigned_bytes, "Authorization: AWS A:b"), 400, "InvalidRequest"},
            {of_query("X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"), 501, "NotImplemented"},
            {with_line(unsigned_bytes, "Authorization: AWS4-ECDSA-P256-SHA256 Credential=a"), 501,
             "NotImplemented"}});
  // What to change is said in words that a user of boto3 can type.
  EXPECT_NE(w.send(of_query("AWSAccessKeyId=A&Signature=b")).body.find("signature_version="),
            std::string::npos);
}

TEST(authorization, two_signatures_in_one_request_are_refused) {
  warm_world w;
  auto const presigned = presigned_bytes({"GET", "/bucket/k"}, w.proxy->port(), w.keys, w.clock.wall_now());
  auto const target = presigned.substr(4, presigned.find(" HTTP/1.1") - 4);
  w.expect({{replaced(w.good(), "GET /bucket/k ", "GET " + target + " "), 400, "InvalidArgument"}});
}

TEST(authorization, a_body_in_chunks_is_refused_where_none_belongs) {
  warm_world w;
  auto const of = [&](std::string method, std::string target, std::string word, fields headers) {
    return w.signed_request(
        {std::move(method), std::move(target), std::move(headers), "hello", std::move(word)});
  };
  fields const length{{"x-amz-decoded-content-length", "5"}};
  fields const trailer{{"x-amz-decoded-content-length", "5"}, {"x-amz-trailer", "x-amz-checksum-crc32"}};
  std::string const hmac = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  std::string const unsigned_trailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  w.expect(
      {{of("POST", "/bucket?delete", hmac, length), 400, "InvalidRequest"},
       {of("POST", "/bucket/k?uploadId=u", unsigned_trailer, trailer), 400, "InvalidRequest"},
       {of("PUT", "/bucket", hmac, length), 400, "InvalidRequest"},
       {of("PUT", "/bucket/k?acl", unsigned_trailer, trailer), 400, "InvalidRequest"},
       {of("PUT", "/bucket/k?acl", "UNSIGNED-PAYLOAD", length), 400, "InvalidRequest"},
       {of("PUT", "/bucket/k", hmac, {}), 411, "MissingContentLength"},
       {of("PUT", "/bucket/k", hmac, {{"x-amz-decoded-content-length", "5368709121"}}), 400,
        "EntityTooLarge"},
       {of("PUT", "/bucket/k", unsigned_trailer, length), 400, "InvalidRequest"},
       {of("PUT", "/bucket/k", hmac, trailer), 400, "InvalidRequest"},
       {of("PUT", "/bucket/k", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", length), 501, "NotImplemented"}});
}

TEST(authorization, a_streaming_form_with_a_bad_signature_is_refused_for_its_signature) {
  warm_world w;
  auto const bytes =
      signed_bytes({"PUT", "/bucket/k", {}, "hello", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, w.proxy->port(),
                   {w.keys.key_id, base::secret("another"), {}}, w.clock.wall_now());
  w.expect({{bytes, 403, "SignatureDoesNotMatch"}});
}

TEST(authorization, any_region_may_be_signed_for_and_the_store_gets_its_own) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  auto link = w.connect();
  link.send(signed_bytes({"GET", "/bucket/k"}, w.proxy->port(), w.keys, w.clock.wall_now(), "eu-central-1"));
  EXPECT_EQ(link.read().status, 200U);
  auto const seen = w.origin.requests().at(0).header("authorization");
  EXPECT_NE(seen.find("/20260102/us-east-1/s3/aws4_request"), std::string::npos) << seen;
}

TEST(authorization, a_bad_name_is_refused_after_the_signature_and_before_the_store) {
  warm_world w;
  auto const of = [&](std::string target) { return w.signed_request({"GET", std::move(target)}); };
  w.expect({{of("/-/k"), 400, "InvalidBucketName"},
            {of("/../k"), 400, "InvalidBucketName"},
            {of("/bucket/" + std::string(1025, 'k')), 400, "KeyTooLongError"},
            {of("/bucket/%zz"), 400, "InvalidURI"},
            {of("/bucket/%00"), 400, "InvalidURI"},
            {of("/bucket/%C0%AF"), 400, "InvalidURI"}});
}

TEST(authorization, the_session_token_must_be_the_same) {
  warm_world w({.session_token = "our token"});
  w.expect(
      {{w.signed_with({w.keys.key_id, w.keys.secret_key, {}}), 403, "InvalidToken"},
       {w.signed_with({w.keys.key_id, w.keys.secret_key, base::secret("our tokem")}), 403, "InvalidToken"}});
  EXPECT_EQ(w.send(w.good()).status, 200U);
}

TEST(authorization, a_token_where_we_have_none_is_refused) {
  warm_world w;
  w.expect(
      {{w.signed_with({w.keys.key_id, w.keys.secret_key, base::secret("a token")}), 403, "InvalidToken"}});
}

TEST(authorization, our_token_goes_to_the_store) {
  world w({.session_token = "our token"});
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  EXPECT_EQ(w.put("/bucket/k", "new").status, 200U);
  for (auto const& seen : w.origin.requests()) {
    EXPECT_EQ(seen.header("x-amz-security-token"), "our token");
    EXPECT_EQ(
        std::ranges::count_if(seen.headers, [](auto const& h) { return h.name == "x-amz-security-token"; }),
        1);
  }
}

TEST(authorization, an_error_carries_our_request_id_and_the_resource) {
  world w;
  auto link = w.connect();
  link.send(plain_bytes({"GET", "/bucket/a&b"}, w.proxy->port()));
  auto const got = link.read();
  EXPECT_EQ(got.header("content-type"), "application/xml");
  EXPECT_NE(got.body.find("<RequestId>" + got.header("x-amz-request-id") + "</RequestId>"),
            std::string::npos);
  EXPECT_NE(got.body.find("<Resource>/bucket/a&amp;b</Resource>"), std::string::npos);
}

TEST(authorization, a_refused_head_has_no_body_and_its_connection_lives) {
  warm_world w;
  auto link = w.connect();
  link.send(plain_bytes({"HEAD", "/bucket/k"}, w.proxy->port()));
  EXPECT_EQ(link.read("HEAD").status, 403U);
  link.send(w.good());
  EXPECT_EQ(link.read().status, 200U);
}

}  // namespace
}  // namespace s3proxy::test
