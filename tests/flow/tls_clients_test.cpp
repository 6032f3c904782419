#include "support/secured.hpp"
#include "support/telling_bytes.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t KiB = 1024;
constexpr std::size_t MiB = 1024 * KiB;

constexpr std::array both_versions{TLS1_2_VERSION, TLS1_3_VERSION};

TEST(tls_clients, both_versions_are_spoken_with_bodies_of_every_size) {
  secured const with;
  for (auto const version : both_versions) {
    world w(with.choices());
    w.clients.oldest = w.clients.newest = version;
    for (std::size_t const size : {0UL, 1UL, 15 * KiB, 16 * KiB - 1, 16 * KiB, 16 * KiB + 1, 3 * MiB}) {
      auto const body = telling_bytes(1, 0, size);
      ASSERT_EQ(w.put("/bucket/k", body).status, 200U) << size;
      for (int i = 0; i < 2; ++i) {  // the second time from the cache
        auto const got = w.get("/bucket/k");
        EXPECT_TRUE(got.complete && got.body == body) << size;
      }
    }
    EXPECT_EQ(w.connect().tls().version(), version);
  }
}

TEST(tls_clients, an_old_version_is_refused) {
  secured const with;
  world w(with.choices());
  w.clients.oldest = TLS1_VERSION;
  w.clients.newest = TLS1_1_VERSION;
  auto link = w.connect();
  EXPECT_FALSE(link.tls().established());
  EXPECT_TRUE(w.becomes_quiet());
}

TEST(tls_clients, a_connection_is_kept_and_requests_may_come_in_a_row) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 100 * KiB);
  auto link = w.connect();
  for (int i = 0; i < 3; ++i) {
    link.send(w.signed_request({"GET", "/bucket/k"}));
    EXPECT_EQ(differs(link.read().body, 1, 0), std::nullopt);
  }
  auto const one = w.signed_request({"GET", "/bucket/k"});
  link.send(one + w.signed_request({"PUT", "/bucket/n", {}, "hello"}) + one);
  EXPECT_EQ(link.read().body.size(), 100 * KiB);
  EXPECT_EQ(link.read("PUT").status, 200U);
  EXPECT_EQ(link.read().body.size(), 100 * KiB);
}

TEST(tls_clients, a_request_in_the_record_of_the_last_body_is_not_overlooked) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 10);
  auto link = w.connect();
  // The end of the body and the next request are decrypted at once: no socket tells of the latter.
  auto const put = w.signed_request({"PUT", "/bucket/n", {}, telling_bytes(1, 0, 100 * KiB)});
  link.send(put + w.signed_request({"GET", "/bucket/k"}));
  EXPECT_EQ(link.read("PUT").status, 200U);
  EXPECT_EQ(link.read().body.size(), 10U);
}

TEST(tls_clients, more_requests_than_fit_into_a_head_may_come_in_one_record) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 10);
  std::string many;
  std::size_t count = 0;
  for (; many.size() < 40 * KiB; ++count) {
    many += w.signed_request({"GET", "/bucket/k", {{"x-amz-meta-padding", std::string(3000, 'p')}}});
  }
  auto link = w.connect();
  link.send(many);
  for (std::size_t i = 0; i < count; ++i) {
    EXPECT_EQ(link.read().body.size(), 10U);
  }
}

TEST(tls_clients, a_request_split_at_every_byte_into_records_is_one_request) {
  secured const with;
  world w(with.choices());
  auto const request = w.signed_request({"PUT", "/bucket/k", {}, "hello"});
  auto link = w.connect();
  for (auto const c : request) {
    ASSERT_TRUE(link.send({&c, 1}));
  }
  EXPECT_EQ(link.read("PUT").status, 200U);
  EXPECT_EQ(w.get("/bucket/k").body, "hello");
}

TEST(tls_clients, a_slow_reader_gets_every_byte) {
  secured const with;
  for (auto const* target : {"/bucket/k", "/bucket/k?acl"}) {
    world w(with.choices());
    w.origin.put_version("/bucket/k", 1, 12 * MiB);
    w.origin.put_version("/bucket/small", 1, 10);
    auto slow = w.connect(64 * KiB);
    slow.send(w.signed_request({"GET", target}));
    ASSERT_EQ(slow.read_head().status, 200U);
    std::string got;
    for (int i = 0; got.size() < 12 * MiB; ++i) {
      if (i < 20) {  // the proxy has time to fill the socket
        ASSERT_EQ(w.get("/bucket/small?acl").status, 200U);
      }
      auto const piece = slow.read_some(100 * KiB);
      ASSERT_FALSE(piece.empty());
      got += piece;
    }
    EXPECT_EQ(differs(got, 1, 0), std::nullopt) << target;
  }
}

