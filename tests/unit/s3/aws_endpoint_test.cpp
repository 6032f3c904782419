#include "s3proxy/s3/aws_endpoint.hpp"

#include <gtest/gtest.h>

#include <string>

namespace s3proxy::s3 {
namespace {

TEST(aws_endpoint, knows_its_own_region) {
  struct {
    std::string_view host, region;
  } const table[] = {
      {"s3.amazonaws.com", "us-east-1"},
      {"s3-external-1.amazonaws.com", "us-east-1"},
      {"s3.eu-west-1.amazonaws.com", "eu-west-1"},
      {"s3-eu-west-1.amazonaws.com", "eu-west-1"},
      {"s3.dualstack.ap-southeast-2.amazonaws.com", "ap-southeast-2"},
      {"s3-fips.us-west-2.amazonaws.com", "us-west-2"},
      {"s3-fips.dualstack.ca-central-1.amazonaws.com", "ca-central-1"},
      {"s3.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
      {"s3.cn-north-1.amazonaws.com.cn", "cn-north-1"},
      {"s3.dualstack.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"},
      {"s3.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
      {"s3.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"},
  };
  for (auto const& row : table) {
    auto const read = aws_endpoint::read(row.host);
    ASSERT_TRUE(read) << row.host;
    EXPECT_EQ(read->region(), row.region) << row.host;
  }
}

TEST(aws_endpoint, any_other_host_is_none) {
  for (auto const* host : {"",
                           "localhost",
                           "s3.",
                           "s3.eu-west-1",
                           "minio.example",
                           "s3.eu-west-1.example.com",
                           "s3.eu-west-1.amazonaws.com.evil",
                           "s3.eu-west-1.amazonaws.com.cn",
                           "s3.cn-north-1.amazonaws.com",
                           "s3.us-gov-west-1.amazonaws.com.cn",
                           "bucket.s3.eu-west-1.amazonaws.com",
                           "vpce-1.s3.eu-west-1.vpce.amazonaws.com",
                           "s3-accelerate.amazonaws.com",
                           "s3.EU-WEST-1.amazonaws.com",
                           "s3.eu-west.amazonaws.com",
                           "s3x.eu-west-1.amazonaws.com",
                           "amazonaws.com",
                           "s3.dualstack.amazonaws.com",
                           "s3-fips-us-gov-west-1.amazonaws.com",
                           "s3..amazonaws.com",
                           "s3-.amazonaws.com"}) {
    EXPECT_FALSE(aws_endpoint::read(host)) << host;
  }
}

TEST(aws_endpoint, the_form_of_the_host_stays) {
  struct {
    std::string_view host, there;
  } const table[] = {
      {"s3.amazonaws.com", "s3.ap-south-1.amazonaws.com"},
      {"s3.us-east-1.amazonaws.com", "s3.ap-south-1.amazonaws.com"},
      {"s3-us-west-2.amazonaws.com", "s3.ap-south-1.amazonaws.com"},
      {"s3.dualstack.us-east-1.amazonaws.com", "s3.dualstack.ap-south-1.amazonaws.com"},
      {"s3-fips.us-east-1.amazonaws.com", "s3-fips.ap-south-1.amazonaws.com"},
      {"s3-fips.dualstack.us-east-1.amazonaws.com", "s3-fips.dualstack.ap-south-1.amazonaws.com"},
  };
  for (auto const& row : table) {
    EXPECT_EQ(aws_endpoint::read(row.host)->host_in("ap-south-1"), row.there) << row.host;
  }
  EXPECT_EQ(aws_endpoint::read("s3.cn-north-1.amazonaws.com.cn")->host_in("cn-northwest-1"),
            "s3.cn-northwest-1.amazonaws.com.cn");
  EXPECT_EQ(aws_endpoint::read("s3.us-gov-west-1.amazonaws.com")->host_in("us-gov-east-1"),
            "s3.us-gov-east-1.amazonaws.com");
}

TEST(aws_endpoint, another_partition_is_out_of_reach) {
  auto const commercial = aws_endpoint::read("s3.amazonaws.com");
  for (auto const* region : {"cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1",
                             "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1"}) {
    EXPECT_EQ(commercial->host_in(region), std::nullopt) << region;
    EXPECT_EQ(aws_endpoint::read("s3.cn-northwest-1.amazonaws.com.cn")->host_in(region).has_value(),
              region == std::string_view("cn-north-1"))
        << region;
  }
  EXPECT_EQ(aws_endpoint::read("s3.us-gov-west-1.amazonaws.com")->host_in("us-east-1"), std::nullopt);
}

TEST(aws_endpoint, what_is_no_region_makes_no_host) {
  auto const home = *aws_endpoint::read("s3.amazonaws.com");
  for (std::string const region : {"",
                                   "evil.com/",
                                   "evil.com",
                                   "eu-west-1.evil.com",
                                   "eu-west-1/",
                                   "EU-WEST-1",
                                   "Eu-west-1",
                                   "eu-west-1 ",
                                   " eu-west-1",
                                   "eu-west",
                                   "eu-west-",
                                   "eu-west-123",
                                   "eu--1",
                                   "-west-1",
                                   "e-west-1",
                                   "eur-west-1",
                                   "eu-west-1-1",
                                   "eu-w_st-1",
                                   "eu-west-1\r\nx: y",
                                   "eu-west-1@evil",
                                   "eu-west-1#",
                                   "EU",
                                   "us",
                                   "1-2-3",
                                   "eu-\xc3\xa4t-1"}) {
    EXPECT_EQ(home.host_in(region), std::nullopt) << region;
  }
  EXPECT_EQ(home.host_in("eu-" + std::string(60, 'w') + "-1"), std::nullopt);
  EXPECT_EQ(home.host_in(std::string("eu-west-1\0", 10)), std::nullopt);
}

}  // namespace
}  // namespace s3proxy::s3
