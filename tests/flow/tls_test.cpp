#include "support/certificate.hpp"
#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

world::choices over_tls(std::shared_ptr<boost::asio::ssl::context> server, std::string host = "localhost") {
  return {.threads = 1, .tls = std::move(server), .host = std::move(host)};
}

/// What the store's side saw of its handshakes.
struct handshakes {
  static inline std::atomic<int> full{0}, resumed{0};
  static inline std::mutex mutex;
  static inline std::string name;  // the last one asked for

  static void watch(boost::asio::ssl::context& server) {
    full = resumed = 0;
    SSL_CTX_set_info_callback(server.native_handle(), [](SSL const* ssl, int where, int) {
      if ((where & SSL_CB_HANDSHAKE_DONE) != 0) {
        ++(SSL_session_reused(ssl) ? resumed : full);
        auto const* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        std::lock_guard const lock(mutex);
        name = asked ? asked : "";
      }
    });
  }
};

TEST(tls, a_store_with_a_good_certificate_is_read_and_written) {
  authority const issuer(authority::trust::yes);
  auto const server = issuer.server({});
  handshakes::watch(*server);
  world w(over_tls(server));
  w.origin.put_version("/bucket/k", 1, 3'000'000);
  auto const got = w.get("/bucket/k");
  EXPECT_EQ(got.body.size(), 3'000'000U);
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  auto const body = telling_bytes(2, 0, 3'000'000);
  EXPECT_EQ(w.put("/bucket/n", body).status, 200U);
  EXPECT_TRUE(w.get("/bucket/n").body == body);
  EXPECT_EQ(handshakes::name, "localhost") << "the name that is verified is the one that is asked for";
}

TEST(tls, a_certificate_may_name_an_address) {
  authority const issuer(authority::trust::yes);
  world w(over_tls(issuer.server({.names = "IP:127.0.0.1"}), "127.0.0.1"));
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
}

void expect_closed(std::shared_ptr<boost::asio::ssl::context> server, std::string const& host) {
  world w(over_tls(std::move(server), host));
  w.origin.put_version("/bucket/k", 1, 1000);
  for (auto const& what : std::vector<request>{
           {"GET", "/bucket/k"}, {"GET", "/bucket?list-type=2"}, {"PUT", "/bucket/k", {}, "secret"}}) {
    auto const got = w.ask(what);
    EXPECT_EQ(got.status, 502U) << what.method;
    EXPECT_EQ(got.error_code(), "BadGateway") << what.method;
    EXPECT_NE(got.body.find("TLS"), std::string::npos) << got.body;
  }
  EXPECT_EQ(w.origin.count(), 0U) << "nothing is said to a store that is not the one";
}

TEST(tls, a_certificate_of_another_name_fails_closed) {
  authority const issuer(authority::trust::yes);
  expect_closed(issuer.server({.names = "DNS:elsewhere.test"}), "localhost");
  expect_closed(issuer.server({.names = "DNS:*.localhost,DNS:localhost.elsewhere.test"}), "localhost");
  expect_closed(issuer.server({.names = "DNS:127.0.0.1"}), "127.0.0.1");
  expect_closed(issuer.server({.names = "IP:127.0.0.2,DNS:localhost"}), "127.0.0.1");
}

TEST(tls, a_certificate_of_an_unknown_issuer_fails_closed) {
  authority const known(authority::trust::yes);
  authority const unknown(authority::trust::no);
  expect_closed(unknown.server({}), "localhost");
}

TEST(tls, a_certificate_that_has_expired_fails_closed) {
  authority const issuer(authority::trust::yes);
  expect_closed(issuer.server({.names = "DNS:localhost", .valid_for_seconds = -3600}), "localhost");
}

