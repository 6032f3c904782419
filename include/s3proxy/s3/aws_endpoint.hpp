#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::s3 {

/// An endpoint of Amazon S3 with its relatives in other regions: they are one store, whose buckets live in
/// one region each. Only whole host names count: one with a bucket, an access point or a VPC endpoint in
/// front has no relatives. Source: https://docs.aws.amazon.com/general/latest/gr/s3.html
class aws_endpoint {
 public:
  /// Reads `s3.REGION.amazonaws.com` and its forms (`s3.`, `s3-fips.`, either with `dualstack.`, the old
  /// `s3-REGION.`, the global `s3.amazonaws.com`), with the domains of the other partitions.
  /// Nothing for any other host.
  static std::optional<aws_endpoint> read(std::string_view host);

  /// The region of its own name; us-east-1 for the global one.
  std::string const& region() const { return region_; }

  /// The host of the same form in another region of the same partition. It is built from nothing but a
  /// region that matches the pattern, so no text of the store's can choose it. Nothing for any other text and
  /// for other partitions, whose buckets these credentials cannot reach.
  std::optional<std::string> host_in(std::string_view region) const;

 private:
  aws_endpoint(std::string_view form, std::string_view region, std::string_view domain)
      : form_(form), region_(region), domain_(domain) {}

  std::string_view form_;  // static: `s3`, `s3-fips.dualstack` ...
  std::string region_;
  std::string_view domain_;  // static
};

}  // namespace s3proxy::s3
