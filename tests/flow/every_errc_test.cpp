#include "s3proxy/base/error.hpp"
#include "s3proxy/s3/error_document.hpp"

#include "support/blackhole.hpp"
#include "support/certificate.hpp"
#include "support/exchanging.hpp"
#include "support/streamed.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <map>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;
using base::errc;
using enum fault::kind;

answer sent(world& w, std::string const& bytes) {
  auto link = w.connect();
  link.send(bytes);
  return link.read();
}

// How each errc comes about. What comes back is compared with its row in the table.
using provocation = std::function<answer()>;
using provocations = std::map<errc, provocation>;

provocation raw(std::string const& bytes) {
  return [bytes] {
    world w;
    return sent(w, bytes);
  };
}

provocation signed_as(request what) {
  return [what] {
    world w;
    w.origin.put_version("/bucket/k", 1, 1000);
    return w.ask(what);
  };
}

/// `change` turns a well-signed GET into the bytes to send.
provocation changed(std::function<std::string(world&, std::string)> change) {
  return [change] {
    world w;
    return sent(w, change(w, w.signed_request({"GET", "/bucket/k"})));
  };
}

std::string replaced(std::string text, std::string const& what, std::string const& with) {
  return text.replace(text.find(what), what.size(), with);
}

provocation with_limits(std::function<void(proxy::limits&)> shorten, fault what, request ask) {
  return [=] {
    world w({.threads = 1, .adjust = shorten});
    w.origin.next(what, 99);
    return w.ask(ask);
  };
}

provocation faulty(fault what, request ask = {"GET", "/bucket/k"}) {
  return with_limits([](proxy::limits&) {}, std::move(what), std::move(ask));
}