TEST(tls_clients, a_session_is_resumed) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 10);
  for (auto const version : both_versions) {
    auto wish = with.trusting();
    wish.newest = version;
    client first(w.proxy->port(), 0, wish);
    first.send(w.signed_request({"GET", "/bucket/k"}));
    ASSERT_EQ(first.read().status, 200U);
    EXPECT_FALSE(first.tls().was_resumed());
    wish.resume = first.tls().session();
    client second(w.proxy->port(), 0, wish);
    EXPECT_TRUE(second.tls().was_resumed()) << version;
    second.send(w.signed_request({"GET", "/bucket/k"}));
    EXPECT_EQ(second.read().status, 200U);
  }
}

TEST(tls_clients, a_streamed_answer_comes_in_large_records) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 3 * MiB);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k?acl"}));
  ASSERT_EQ(link.read_head().status, 200U);
  std::size_t records = 0;
  for (std::size_t got = 0; got < 3 * MiB; ++records) {
    auto const piece = link.read_some(1 * MiB);  // OpenSSL gives one record at a time
    ASSERT_FALSE(piece.empty());
    got += piece.size();
  }
  EXPECT_LT(records, 3 * MiB / (2 * KiB));
}

TEST(tls_clients, a_handshake_that_stalls_is_ended) {
  secured const with;
  world w(with.choices([](auto& l) { l.client.handshake = 150ms; }));
  client silent(w.proxy->port());
  EXPECT_TRUE(silent.at_end());
  client half(w.proxy->port());
  half.send(std::string_view("\x16\x03\x01\x02\x00\x01", 6));  // the beginning of a record of 512 bytes
  EXPECT_TRUE(half.at_end());
  EXPECT_TRUE(w.becomes_quiet());
}

TEST(tls_clients, garbage_instead_of_a_handshake_does_no_harm) {
  secured const with;
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 10);
  for (auto const* what : {"\n", "SSH-2.0-OpenSSH_9\r\n", "\x16\x03\x01\xff\xff garbage", "\x80\x2e\x01",
                           "\x15\x03\x03\x01\x02\x02\x28"}) {
    client link(w.proxy->port());
    link.send(what);
    link.send(std::string(20 * KiB, '\xee'));
    link.finish_sending();
    while (!link.at_end()) {
      link.read_some(1000);
    }
  }
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  EXPECT_EQ(w.access_lines(1).size(), 1U) << "no request, no line";
}

TEST(tls_clients, whoever_speaks_plain_http_is_told_so) {
  secured const with;
  world w(with.choices());
  client plain(w.proxy->port());
  plain.send(w.signed_request({"PUT", "/bucket/k", {}, telling_bytes(1, 0, 200 * KiB)}));
  auto const got = plain.read();
  EXPECT_EQ(got.status, 400U);
  EXPECT_TRUE(got.complete);
  EXPECT_NE(got.body.find("https://"), std::string::npos) << got.body;
  EXPECT_TRUE(plain.at_end());
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(tls_clients, a_new_certificate_is_for_new_connections) {
  secured const with({.serial = 7});
  world w(with.choices());
  w.origin.put_version("/bucket/k", 1, 10);
  auto old = w.connect();
  EXPECT_EQ(old.tls().serial_of_peer(), 7);
  with.files.put(with.issuer.pair({.serial = 8}));
  EXPECT_EQ(with.context->reload().what, base::reload_report::outcome::replaced);
  EXPECT_EQ(w.connect().tls().serial_of_peer(), 8);
  old.send(w.signed_request({"GET", "/bucket/k"}));
  EXPECT_EQ(old.read().status, 200U) << "connections under way keep theirs";
}

TEST(tls_clients, a_bad_pair_keeps_the_old_one) {
  secured const with({.serial = 7});
  world w(with.choices());
  auto const other = with.issuer.pair({.serial = 8});
  with.files.put("certificate.pem", other.certificate);  // and the key of the old one
  EXPECT_EQ(with.context->reload().what, base::reload_report::outcome::kept);
  EXPECT_EQ(w.connect().tls().serial_of_peer(), 7);
  with.files.put("key.pem", other.key);
  EXPECT_EQ(with.context->reload().what, base::reload_report::outcome::replaced);
  EXPECT_EQ(w.connect().tls().serial_of_peer(), 8);
}

TEST(tls_clients, a_session_of_the_old_certificate_is_not_resumed_under_the_new_one) {
  secured const with;
  world w(with.choices());
  auto first = w.connect();
  first.send(w.signed_request({"HEAD", "/bucket/k"}));
  ASSERT_EQ(first.read("HEAD").status, 404U);
  w.clients.resume = first.tls().session();
  with.files.put(with.issuer.pair({.serial = 9}));
  with.context->reload();
  auto second = w.connect();
  EXPECT_FALSE(second.tls().was_resumed());
  EXPECT_EQ(second.tls().serial_of_peer(), 9);
}

}  // namespace
}  // namespace s3proxy::test
