#include "s3proxy/s3/sigv4.hpp"

#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t size = 1000;

std::string replaced(std::string text, std::string const& what, std::string const& with) {
  auto const at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " is not in " << text;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

std::string with_line(std::string const& text, std::string const& line) {
  return replaced(text, "\r\n\r\n", "\r\n" + line + "\r\n\r\n");
}

/// A world that holds `/bucket/k`, at the store only.
struct presigning_world : world {
  explicit presigning_world(choices with = {}) : world(std::move(with)) {
    origin.put_version("/bucket/k", 1, size);
  }

  std::string presigned(request const& what, std::chrono::seconds lifetime = 1h) {
    return presigned_bytes(what, proxy->port(), keys, clock.wall_now(), lifetime);
  }
  answer send(std::string const& bytes, std::string_view method = "GET") {
    auto link = connect();
    link.send(bytes);
    return link.read(method);
  }
  answer ask_presigned(request const& what) { return send(presigned(what), what.method); }
};

/// Why a store with these keys would refuse what it received; nothing when it would not.
std::optional<std::string> refusal_of(received const& got, s3::credentials const& keys, http::wall_time now) {
  std::string raw = got.method + " " + got.target + " HTTP/1.1\r\n";
  for (auto const& [name, value] : got.headers) {
    raw.append(name).append(": ").append(value).append("\r\n");
  }
  raw += "\r\n";
  auto const head = http::parse_request_head(raw);
  if (!head) {
    return raw + head.error().message();
  }
  auto const find = [&](std::string_view key_id) { return key_id == keys.key_id.str() ? &keys : nullptr; };
  s3::signing_key_cache cache;
  auto const verified = s3::verify(*head, {.find_key = find, .now = now, .keys = &cache});
  return verified ? std::nullopt : std::optional(raw + verified.error().message());
}

TEST(presigned, every_method_reaches_the_store_signed_by_us_and_by_nobody_else) {
  presigning_world w;
  request const table[] = {
      {"GET", "/bucket/k"},
      {"HEAD", "/bucket/other"},
      {"PUT", "/bucket/new", {{"Content-Type", "text/plain"}, {"x-amz-meta-a", "1"}}, "hello"},
      {"DELETE", "/bucket/new"},
      {"PUT", "/bucket/k?partNumber=1&uploadId=u%2B1", {}, "part"},
      {"POST", "/bucket/k?uploads"},
      {"GET", "/bucket?list-type=2&prefix=a+b"},
      {"GET", "/bucket/k?versionId=v%2F1&response-content-type=text%2Fcsv&acl"},
  };
  for (auto const& what : table) {
    w.origin.forget_requests();
    auto const got = w.ask_presigned(what);
    EXPECT_NE(got.status, 403U) << what.target << got.body;
    ASSERT_EQ(w.origin.count(), 1U) << what.target;
    auto const seen = w.origin.requests()[0];
    EXPECT_EQ(seen.method, what.method);
    EXPECT_EQ(seen.target, what.target);
    EXPECT_EQ(seen.body, what.body);
    EXPECT_EQ(refusal_of(seen, w.keys, w.clock.wall_now()), std::nullopt);
  }
}

TEST(presigned, a_read_is_answered_from_what_a_read_with_a_header_left) {
  presigning_world w;
  w.get("/bucket/k");
  w.origin.forget_requests();
  auto const whole = w.ask_presigned({"GET", "/bucket/k"});
  EXPECT_EQ(whole.status, 200U);
  EXPECT_EQ(differs(whole.body, 1, 0), std::nullopt);
  EXPECT_EQ(whole.header("cache-status"), "s3proxy; hit");
  // A Range is not signed: whoever holds the URL may ask for a part.
  auto const part = w.ask_presigned({"GET", "/bucket/k?x-id=GetObject", {{"Range", "bytes=10-19"}}});
  EXPECT_EQ(part.status, 206U);
  EXPECT_EQ(differs(part.body, 1, 10), std::nullopt);
  EXPECT_EQ(w.ask_presigned({"HEAD", "/bucket/k"}).header("content-length"), std::to_string(size));
  auto const renamed = w.ask_presigned({"GET", "/bucket/k?response-content-type=text%2Fcsv"});
  EXPECT_EQ(renamed.header("content-type"), "text/csv");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(presigned, a_read_with_a_header_is_answered_from_what_a_presigned_one_left) {
  presigning_world w;
  w.ask_presigned({"GET", "/bucket/k"});
  w.origin.forget_requests();
  EXPECT_EQ(w.get("/bucket/k").header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(presigned, a_write_is_seen_by_every_later_read) {
  presigning_world w;
  w.get("/bucket/k");
  EXPECT_EQ(w.ask_presigned({"PUT", "/bucket/k", {}, "new"}).status, 200U);
  EXPECT_EQ(w.get("/bucket/k").body, "new");
  EXPECT_EQ(w.ask_presigned({"DELETE", "/bucket/k"}).status, 204U);
  EXPECT_EQ(w.ask_presigned({"GET", "/bucket/k"}).status, 404U);
}

TEST(presigned, what_was_not_signed_is_refused_although_it_could_be_answered) {
  presigning_world w;
  w.get("/bucket/k");
  w.origin.forget_requests();
  auto const good = w.presigned({"GET", "/bucket/k"});
  auto const upload = w.presigned({"PUT", "/bucket/k", {}, "hello"});
  auto const signature = good.substr(good.find("X-Amz-Signature="), 80);
  auto const stale =
      presigned_bytes({"GET", "/bucket/k"}, w.proxy->port(), w.keys, w.clock.wall_now() - 61s, 60s);
  auto const early =
      presigned_bytes({"GET", "/bucket/k"}, w.proxy->port(), w.keys, w.clock.wall_now() + 901s);
  struct {
    std::string bytes;
    unsigned status;
    std::string code;
  } const table[] = {
      {stale, 403, "AccessDenied"},
      {early, 403, "AccessDenied"},
      {replaced(good, "X-Amz-Expires=3600", "X-Amz-Expires=604800"), 403, "SignatureDoesNotMatch"},
      {replaced(good, "X-Amz-Expires=3600", "X-Amz-Expires=1e3"), 400, "AuthorizationQueryParametersError"},
      {replaced(good, "X-Amz-Expires=3600&", ""), 400, "AuthorizationQueryParametersError"},
      {replaced(good, signature, http::to_lower(signature)), 400, "AuthorizationQueryParametersError"},
      {replaced(good, signature, signature + "&" + signature), 400, "InvalidArgument"},
      {replaced(good, signature, signature + "&response-content-type=text%2Fhtml"), 403,
       "SignatureDoesNotMatch"},
      {replaced(good, "GET /", "HEAD /"), 403, ""},
      {replaced(good, "GET /", "DELETE /"), 403, "SignatureDoesNotMatch"},
      {replaced(good, "/bucket/k?", "/bucket/l?"), 403, "SignatureDoesNotMatch"},
      {replaced(good, "/bucket/k?", "/bucket/k?versionId=1&"), 403, "SignatureDoesNotMatch"},
      {replaced(good, "Host: 127.0.0.1", "Host: 127.0.0.2"), 403, "SignatureDoesNotMatch"},
      {with_line(upload, "x-amz-acl: public-read"), 403, "AccessDenied"},
      {with_line(upload, "x-amz-copy-source: /bucket/secret"), 403, "AccessDenied"},
      {with_line(upload, "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"), 403, "AccessDenied"},
  };
  for (auto const& row : table) {
    auto const got = w.send(row.bytes, row.bytes.substr(0, row.bytes.find(' ')));
    EXPECT_EQ(got.status, row.status) << row.bytes;
    EXPECT_EQ(got.error_code(), row.code) << row.bytes;
    EXPECT_EQ(got.body.find(w.keys.key_id.str()), std::string::npos) << got.body;
  }
  EXPECT_EQ(w.origin.count(), 0U);
  EXPECT_NE(w.send(stale).body.find("<ServerTime>"), std::string::npos);
}

TEST(presigned, a_url_dies_with_its_time_though_the_bytes_are_here) {
  presigning_world w;
  auto const url = w.presigned({"GET", "/bucket/k"}, 60s);
  EXPECT_EQ(w.send(url).status, 200U);
  w.clock.advance(60s);
  EXPECT_EQ(w.send(url).status, 200U);
  w.clock.advance(1s);
  EXPECT_EQ(w.send(url).status, 403U);
}

TEST(presigned, a_header_that_was_hoisted_into_the_query_is_signed_there_again) {
  presigning_world w;
  request const table[] = {
      {"PUT", "/bucket/k?x-amz-acl=private&x-amz-meta-a=b%20c", {{"Content-Type", "text/plain"}}, "hello"},
      {"PUT", "/bucket/k?x-id=PutObject&x-amz-checksum-crc32=AAAAAA%3D%3D", {}, ""},
      {"GET", "/bucket/k?x-amz-request-payer=requester"},
  };
  for (auto const& what : table) {
    w.origin.forget_requests();
    EXPECT_EQ(w.ask_presigned(what).status, 200U) << what.target;
    ASSERT_EQ(w.origin.count(), 1U);
    auto const seen = w.origin.requests()[0];
    EXPECT_TRUE(seen.target.starts_with(what.target + "&X-Amz-Algorithm=")) << seen.target;
    EXPECT_EQ(seen.header("authorization"), "");
    EXPECT_EQ(seen.body, what.body);
    EXPECT_EQ(refusal_of(seen, w.keys, w.clock.wall_now()), std::nullopt);
  }
}

TEST(presigned, a_parameter_beside_a_signature_in_the_header_stays_beside_one) {
  presigning_world w;
  w.put("/bucket/k?x-amz-acl=private", "hello");
  auto const seen = w.origin.requests().at(0);
  EXPECT_EQ(seen.target, "/bucket/k?x-amz-acl=private");
  EXPECT_EQ(refusal_of(seen, w.keys, w.clock.wall_now()), std::nullopt);
}

TEST(presigned, the_hash_of_a_body_is_checked_where_it_was_signed) {
  presigning_world w;
  auto const hash = base::to_hex(base::sha256("hello"));
  EXPECT_EQ(w.ask_presigned({"PUT", "/bucket/k", {}, "hello", hash}).status, 200U);
  EXPECT_EQ(w.origin.requests().at(0).header("x-amz-content-sha256"), hash);
  w.origin.forget_requests();
  auto const other = w.ask_presigned({"PUT", "/bucket/k", {}, "hellp", hash});
  EXPECT_EQ(other.error_code(), "XAmzContentSHA256Mismatch");
  EXPECT_EQ(w.get("/bucket/k").body, "hello");
}

TEST(presigned, the_session_token_of_a_client_never_reaches_the_store) {
  presigning_world w;
  s3::credentials const clients{base::access_key_id("CLIENTKEY00000000001"),
                                base::secret("a client's secret"), base::secret("token/of+a=client")};
  auto everybody =
      *proxy::roster_of_one(std::make_shared<s3::credentials const>(w.keys), proxy::unsigned_access::refused);
  auto const ours = everybody.identities.at(w.keys.key_id.str()).principal;
  everybody.identities[clients.key_id.str()] = {clients, ours, {}, {}};
  w.use_roster(std::make_shared<proxy::roster const>(std::move(everybody)));
  auto const now = w.clock.wall_now();
  auto const port = w.proxy->port();
  for (auto const& bytes :
       {presigned_bytes({"GET", "/bucket/k?acl"}, port, clients, now),
        presigned_bytes({"PUT", "/bucket/k?x-amz-acl=private", {}, "a"}, port, clients, now),
        signed_bytes({"GET", "/bucket/k?acl"}, port, clients, now),
        signed_bytes({"GET", "/bucket/k?acl&X-Amz-Security-Token=token%2Fof%2Ba%3Dclient"}, port, clients,
                     now)}) {
    EXPECT_EQ(w.send(bytes).status, 200U) << bytes;
  }
  ASSERT_EQ(w.origin.count(), 4U);
  for (auto const& seen : w.origin.requests()) {
    EXPECT_EQ(seen.header("x-amz-security-token"), "");
    EXPECT_EQ(seen.target.find("oken"), std::string::npos) << seen.target;
    EXPECT_EQ(refusal_of(seen, w.keys, now), std::nullopt);
  }
}

TEST(presigned, our_own_token_goes_where_our_signature_stands) {
  presigning_world w({.session_token = "our token"});
  EXPECT_EQ(w.ask_presigned({"PUT", "/bucket/k", {}, "a"}).status, 200U);
  EXPECT_EQ(w.ask_presigned({"PUT", "/bucket/k?x-amz-acl=private", {}, "a"}).status, 200U);
  auto const seen = w.origin.requests();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].header("x-amz-security-token"), "our token");
  EXPECT_EQ(seen[1].header("x-amz-security-token"), "");
  EXPECT_NE(seen[1].target.find("&X-Amz-Security-Token=our%20token&"), std::string::npos) << seen[1].target;
  for (auto const& each : seen) {
    EXPECT_EQ(refusal_of(each, w.keys, w.clock.wall_now()), std::nullopt);
  }
}

TEST(presigned, the_access_line_shows_no_signature) {
  presigning_world w;
  w.ask_presigned({"GET", "/bucket/k"});
  auto const line = w.access_lines(1)[0];
  EXPECT_EQ(line.find("X-Amz"), std::string::npos) << line;
}

}  // namespace
}  // namespace s3proxy::test
