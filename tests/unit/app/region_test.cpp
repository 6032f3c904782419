#include "s3proxy/app/region.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace s3proxy::app {
namespace {

environment lookup_in(std::map<std::string, std::string, std::less<>> set) {
  return [set = std::move(set)](std::string_view name) -> std::optional<std::string> {
    auto const found = set.find(name);
    return found != set.end() ? std::optional(found->second) : std::nullopt;
  };
}

TEST(region_of_host, is_read_from_the_names_of_known_stores) {
  struct row {
    char const* host;
    char const* region;
  };
  for (auto const& [host, region] : {
           row{"s3.amazonaws.com", "us-east-1"},
           row{"s3-external-1.amazonaws.com", "us-east-1"},
           row{"s3.eu-west-1.amazonaws.com", "eu-west-1"},
           row{"s3-eu-west-1.amazonaws.com", "eu-west-1"},
           row{"s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1"},
           row{"s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
           row{"s3-fips.dualstack.us-east-2.amazonaws.com", "us-east-2"},
           row{"s3.cn-north-1.amazonaws.com.cn", "cn-north-1"},
           row{"bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com", "us-east-1"},
           row{"vpce-1a2b3c4d-5e6f-us-east-1a.s3.us-east-1.vpce.amazonaws.com", "us-east-1"},
           row{"lake.s3.eu-west-1.amazonaws.com", "eu-west-1"},
           row{"fra1.digitaloceanspaces.com", "fra1"},
           row{"s3.wasabisys.com", "us-east-1"},
           row{"s3.eu-central-1.wasabisys.com", "eu-central-1"},
           row{"s3.us-west-004.backblazeb2.com", "us-west-004"},
           row{"s3.fr-par.scw.cloud", "fr-par"},
           row{"0123abcd.r2.cloudflarestorage.com", "auto"},
           row{"0123abcd.eu.r2.cloudflarestorage.com", "auto"},
       }) {
    EXPECT_EQ(region_of_host(host).value_or("none"), region) << host;
  }
}

TEST(region_of_host, other_names_say_nothing) {
  for (auto const* host :
       {"localhost", "10.0.0.1", "::1", "minio.example.com", "s3-accelerate.amazonaws.com", "amazonaws.com",
        "com", "", "s3.eu-west-1.amazonaws.com.evil.org", "evils3.amazonaws.com", "digitaloceanspaces.com",
        "s3..amazonaws.com", "ec2.eu-west-1.amazonaws.com", "s3-.amazonaws.com"}) {
    EXPECT_EQ(region_of_host(host).value_or("none"), "none") << host;
  }
}

TEST(region_order, the_first_that_is_set_wins) {
  auto const host = "s3.five.amazonaws.com";
  std::optional<sourced<std::string>> flag({"one", "--region"});
  std::optional<found_region> profile({"four", "profile \"x\" (f)"});
  std::map<std::string, std::string, std::less<>> set{{"AWS_REGION", "two"}, {"AWS_DEFAULT_REGION", "three"}};
  auto const expect = [&](std::string_view at, std::string_view name, std::string_view from) {
    auto const region = resolve_region(flag, lookup_in(set), profile, at);
    ASSERT_TRUE(region.has_value());
    EXPECT_EQ(region->name, name);
    EXPECT_EQ(region->from, from);
  };
  expect(host, "one", "--region");
  flag.reset();
  expect(host, "two", "environment AWS_REGION");
  set["AWS_REGION"].clear();
  expect(host, "three", "environment AWS_DEFAULT_REGION");
  set.clear();
  expect(host, "four", "profile \"x\" (f)");
  profile.reset();
  expect(host, "five", "the endpoint's host name");
  expect("localhost", "us-east-1", "the default");
}

TEST(region_order, one_that_is_none_is_refused_with_where_it_stands) {
  auto const region =
      resolve_region(std::nullopt, lookup_in({{"AWS_REGION", "eu west"}}), std::nullopt, "localhost");
  ASSERT_FALSE(region.has_value());
  EXPECT_TRUE(region.error().sentence.starts_with("environment AWS_REGION: `eu west` is not a region"));
  auto const from_file =
      resolve_region(std::nullopt, lookup_in({}), found_region{"a/b", "profile \"x\" (f)"}, "localhost");
  ASSERT_FALSE(from_file.has_value());
  EXPECT_TRUE(from_file.error().sentence.starts_with("profile \"x\" (f): "));
}

}  // namespace
}  // namespace s3proxy::app
