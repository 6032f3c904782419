#include "s3proxy/app/banner.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::app {
namespace {

banner_facts usual() {
  banner_facts facts;
  facts.version = "1.2.3";
  facts.address = "::";
  facts.port = 3000;
  facts.endpoint = {url_scheme::https, "s3.eu-west-1.amazonaws.com", 443};
  facts.region = {"eu-west-1", "the endpoint's host name"};
  facts.key_id = base::access_key_id("AKIAEXAMPLE");
  facts.credentials_where = "profile \"analytics\" (~/.aws/credentials)";
  facts.memory = {base::byte_count{512} << 20, "a quarter of the cgroup's 2 GiB"};
  return facts;
}

bool says(std::string const& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(banner, says_what_was_resolved_and_from_where) {
  auto const text = render_banner(usual());
  for (auto const* part : {"s3proxy 1.2.3\n", "listening     http://[::]:3000 (all interfaces)\n",
                           "endpoint      https://s3.eu-west-1.amazonaws.com\n",
                           "region        eu-west-1 (the endpoint's host name)\n",
                           "credentials   profile \"analytics\" (~/.aws/credentials), key id AKIAEXAMPLE\n",
                           "clients       sign with the same key pair\n",
                           "cache         512 MiB of memory (a quarter of the cgroup's 2 GiB)\n"}) {
    EXPECT_TRUE(says(text, part)) << part << "\n" << text;
  }
  EXPECT_TRUE(text.ends_with("\n"));
}

TEST(banner, says_how_much_is_read_ahead_and_what_it_costs) {
  auto facts = usual();
  struct row {
    read_ahead::mode mode;
    double budget;
    char const* said;
  };
  for (auto const& [mode, budget, said] :
       {row{read_ahead::mode::full, 2,
            "read-ahead    full: reads what comes next before it is asked for, up to 2 bytes for each byte "
            "asked; "
            "--read-ahead off|metadata|lean\n"},
        row{read_ahead::mode::lean, 0.5,
            "read-ahead    lean: reads what is nearly certain to come next before it is asked for, up to 0.5 "
            "bytes for each byte asked; --read-ahead off|metadata|full\n"},
        row{read_ahead::mode::metadata, 1,
            "read-ahead    metadata: reads the ends of columnar files before they are asked for, up to 1 "
            "byte for "
            "each byte asked; --read-ahead off|lean|full\n"},
        row{read_ahead::mode::off, 2,
            "read-ahead    off: nothing is read before it is asked for; --read-ahead "
            "metadata|lean|full\n"}}) {
    facts.read_ahead.mode = mode;
    facts.read_ahead.budget = budget;
    auto const text = render_banner(facts);
    EXPECT_TRUE(says(text, said)) << text;
  }
}

TEST(banner, says_why_bytes_are_copied_where_they_are) {
  auto facts = usual();
  EXPECT_FALSE(says(render_banner(facts), "\nsending"));
  facts.copies_because = "vmsplice: Operation not permitted";
  EXPECT_TRUE(
      says(render_banner(facts),
           "\nsending       by copy, since zero-copy is refused: vmsplice: Operation not permitted\n"));
}

TEST(banner, names_the_admin_address_where_there_is_one) {
  auto facts = usual();
  EXPECT_FALSE(says(render_banner(facts), "\nadmin"));
  facts.admin = listen_place{"::1", 9090};
  auto const text = render_banner(facts);
  EXPECT_TRUE(says(text, "\nadmin         http://[::1]:9090/-/metrics, and /-/health, /-/read-ahead\n"))
      << text;
}

TEST(banner, gives_duckdb_the_host_without_a_scheme_and_polars_with_one) {
  auto const text = render_banner(usual());
  for (auto const* part :
       {"CREATE OR REPLACE SECRET s3proxy (TYPE s3,", "KEY_ID 'AKIAEXAMPLE', SECRET '<its secret>',",
        "REGION 'eu-west-1', ENDPOINT 'localhost:3000', URL_STYLE 'path', USE_SSL false);",
        "\"aws_endpoint_url\": \"http://localhost:3000\", \"aws_region\": \"eu-west-1\"",
        "\"aws_access_key_id\": \"AKIAEXAMPLE\", \"aws_secret_access_key\": \"<its secret>\"",
        "\"aws_allow_http\": \"true\"", "(<its secret> is in: profile \"analytics\" (~/.aws/credentials))"}) {
    EXPECT_TRUE(says(text, part)) << part << "\n" << text;
  }
  EXPECT_FALSE(says(text, "SESSION_TOKEN") || says(text, "aws_session_token") ||
               says(text, "aws_skip_signature"));
}

TEST(banner, a_session_token_has_its_place_in_both) {
  auto facts = usual();
  facts.token = session_token::present;
  auto const text = render_banner(facts);
  EXPECT_TRUE(says(text, "SECRET '<its secret>', SESSION_TOKEN '<its session token>',\n")) << text;
  EXPECT_TRUE(says(text, "\"aws_session_token\": \"<its session token>\",\n"));
  EXPECT_TRUE(says(text, "key id AKIAEXAMPLE, with session token\n"));
}

TEST(banner, without_a_key_nobody_is_told_to_sign) {
  auto unsigned_store = usual();
  unsigned_store.key_id.reset();
  unsigned_store.credentials_where = "none (no environment variables)";
  auto anonymous = usual();
  anonymous.address = "127.0.0.1";
  anonymous.allow_anonymous = anonymous_access::loopback;
  for (auto const& facts : {unsigned_store, anonymous}) {
    auto const text = render_banner(facts);
    EXPECT_FALSE(says(text, "KEY_ID") || says(text, "aws_access_key_id") || says(text, "is in:")) << text;
    EXPECT_TRUE(says(text, "\"aws_skip_signature\": \"true\"")) << text;
  }
  EXPECT_TRUE(says(render_banner(unsigned_store),
                   "credentials   none (no environment variables); requests go to the store unsigned\n"));
  EXPECT_TRUE(says(render_banner(anonymous), "every program on this machine"));
  anonymous.allow_anonymous = anonymous_access::network;
  EXPECT_TRUE(says(render_banner(anonymous), "whoever reaches the port"));
}

TEST(banner, no_value_breaks_out_of_its_line_or_its_quotes) {
  auto facts = usual();
  facts.credentials_where = "profile \"a\nb\" (x)";
  facts.key_id = base::access_key_id("A'B\"C");
  auto const text = render_banner(facts);
  EXPECT_TRUE(says(text, "profile \"a\\nb\" (x)"));
  EXPECT_FALSE(says(text, "a\nb"));
  EXPECT_TRUE(says(text, "KEY_ID 'A''B\"C'"));
  EXPECT_TRUE(says(text, "\"A'B\\\"C\""));
}

TEST(banner, with_identities_it_counts_them_and_names_nobody) {
  auto facts = usual();
  facts.file = "/etc/s3proxy.toml";
  facts.identities = 3;
  facts.token = session_token::present;
  auto text = render_banner(facts);
  EXPECT_TRUE(says(text, "clients       3 identities (/etc/s3proxy.toml), signing with keys of their own\n"))
      << text;
  EXPECT_TRUE(says(text, "KEY_ID '<an access-key-id>', SECRET '<its secret>',\n")) << text;
  EXPECT_TRUE(says(text, "(<its secret> is in: /etc/s3proxy.toml)"));
  EXPECT_TRUE(says(text, "credentials   profile \"analytics\" (~/.aws/credentials), key id AKIAEXAMPLE"));
  facts.identities = 1;
  facts.principals = 2;
  text = render_banner(facts);
  EXPECT_TRUE(says(text, "clients       1 identity (/etc/s3proxy.toml), ")) << text;
  EXPECT_TRUE(says(text, "credentials   those of 2 principals (/etc/s3proxy.toml)\n")) << text;
}

TEST(banner, with_tls_every_url_is_https) {
  auto facts = usual();
  facts.scheme = url_scheme::https;
  auto const text = render_banner(facts);
  EXPECT_TRUE(says(text, "listening     https://[::]:3000 (all interfaces)\n")) << text;
  EXPECT_TRUE(says(text, "URL_STYLE 'path', USE_SSL true);"));
  EXPECT_TRUE(says(text, "\"aws_endpoint_url\": \"https://localhost:3000\""));
  EXPECT_FALSE(says(text, "aws_allow_http") || says(text, "http://"));
}

TEST(client_host, is_what_a_client_on_this_machine_writes) {
  EXPECT_EQ(client_host("::", 3000), "localhost:3000");
  EXPECT_EQ(client_host("0.0.0.0", 1), "localhost:1");
  EXPECT_EQ(client_host("127.0.0.1", 3000), "127.0.0.1:3000");
  EXPECT_EQ(client_host("::1", 3000), "[::1]:3000");
}

}  // namespace
}  // namespace s3proxy::app
