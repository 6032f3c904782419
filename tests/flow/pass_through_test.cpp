#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using enum fault::kind;

constexpr std::size_t KiB = 1024;

std::string error_document(std::string const& code) {
  return "<?xml version=\"1.0\"?>\n<Error><Code>" + code + "</Code><Message>m</Message><AWSAccessKeyId>" +
         "FLOWTESTKEY000000001</AWSAccessKeyId></Error>";
}

std::size_t times(received const& seen, std::string_view name) {
  return static_cast<std::size_t>(
      std::ranges::count_if(seen.headers, [&](auto const& h) { return http::same_name(h.name, name); }));
}

TEST(pass_through, what_an_upload_says_about_its_object_is_forwarded) {
  world w;
  fields const said{{"Content-Type", "text/csv"},
                    {"Content-Encoding", "gzip"},
                    {"Content-Disposition", "attachment; filename=\"a.csv\""},
                    {"Content-Language", "de"},
                    {"Content-MD5", "XUFAKrxLKna5cZ2REBfFkg=="},
                    {"Cache-Control", "max-age=60"},
                    {"Expires", "Thu, 01 Jan 2026 00:00:00 GMT"},
                    {"If-None-Match", "*"},
                    {"x-amz-meta-colour", "r\xc3\xb6t, blau"},
                    {"x-amz-meta-under_score", "1"},
                    {"x-amz-storage-class", "STANDARD_IA"},
                    {"x-amz-server-side-encryption", "AES256"},
                    {"x-amz-tagging", "a=b"},
                    {"x-amz-checksum-crc32c", "yZRlqg=="}};
  ASSERT_EQ(w.put("/bucket/k", "hello", said).status, 200U);
  auto const seen = w.origin.requests().at(0);
  for (auto const& [name, value] : said) {
    EXPECT_EQ(seen.header(name), value) << name;
    EXPECT_EQ(times(seen, name), 1U) << name;
  }
}

TEST(pass_through, what_concerns_one_connection_or_one_signature_is_not_forwarded) {
  world w({.session_token = "token"});
  fields const said{{"Connection", "keep-alive, x-amz-meta-kept"},
                    {"Keep-Alive", "timeout=5"},
                    {"Proxy-Connection", "keep-alive"},
                    {"TE", "trailers"},
                    {"Trailer", "x-late"},
                    {"Upgrade", "h2c"},
                    {"Proxy-Authorization", "Basic eA=="},
                    {"X-Forwarded-For", "10.0.0.1"},
                    {"X-Forwarded-Host", "evil.example"},
                    {"X-HTTP-Method-Override", "DELETE"},
                    {"X-Original-URL", "/other"},
                    {"Accept-Encoding", "gzip"},
                    {"Cookie", "a=b"},
                    {"Origin", "http://page.example"}};
  auto with_meta = said;
  with_meta.emplace_back("x-amz-meta-kept", "yes");
  with_meta.emplace_back("User-Agent", "a client");
  ASSERT_EQ(w.put("/bucket/k", "hello", with_meta).status, 200U);
  auto const seen = w.origin.requests().at(0);
  for (auto const& [name, value] : said) {
    EXPECT_FALSE(seen.headers.contains(name)) << name;
  }
  EXPECT_EQ(seen.header("user-agent"), "s3proxy/" S3PROXY_VERSION);
  EXPECT_EQ(seen.header("x-amz-meta-kept"), "yes") << "Connection cannot name it away";
}

TEST(pass_through, the_store_gets_one_signature_and_it_is_ours) {
  world w({.session_token = "token"});
  auto const bytes = signed_bytes({"PUT", "/bucket/k", {{"x-amz-meta-a", "1"}}, "hello"}, w.proxy->port(),
                                  w.keys, w.clock.wall_now() - std::chrono::minutes(10), "eu-west-3");
  auto link = w.connect();
  link.send(bytes);
  ASSERT_EQ(link.read().status, 200U);
  auto const seen = w.origin.requests().at(0);
  for (auto const* name :
       {"host", "authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"}) {
    EXPECT_EQ(times(seen, name), 1U) << name;
  }
  EXPECT_EQ(seen.header("host"), "127.0.0.1:" + std::to_string(w.origin.port()));
  EXPECT_EQ(seen.header("x-amz-date"), "20260102T030405Z");
  EXPECT_NE(seen.header("authorization").find("/20260102/us-east-1/s3/aws4_request"), std::string::npos);
  EXPECT_NE(seen.header("authorization").find("x-amz-meta-a"), std::string::npos);
}

