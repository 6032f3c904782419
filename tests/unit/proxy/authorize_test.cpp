#include "s3proxy/proxy/authorize.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace s3proxy::proxy {
namespace {

http::field_list fields_of(std::vector<http::field_view> const& lines) {
  http::field_list out;
  for (auto const& line : lines) {
    out.add(line);
  }
  return out;
}

TEST(authorize, a_name_that_a_page_could_have_rebound_is_foreign) {
  for (auto const* host : {"evil.example", "evil.example:3000", "localhost.evil.example",
                           "127.0.0.1.evil.example", "", "s3proxy", "[evil.example]", "127.0.0.1x"}) {
    EXPECT_TRUE(may_be_foreign_page(fields_of({{"Host", host}}), {})) << host;
  }
  EXPECT_TRUE(may_be_foreign_page({}, {})) << "no Host at all";
}

TEST(authorize, an_address_or_localhost_is_not) {
  for (auto const* host : {"localhost", "localhost:3000", "LOCALHOST", "127.0.0.1", "127.0.0.1:3000", "[::1]",
                           "[::1]:3000", "192.168.1.9"}) {
    EXPECT_FALSE(may_be_foreign_page(fields_of({{"host", host}}), {})) << host;
  }
}

TEST(authorize, a_request_of_another_origin_or_site_is_foreign) {
  struct {
    char const *name, *value;
    bool foreign;
  } const table[] = {
      {"Origin", "http://localhost:3000", false},
      {"origin", "https://localhost:3000", false},
      {"Origin", "http://localhost", true},
      {"Origin", "http://localhost:3001", true},
      {"Origin", "http://evil.example", true},
      {"Origin", "http://localhost:3000.evil.example", true},
      {"Origin", "null", true},
      {"Origin", "", true},
      {"Sec-Fetch-Site", "cross-site", true},
      {"sec-fetch-site", "CROSS-SITE", true},
      {"Sec-Fetch-Site", "same-origin", false},
      {"Sec-Fetch-Site", "none", false},
      {"User-Agent", "duckdb", false},
  };
  for (auto const& row : table) {
    EXPECT_EQ(may_be_foreign_page(fields_of({{"Host", "localhost:3000"}, {row.name, row.value}}), {}),
              row.foreign)
        << row.name << ": " << row.value;
  }
}

TEST(authorize, one_sign_of_a_foreign_page_is_enough) {
  EXPECT_TRUE(may_be_foreign_page(fields_of({{"Host", "127.0.0.1:3000"},
                                             {"Origin", "http://127.0.0.1:3000"},
                                             {"Sec-Fetch-Site", "cross-site"}}),
                                  {}));
  EXPECT_TRUE(may_be_foreign_page(fields_of({{"Host", "evil.example:3000"},
                                             {"Origin", "http://evil.example:3000"},
                                             {"Sec-Fetch-Site", "same-origin"}}),
                                  {}));
}

TEST(authorize, a_bucket_below_a_domain_of_ours_is_not_foreign) {
  std::vector<std::string> const domains{"s3.lan"};
  for (auto const* host : {"bucket.localhost:3000", "s3.lan", "my.bucket.S3.lan:80"}) {
    EXPECT_FALSE(may_be_foreign_page(fields_of({{"Host", host}}), domains)) << host;
  }
  for (auto const* host : {"s3.lan.evil.example", "xs3.lan", "lan"}) {
    EXPECT_TRUE(may_be_foreign_page(fields_of({{"Host", host}}), domains)) << host;
  }
}

TEST(authorize, a_page_of_an_allowed_origin_is_not_foreign) {
  std::vector<std::string> const allowed{"https://app.example"};
  http::field_view const host{"Host", "localhost:3000"};
  http::field_view const across{"Sec-Fetch-Site", "cross-site"};
  http::field_view const app{"Origin", "https://app.example"};
  EXPECT_FALSE(may_be_foreign_page(fields_of({host, app, across}), {}, allowed));
  EXPECT_TRUE(may_be_foreign_page(fields_of({host, app, across}), {}));
  EXPECT_TRUE(may_be_foreign_page(fields_of({host, across}), {}, allowed)) << "nobody says of which page";
  EXPECT_TRUE(may_be_foreign_page(fields_of({host, app, {"Origin", "http://evil.example"}}), {}, allowed));
  EXPECT_TRUE(may_be_foreign_page(fields_of({{"Host", "evil.example"}, app}), {}, allowed)) << "a rebound name";
}

}  // namespace
}  // namespace s3proxy::proxy