TEST(tls, an_old_version_fails_closed) {
  authority const issuer(authority::trust::yes);
  auto const server = issuer.server({});
  SSL_CTX_set_min_proto_version(server->native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(server->native_handle(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(server->native_handle(), 0);
  expect_closed(server, "localhost");
}

TEST(tls, a_store_that_speaks_plain_http_fails_closed) {
  authority const issuer(authority::trust::yes);
  scripted_origin plain;
  auto with = over_tls(issuer.server({}));
  with.origin_port = plain.port();
  with.adjust = [](proxy::limits& l) { l.origin.handshake = 200ms; };
  world w(std::move(with));
  EXPECT_EQ(w.get("/bucket/k").status, 502U);
  EXPECT_EQ(plain.count(), 0U);
}

// The answer of each request closes its connection: the next one needs a handshake.
void expect_resumption(int version) {
  authority const issuer(authority::trust::yes);
  auto const server = issuer.server({});
  SSL_CTX_set_max_proto_version(server->native_handle(), version);
  handshakes::watch(*server);
  world w(over_tls(server));
  w.origin.next({.what = fault::kind::answer_status, .status = 200, .extra_fields = "Connection: close\r\n"},
                4);
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(w.get("/bucket/k?acl").status, 200U);
  }
  EXPECT_EQ(w.origin.connections(), 4U);
  EXPECT_EQ(handshakes::full, 1);
  EXPECT_EQ(handshakes::resumed, 3);
}

TEST(tls, the_second_connection_resumes_the_session_of_the_first) {
  expect_resumption(TLS1_3_VERSION);
  expect_resumption(TLS1_2_VERSION);
}

TEST(tls, a_connection_is_kept_and_used_again) {
  authority const issuer(authority::trust::yes);
  world w(over_tls(issuer.server({})));
  w.origin.put_version("/bucket/k", 1, 1000);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(w.get("/bucket/k?acl").status, 200U);
    ASSERT_EQ(w.put("/bucket/n", "hello").status, 200U);
  }
  EXPECT_EQ(w.origin.connections(), 1U);
}

TEST(tls, a_closed_connection_is_not_used_again) {
  authority const issuer(authority::trust::yes);
  world w(over_tls(issuer.server({})));
  w.origin.put_version("/bucket/k", 1, 1000);
  ASSERT_EQ(w.get("/bucket/k?acl").status, 200U);
  w.origin.close_connections();
  EXPECT_EQ(w.put("/bucket/n", "hello").status, 200U);
  EXPECT_EQ(w.origin.count(is("PUT")), 1U);
}

TEST(tls, an_answer_cut_off_below_tls_never_ends_cleanly) {
  authority const issuer(authority::trust::yes);
  for (auto const what : {fault::kind::cut_body, fault::kind::reset_body}) {
    world w(over_tls(issuer.server({})));
    w.origin.put_version("/bucket/k", 1, 400'000);
    w.origin.next({.what = what, .bytes = 200'000});
    auto const got = w.get("/bucket/k?acl");
    EXPECT_EQ(got.status, 200U);
    EXPECT_FALSE(got.complete);
  }
}

TEST(tls, a_write_that_was_cut_off_is_an_unknown_outcome_and_is_not_repeated) {
  authority const issuer(authority::trust::yes);
  for (auto const what : {fault::kind::reset, fault::kind::reset_unread, fault::kind::close}) {
    world w(over_tls(issuer.server({})));
    w.origin.when(is("PUT"), {.what = what}, 99);
    EXPECT_EQ(w.put("/bucket/k", "hello").status, 502U);
    EXPECT_EQ(w.origin.count(is("PUT")), 1U);
  }
}

TEST(tls, a_handshake_that_stalls_has_its_own_time) {
  authority const issuer(authority::trust::yes);
  // Accepts, and says nothing: a listening socket whose backlog is never taken.
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor silent(context, {boost::asio::ip::address_v4::loopback(), 0});
  auto with = over_tls(issuer.server({}));
  with.origin_port = silent.local_endpoint().port();
  with.adjust = [](proxy::limits& l) { l.origin.handshake = 100ms; };
  world w(std::move(with));
  auto const got = w.get("/bucket/k");
  EXPECT_EQ(got.status, 502U);
  EXPECT_NE(got.body.find("TLS"), std::string::npos);
  EXPECT_EQ(told(w.access_lines(1)[0], "origin_calls"), "3");
}

}  // namespace
}  // namespace s3proxy::test