TEST(pass_through, path_and_query_are_forwarded_in_the_very_bytes) {
  world w;
  for (auto const* target :
       {"/bucket/a%2Fb?acl", "/bucket//a//b?acl", "/bucket/./a/../b?acl", "/bucket/a+b%20c?acl",
        "/bucket/a=b;c@d:e,f?acl", "/bucket/%C3%A4%c3%a4?acl", "/bucket/a/?acl",
        "/bucket?prefix=a+b%2Bc&delimiter=%2F&marker", "/bucket/a?tagging&x-id=GetObjectTagging"}) {
    w.origin.forget_requests();
    w.get(target);
    ASSERT_EQ(w.origin.count(), 1U) << target;
    EXPECT_EQ(w.origin.requests()[0].target, target);
  }
}

TEST(pass_through, the_stores_answer_arrives_as_it_was_sent) {
  world w;
  w.origin.put(
      "/bucket/k",
      {.body = telling_bytes(1, 0, 400 * KiB),
       .tag = "\"v1\"",
       .fields = "x-amz-version-id: abc\r\nx-of-this-store: yes\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n"
                 "Content-Type: text/x\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\n"});
  auto const got = w.get("/bucket/k?acl");
  EXPECT_EQ(got.status, 200U);
  EXPECT_TRUE(got.body == telling_bytes(1, 0, 400 * KiB));
  EXPECT_EQ(got.header("x-amz-version-id"), "abc");
  EXPECT_EQ(got.header("x-of-this-store"), "yes");
  EXPECT_EQ(got.header("content-type"), "text/x");
  EXPECT_EQ(got.header("x-amz-request-id"), "ORIGIN0000000001");
  EXPECT_EQ(std::ranges::count_if(got.headers, [](auto const& h) { return h.name == "Set-Cookie"; }), 2);
  EXPECT_EQ(std::ranges::count_if(got.headers, [](auto const& h) { return h.name == "Date"; }), 1);
  EXPECT_FALSE(got.headers.contains("keep-alive"));
  EXPECT_FALSE(got.headers.contains("proxy-authenticate"));
}

TEST(pass_through, an_answer_of_unknown_length_streams_on_and_the_connection_lives) {
  world w;
  w.origin.put_version("/bucket/k", 1, 300 * KiB);
  auto link = w.connect();
  for (int i = 0; i < 3; ++i) {
    w.origin.next({.what = no_length});
    link.send(w.signed_request({"GET", "/bucket/k?acl"}));
    auto const got = link.read();
    EXPECT_EQ(got.header("transfer-encoding"), "chunked");
    EXPECT_TRUE(got.complete);
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
    EXPECT_EQ(got.body.size(), 300 * KiB);
  }
}

TEST(pass_through, interim_answers_are_passed_over) {
  world w;
  w.origin.put_version("/bucket/k", 1, 1000);
  for (auto const& what :
       std::vector<request>{{"GET", "/bucket/k"}, {"GET", "/bucket/k?acl"}, {"PUT", "/bucket/n", {}, "x"}}) {
    w.origin.next({.what = interim});
    EXPECT_EQ(w.ask(what).status, 200U) << what.method << " " << what.target;
  }
}

TEST(pass_through, a_redirect_is_relayed_without_its_target) {
  world w;
  for (auto const status : {301U, 302U, 307U, 308U}) {
    for (auto const& what :
         std::vector<request>{{"GET", "/bucket/k"}, {"GET", "/bucket?acl"}, {"PUT", "/bucket/k", {}, "x"}}) {
      w.origin.next({.what = answer_status,
                     .status = status,
                     .body = error_document("PermanentRedirect"),
                     .extra_fields = "Location: http://the-stores-own-host/bucket/k\r\n"});
      auto const got = w.ask(what);
      EXPECT_EQ(got.status, status) << what.method;
      EXPECT_EQ(got.error_code(), "PermanentRedirect");
      EXPECT_FALSE(got.headers.contains("location"));
    }
  }
}

TEST(pass_through, an_uploads_location_is_no_redirect) {
  world w;
  w.origin.next({.what = answer_status, .status = 200, .extra_fields = "Location: /bucket\r\n"});
  EXPECT_EQ(w.ask({"PUT", "/bucket"}).header("location"), "/bucket");
}

std::vector<request> one_of_each() {
  return {{"GET", "/bucket/k"},
          {"GET", "/bucket/k?acl"},
          {"GET", "/bucket?list-type=2"},
          {"GET", "/bucket?location"},
          {"GET", "/"},
          {"PUT", "/bucket/k", {}, "hello"},
          {"DELETE", "/bucket/k"},
          {"POST", "/bucket?delete", {}, "<Delete/>"}};
}

