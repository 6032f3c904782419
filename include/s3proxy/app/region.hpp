#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/options.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::app {

/// The region that a store's own host name tells: `s3.eu-west-1.amazonaws.com` says `eu-west-1`. Knows the
/// forms of the stores in the table of region.cpp; nothing for all others.
std::optional<std::string> region_of_host(std::string_view host);

/// The region to sign for, and for people where it came from: `--region`, `environment AWS_REGION`,
/// `profile "default" (~/.aws/config)`, `the endpoint's host name`, `the default`.
struct resolved_region {
  std::string name;
  std::string from;
};

/// The first that is set: `flag`, AWS_REGION, AWS_DEFAULT_REGION, `from_profile`, the host name, `us-east-1`.
/// Refuses one that is no region (parse_region), and says where it stands.
parsed<resolved_region> resolve_region(std::optional<sourced<std::string>> const& flag,
                                       environment const& lookup,
                                       std::optional<found_region> const& from_profile,
                                       std::string_view host);

}  // namespace s3proxy::app
