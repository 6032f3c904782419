#include "s3proxy/upstream/endpoint.hpp"

#include <gtest/gtest.h>

namespace s3proxy::upstream {
namespace {

TEST(endpoint, the_host_field_names_the_port_only_when_it_is_not_the_schemes_own) {
  struct {
    endpoint at;
    char const* field;
  } const table[] = {
      {{scheme::https, "s3.eu-west-1.amazonaws.com", 443}, "s3.eu-west-1.amazonaws.com"},
      {{scheme::https, "store", 80}, "store:80"},
      {{scheme::http, "store", 80}, "store"},
      {{scheme::http, "store", 443}, "store:443"},
      {{scheme::http, "127.0.0.1", 9000}, "127.0.0.1:9000"},
      {{scheme::http, "::1", 80}, "[::1]"},
      {{scheme::https, "2001:db8::7", 443}, "[2001:db8::7]"},
      {{scheme::https, "2001:db8::7", 9443}, "[2001:db8::7]:9443"},
  };
  for (auto const& row : table) {
    EXPECT_EQ(row.at.host_field(), row.field);
  }
}

}  // namespace
}  // namespace s3proxy::upstream