TEST(pass_through, that_our_credentials_are_refused_is_our_fault_and_stays_here) {
  for (auto const* code : {"SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "InvalidToken",
                           "RequestTimeTooSkewed", "AuthorizationHeaderMalformed", "TokenRefreshRequired"}) {
    for (auto const& what : one_of_each()) {
      world w;
      w.origin.next({.what = answer_status, .status = 403, .body = error_document(code)}, 99);
      auto const got = w.ask(what);
      EXPECT_EQ(got.status, 502U) << code << " " << what.method << " " << what.target;
      EXPECT_EQ(got.error_code(), "BadGateway") << code << " " << what.method << " " << what.target;
      EXPECT_EQ(got.body.find(w.keys.key_id.str()), std::string::npos);
      EXPECT_EQ(got.body.find(code), std::string::npos);
    }
  }
}

TEST(pass_through, what_else_the_store_refuses_is_relayed_word_for_word) {
  struct row {
    unsigned status;
    std::string code;
  };
  for (auto const& [status, code] :
       {row{403, "AccessDenied"}, row{404, "NoSuchBucket"}, row{409, "BucketNotEmpty"},
        row{400, "EntityTooLarge"}, row{429, "TooManyRequests"}, row{500, "InternalError"},
        row{503, "SlowDown"}, row{507, "AStoresOwn"}}) {
    for (auto const& what : one_of_each()) {
      world w;
      w.origin.next({.what = answer_status,
                     .status = status,
                     .body = error_document(code),
                     .extra_fields = "Retry-After: 7\r\n"},
                    99);
      auto const got = w.ask(what);
      EXPECT_EQ(got.status, status) << code << " " << what.method << " " << what.target;
      EXPECT_EQ(got.body, error_document(code));
      EXPECT_EQ(got.header("retry-after"), "7");
    }
  }
}

TEST(pass_through, an_error_that_is_no_document_is_relayed_word_for_word) {
  world w;
  for (auto const& body :
       {std::string("<html>no"), std::string(), std::string(200 * KiB, 'x'), std::string("<Error>")}) {
    w.origin.next({.what = answer_status, .status = 403, .body = body});
    auto const got = w.get("/bucket/k?acl");
    EXPECT_EQ(got.status, 403U);
    EXPECT_TRUE(got.complete);
    EXPECT_TRUE(got.body == body) << body.size();
  }
}

TEST(pass_through, an_error_too_long_to_see_whom_it_blames_is_not_relayed) {
  world w;
  auto const body = "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>" + w.keys.key_id.str() +
                    "</AWSAccessKeyId><CanonicalRequest>" + std::string(200 * KiB, 'x') +
                    "</CanonicalRequest></Error>";
  w.origin.next({.what = answer_status, .status = 403, .body = body});
  auto const got = w.get("/bucket/k?acl");
  EXPECT_EQ(got.status, 502U);
  EXPECT_EQ(got.body.find(w.keys.key_id.str()), std::string::npos);
}

TEST(pass_through, a_head_is_answered_without_a_body) {
  world w;
  w.origin.put_version("/bucket", 1, 10);
  auto link = w.connect();
  for (auto const* target : {"/bucket", "/bucket/missing", "/bucket/k?partNumber=1"}) {
    link.send(w.signed_request({"HEAD", target}));
    EXPECT_EQ(link.read("HEAD").status, std::string(target) == "/bucket" ? 200U : 404U) << target;
  }
  w.origin.next({.what = answer_status, .status = 403, .body = error_document("SignatureDoesNotMatch")});
  link.send(w.signed_request({"HEAD", "/bucket"}));
  EXPECT_EQ(link.read("HEAD").status, 403U) << "without a document nobody can tell whose fault it is";
}

TEST(pass_through, a_cut_answer_never_ends_cleanly) {
  for (auto const what : {cut_body, reset_body}) {
    world w;
    w.origin.put_version("/bucket/k", 1, 400 * KiB);
    w.origin.next({.what = what, .bytes = 200 * KiB});
    auto link = w.connect();
    link.send(w.signed_request({"GET", "/bucket/k?acl"}));
    auto const got = link.read();
    EXPECT_EQ(got.status, 200U);
    EXPECT_FALSE(got.complete);
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  }
}

TEST(pass_through, bytes_behind_an_answer_never_become_the_next_one) {
  world w({.threads = 1});
  w.origin.put_version("/bucket/k", 1, 1000);
  for (int i = 0; i < 5; ++i) {
    w.origin.next({.what = long_body});
    auto const got = w.get("/bucket/k?acl");
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(got.body, telling_bytes(1, 0, 1000));
  }
}

TEST(pass_through, forms_that_would_lend_our_rights_are_not_offered) {
  world w;
  EXPECT_EQ(w.get("/bucket?session").error_code(), "NotImplemented");
  auto const form =
      w.ask({"POST", "/bucket", {{"Content-Type", "multipart/form-data; boundary=x"}}, "--x--"});
  EXPECT_EQ(form.status, 501U);
  EXPECT_EQ(w.origin.count(), 0U);
}

}  // namespace
}  // namespace s3proxy::test