void add_framing(provocations& out) {
  std::string const host = "Host: a\r\n";
  out[errc::malformed_request] = raw("GET / HTTP/1.1\r\n\r\n");
  out[errc::header_too_large] =
      raw("GET / HTTP/1.1\r\n" + host + "x: " + std::string(33'000, 'x') + "\r\n\r\n");
  out[errc::invalid_uri] = raw("GET http://a/ HTTP/1.1\r\n" + host + "\r\n");
  out[errc::method_not_allowed] = raw("TRACE / HTTP/1.1\r\n" + host + "\r\n");
  out[errc::version_not_supported] = raw("GET / HTTP/2.0\r\n" + host + "\r\n");
  out[errc::missing_content_length] =
      signed_as({"PUT", "/bucket/k", {{"Transfer-Encoding", "chunked"}}, "0\r\n\r\n", "UNSIGNED-PAYLOAD"});
  out[errc::incomplete_body] = [] {
    world w;
    auto const bytes = w.signed_request({"PUT", "/bucket/k", {}, "hello"});
    auto link = w.connect();
    link.send(bytes.substr(0, bytes.size() - 1));
    link.finish_sending();
    return link.read();
  };
  out[errc::request_timeout] = [] {
    world w({.adjust = [](proxy::limits& l) { l.client.body = 100ms; }});
    auto const bytes = w.signed_request({"PUT", "/bucket/k", {}, "hello"});
    auto link = w.connect();
    link.send(bytes.substr(0, bytes.size() - 1));
    return link.read();
  };
}

void add_authorization(provocations& out) {
  auto const plain = [](world& w, std::string const& line) {
    return replaced(plain_bytes({"GET", "/bucket/k"}, w.proxy->port()), "\r\n\r\n", "\r\n" + line + "\r\n");
  };
  out[errc::access_denied] = changed([=](world& w, auto) { return plain(w, ""); });
  out[errc::headers_not_signed] =
      changed([](world&, auto good) { return replaced(good, "\r\n\r\n", "\r\nx-amz-acl: a\r\n\r\n"); });
  out[errc::missing_date] =
      changed([](world&, auto good) { return replaced(good, "x-amz-date: ", "x-amz-date: x"); });
  out[errc::invalid_access_key_id] =
      changed([](world&, auto good) { return replaced(good, "FLOWTEST", "FLOWTOAST"); });
  out[errc::signature_does_not_match] =
      changed([](world&, auto good) { return replaced(good, "/bucket/k", "/bucket/l"); });
  out[errc::request_time_too_skewed] = changed([](world& w, auto) {
    return signed_bytes({"GET", "/bucket/k"}, w.proxy->port(), w.keys, w.clock.wall_now() + 1h);
  });
  out[errc::authorization_malformed] =
      changed([](world&, auto good) { return replaced(good, "/s3/", "/s4/"); });
  auto const presigned = [](std::chrono::seconds ahead, std::chrono::seconds lifetime) {
    return changed([=](world& w, auto) {
      return presigned_bytes({"GET", "/bucket/k"}, w.proxy->port(), w.keys, w.clock.wall_now() + ahead,
                             lifetime);
    });
  };
  out[errc::presigned_malformed] = raw("GET /bucket/k?X-Amz-Signature=x HTTP/1.1\r\nHost: a\r\n\r\n");
  out[errc::invalid_expires] = presigned(0s, 604'801s);
  out[errc::request_expired] = presigned(-2h, 1h);
  out[errc::request_not_yet_valid] = presigned(1h, 1h);
  out[errc::invalid_authorization] =
      changed([=](world& w, auto) { return plain(w, "Authorization: Bearer x\r\n"); });
  out[errc::unsupported_signature] =
      changed([=](world& w, auto) { return plain(w, "Authorization: AWS A:b\r\n"); });
  out[errc::unsupported_sigv4a] =
      changed([=](world& w, auto) { return plain(w, "Authorization: AWS4-ECDSA-P256-SHA256 a\r\n"); });
  out[errc::missing_content_sha256] = changed([](world&, auto good) {
    auto const at = good.find("x-amz-content-sha256: ");
    return good.erase(at, good.find("\r\n", at) + 2 - at);
  });
  out[errc::invalid_content_sha256] = signed_as({"GET", "/bucket/k", {}, {}, "deadbeef"});
  out[errc::content_sha256_mismatch] = signed_as({"PUT", "/bucket/k", {}, "hello", std::string(64, 'a')});
  out[errc::invalid_token] = [] {
    world w({.session_token = "ours"});
    return sent(w, signed_bytes({"GET", "/bucket/k"}, w.proxy->port(), {w.keys.key_id, w.keys.secret_key, {}},
                                w.clock.wall_now()));
  };
  out[errc::cors_forbidden] = [] {
    world w({.cors_origins = {"https://app.example"}});
    return sent(w,
                plain_bytes({"OPTIONS",
                             "/bucket/k",
                             {{"Origin", "http://evil.example"}, {"Access-Control-Request-Method", "GET"}}},
                            w.proxy->port()));
  };
  out[errc::express_session] = signed_as({"GET", "/bucket?session"});
  out[errc::post_policy_form] =
      signed_as({"POST", "/bucket", {{"Content-Type", "multipart/form-data; boundary=x"}}, "--x--"});
  out[errc::denied_by_rules] = [] {
    world w;
    w.use_roster(w.ruled_by({}));
    return w.get("/bucket/k");
  };
  out[errc::invalid_copy_source] = [] {
    world w;
    w.use_roster(w.ruled_by({{base::bucket_name("bucket"), "", true, true, true}}));
    return w.put("/bucket/k", "", {{"x-amz-copy-source", "bucket"}});
  };
  out[errc::foreign_page] = [] {
    world w({.allow_anonymous = true});
    return sent(w, plain_bytes({"GET", "/bucket/k", {{"Origin", "http://evil.example"}}}, w.proxy->port()));
  };
}

provocation streaming(streamed upload) {
  return [upload] {
    world w;
    return sent(w, signed_bytes(w, upload));
  };
}

void add_bodies(provocations& out) {
  std::string const crc = "x-amz-checksum-crc32";
  out[errc::invalid_chunk_size] =
      streaming({.lines = streamed::signing::chunks, .data = std::string(9000, 'x'), .chunk = 4096});
  out[errc::malformed_trailer] = streaming(
      {.data = "x", .trailer = crc, .spoil = [](std::string& body) { body.erase(body.find("x-amz"), 1); }});
  out[errc::bad_digest] = streaming({.data = "x", .trailer = crc, .value = "AAAAAA=="});
  out[errc::malformed_xml] = [] {
    world w({.adjust = [](proxy::limits& l) { l.delete_document_bytes = 3; }});
    return w.ask({"POST", "/bucket?delete", {}, "<Delete/>"});
  };
}

void add_chunked_bodies(provocations& out) {
  std::string const hmac = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  auto const upload = [](std::string const& length, std::string const& word) {
    return signed_as({"PUT", "/bucket/k", {{"x-amz-decoded-content-length", length}}, "hello", word});
  };
  out[errc::streaming_misplaced] =
      signed_as({"GET", "/bucket/k", {{"x-amz-decoded-content-length", "5"}}, {}, hmac});
  out[errc::hashed_chunks] = upload("5", std::string(64, 'a'));
  out[errc::missing_decoded_length] = signed_as({"PUT", "/bucket/k", {}, "hello", hmac});
  out[errc::invalid_decoded_length] = upload("five", hmac);
  out[errc::upload_too_large] = upload("5368709121", hmac);
  out[errc::invalid_trailer_name] = upload("5", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
}

void add_objects(provocations& out) {
  out[errc::invalid_bucket_name] = signed_as({"GET", "/-/k"});
  out[errc::key_too_long] = signed_as({"GET", "/bucket/" + std::string(1025, 'k')});
  // Its metadata always say that it is there, its bytes that it is another one now.
  out[errc::version_changed] = [] {
    world w;
    w.origin.put_version("/bucket/k", 1, 1000);
    w.origin.when(is("GET"), {.what = answer_status, .status = 412}, 99);
    return w.get("/bucket/k", {{"If-None-Match", "\"no\""}});
  };
  out[errc::internal_error] = [] {
    world w;
    auto const bytes = w.signed_request({"PUT", "/bucket/k", {}, "hello"});
    w.clock.throw_at_look(2);  // the first is to verify the client, the second to sign for the store
    auto const got = sent(w, bytes);
    EXPECT_EQ(w.put("/bucket/k", "hello").status, 200U) << "the process lives";
    return got;
  };
}

void add_origin(provocations& out) {
  out[errc::origin_unresolved] = [] {
    world w({.host = "nosuch.invalid"});
    return w.get("/bucket/k");
  };
  out[errc::origin_refused] = [] {
    world w;
    w.origin.stop_listening();
    return w.get("/bucket/k");
  };
  out[errc::origin_connect_timeout] = [] {
    blackhole const nowhere;
    world w({.adjust = [](proxy::limits& l) { l.origin.connect = 50ms; }, .origin_port = nowhere.port()});
    return w.get("/bucket/k");
  };
  out[errc::origin_tls_failed] = [] {
    authority const unknown(authority::trust::no);
    world w({.tls = unknown.server({})});
    return w.get("/bucket/k");
  };
  auto const impatient = [](proxy::limits& l) {
    l.origin.first_byte = 60ms;
    l.origin.idle = 60ms;
    l.origin.lease = 20ms;
    l.origin.connections = 1;
  };
  out[errc::origin_first_byte_timeout] = with_limits(impatient, {.what = hang}, {"GET", "/bucket/k"});
  out[errc::origin_reset] = faulty({.what = fault::kind::reset});
  out[errc::origin_bad_response] = faulty({.what = garbage});
  out[errc::origin_short_body] = faulty({.what = cut_body, .bytes = 20});  // of the document of a 404
  out[errc::origin_stalled] = with_limits(impatient, {.what = stall_body, .bytes = 20}, {"GET", "/bucket/k"});
  out[errc::origin_rejected_credentials] = faulty(
      {.what = answer_status, .status = 403, .body = "<Error><Code>InvalidAccessKeyId</Code></Error>"});
  out[errc::wrong_region] = faulty({.what = answer_status,
                                    .status = 301,
                                    .body = "<Error><Code>PermanentRedirect</Code></Error>",
                                    .extra_fields = "x-amz-bucket-region: no region/\r\n"});
  out[errc::credentials_expired] = [] {
    world w;
    auto everybody = std::make_shared<proxy::roster>(*proxy::roster_of_one(
        std::make_shared<s3::credentials const>(w.keys), proxy::unsigned_access::refused));
    for (auto& [id, who] : everybody->principals) {
      auto const nobody = [] { return std::shared_ptr<s3::credentials const>(); };
      who = std::make_shared<proxy::principal const>(proxy::principal{id, nobody});
    }
    w.use_roster(everybody);
    return w.get("/bucket/k");
  };
  out[errc::outcome_unknown] = faulty({.what = fault::kind::reset}, {"PUT", "/bucket/k", {}, "hello"});
  out[errc::origin_busy] = [] {
    world w({.threads = 1, .adjust = [](proxy::limits& l) {
               l.origin.lease = 20ms;
               l.origin.connections = 1;
             }});
    auto const held = std::make_shared<gate>();
    w.origin.hold(is("GET", "/bucket/held"), held);
    auto first = w.connect();
    first.send(w.signed_request({"GET", "/bucket/held?acl"}));
    held->wait_for_arrivals(1);
    return w.get("/bucket/k");
  };
}

void add_tokens(provocations& out) {
  auto const sts_says = [](fault what) {
    return [what] {
      exchanging e(limited([](proxy::token_limits& l) { l.call.total = 200ms; }));
      e.sts.next(what);
      return e.ask("A");
    };
  };
  out[errc::token_refused] =
      sts_says({.what = answer_status, .status = 403, .body = sts_refusal("AccessDenied")});
  out[errc::token_expired] =
      sts_says({.what = answer_status, .status = 400, .body = sts_refusal("ExpiredToken")});
  out[errc::sts_unavailable] = sts_says({.what = fault::kind::reset});
  out[errc::sts_timeout] = sts_says({.what = hang});
  out[errc::sts_bad_answer] = sts_says({.what = garbage});
  out[errc::too_many_tokens] = [] {
    exchanging e(limited([](proxy::token_limits& l) { l.in_flight = 0; }));
    return e.ask("A");
  };
}

// There is nobody to tell: the access line knows.
void expect_client_gone() {
  world w;
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  w.origin.put_version("/bucket/k", 1, 1000);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k?acl"}));
  held->wait_for_arrivals(1);
  link.reset();
  held->open();
  EXPECT_EQ(told(w.access_lines(1)[0], "error"), base::describe(errc::client_gone).s3_code);
}

provocations all() {
  provocations out;
  add_framing(out);
  add_authorization(out);
  add_bodies(out);
  add_chunked_bodies(out);
  add_objects(out);
  add_origin(out);
  add_tokens(out);
  return out;
}

TEST(every_errc, has_a_test_that_provokes_it) {
  auto const how = all();
  for (auto const& row : base::error_table()) {
    if (row.code == errc::client_gone) {
      expect_client_gone();
      continue;
    }
    auto const found = how.find(row.code);
    if (found == how.end()) {
      ADD_FAILURE() << "nothing provokes '" << row.sentence << "'";
      continue;
    }
    auto const got = found->second();
    EXPECT_EQ(got.status, row.status) << row.sentence;
    EXPECT_EQ(got.error_code(), row.s3_code) << row.sentence;
    EXPECT_NE(got.body.find("<Message>" + s3::xml_escape(row.sentence) + "</Message>"), std::string::npos)
        << row.sentence << "\n"
        << got.body;
    EXPECT_TRUE(got.complete) << row.sentence;
  }
}

}  // namespace
}  // namespace s3proxy::test
