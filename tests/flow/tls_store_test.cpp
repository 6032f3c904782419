#include "support/certificate.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

// What the operator says about TLS towards the store: whom to trust, who we are, and that the files change.

namespace s3proxy::test {
namespace {

using outcome = base::reload_report::outcome;

std::shared_ptr<upstream::tls_context> made(shelf const& files, upstream::tls_options options) {
  options.host = "localhost";
  auto out = upstream::tls_context::make(std::move(options), files.reader());
  if (auto const* why = std::get_if<std::string>(&out)) {
    ADD_FAILURE() << *why;
    std::abort();
  }
  return std::get<std::shared_ptr<upstream::tls_context>>(out);
}

world::choices over_tls(std::shared_ptr<boost::asio::ssl::context> server,
                        std::shared_ptr<upstream::tls_context> with) {
  return {.threads = 1, .tls = std::move(server), .towards_store = std::move(with), .host = "localhost"};
}

unsigned status_of(std::shared_ptr<boost::asio::ssl::context> server,
                   std::shared_ptr<upstream::tls_context> with) {
  world w(over_tls(std::move(server), std::move(with)));
  w.origin.put_version("/bucket/k", 1, 1000);
  auto const got = w.get("/bucket/k").status;
  EXPECT_EQ(w.origin.count(), got == 200 ? 1U : 0U) << "nothing is said to a store that is not the one";
  return got;
}

constexpr unsigned ok = 200;
constexpr unsigned refused = 502;

TEST(tls_store, a_ca_file_is_trusted_and_nobody_else) {
  authority const of_system(authority::trust::yes);
  authority const own(authority::trust::no);
  shelf files;
  files.put("ca.pem", own.pem());
  EXPECT_EQ(status_of(own.server({}), made(files, {.host = {}, .ca_file = "ca.pem"})), ok);
  EXPECT_EQ(status_of(of_system.server({}), made(files, {.host = {}, .ca_file = "ca.pem"})), refused);
  EXPECT_EQ(status_of(of_system.server({}), made(files, {.host = {}, .ca_file = {}})), ok);
}

TEST(tls_store, a_ca_file_may_hold_many_and_a_store_that_vouches_for_itself) {
  authority const one(authority::trust::no);
  authority const two(authority::trust::no);
  auto const alone = authority::self_signed({});
  shelf files;
  files.put("ca.pem", "Issuers of ours:\n" + one.pem() + "\n" + two.pem() + alone.certificate);
  for (auto const& server : {one.server({}), two.server({}), server_of(alone)}) {
    EXPECT_EQ(status_of(server, made(files, {.host = {}, .ca_file = "ca.pem"})), ok);
  }
}

TEST(tls_store, a_wrong_certificate_fails_closed_and_passes_only_without_verification) {
  authority const known(authority::trust::no);
  authority const unknown(authority::trust::no);
  shelf files;
  files.put("ca.pem", known.pem());
  std::map<std::string, std::shared_ptr<boost::asio::ssl::context>> const wrong{
      {"of another issuer", unknown.server({})},
      {"of another name", known.server({.names = "DNS:elsewhere.test"})},
      {"expired", known.server({.valid_for_seconds = -60})},
      {"self-signed", server_of(authority::self_signed({}))},
  };
  for (auto const& [what, server] : wrong) {
    EXPECT_EQ(status_of(server, made(files, {.host = {}, .ca_file = "ca.pem"})), refused) << what;
    auto const blind = made(files, {.host = {}, .ca_file = {}, .verify = upstream::verification::off});
    EXPECT_EQ(status_of(server, blind), ok) << what;
  }
}

upstream::tls_options with_client(std::string certificate, std::string key) {
  return {.host = {}, .ca_file = "ca.pem", .client = {std::move(certificate), std::move(key)}};
}

TEST(tls_store, a_store_that_asks_who_we_are_is_told) {
  authority const issuer(authority::trust::no);
  authority const stranger(authority::trust::no);
  shelf files;
  files.put("ca.pem", issuer.pem());
  files.put(issuer.pair({}));
  auto const pair = issuer.pair({});
  files.put("both.pem", pair.key + pair.certificate);
  auto const foreign = stranger.pair({});
  files.put("foreign.pem", foreign.certificate + foreign.key);
  auto const server = issuer.server({});
  issuer.demand_certificates(*server);
  for (auto const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_CTX_set_max_proto_version(server->native_handle(), version);
    EXPECT_EQ(status_of(server, made(files, with_client("certificate.pem", "key.pem"))), ok);
    EXPECT_EQ(status_of(server, made(files, with_client("both.pem", ""))), ok);
    EXPECT_EQ(status_of(server, made(files, with_client("", ""))), refused);
    EXPECT_EQ(status_of(server, made(files, with_client("foreign.pem", ""))), refused);
  }
}

/// A world whose store closes every connection, so that each request needs a handshake.
struct talk {
  talk(std::shared_ptr<boost::asio::ssl::context> server, std::shared_ptr<upstream::tls_context> with)
      : w(over_tls(std::move(server), std::move(with))) {
    fault const closing{
        .what = fault::kind::answer_status, .status = 200, .extra_fields = "Connection: close\r\n"};
    w.origin.next(closing, 99);
  }
  unsigned ask() { return w.get("/bucket/k?acl").status; }
  world w;
};

TEST(tls_store, a_new_client_certificate_is_for_new_connections) {
  authority const issuer(authority::trust::no);
  authority const stranger(authority::trust::no);
  shelf files;
  files.put("ca.pem", issuer.pem());
  files.put(stranger.pair({}));
  auto const server = issuer.server({});
  issuer.demand_certificates(*server);
  auto const with = made(files, with_client("certificate.pem", "key.pem"));
  talk t(server, with);
  EXPECT_EQ(t.ask(), refused);
  auto const good = issuer.pair({});
  files.put("certificate.pem", good.certificate);
  EXPECT_EQ(with->reload().what, outcome::kept) << "the key is still the old one's";
  EXPECT_EQ(t.ask(), refused);
  files.put("key.pem", good.key);
  EXPECT_EQ(with->reload().what, outcome::replaced);
  EXPECT_EQ(t.ask(), ok);
}

TEST(tls_store, an_issuer_that_is_trusted_no_more_is_not_resumed_either) {
  authority const first(authority::trust::no);
  authority const second(authority::trust::no);
  shelf files;
  files.put("ca.pem", first.pem());
  auto const with = made(files, {.host = {}, .ca_file = "ca.pem"});
  talk t(first.server({}), with);
  EXPECT_EQ(t.ask(), ok);
  EXPECT_EQ(t.ask(), ok);
  files.put("ca.pem", "damaged");
  EXPECT_EQ(with->reload().what, outcome::kept);
  EXPECT_EQ(t.ask(), ok) << "a bad file takes nothing away";
  files.put("ca.pem", second.pem());
  EXPECT_EQ(with->reload().what, outcome::replaced);
  EXPECT_EQ(t.ask(), refused);
}

}  // namespace
}  // namespace s3proxy::test
