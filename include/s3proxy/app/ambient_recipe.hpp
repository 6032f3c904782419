#pragma once

#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/profile_recipe.hpp"

namespace s3proxy::app {

// What the place that we run in offers: a cluster, a container, a machine.

/// AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME. `profile_region`: where the STS
/// is when no variable says so. Refuses a token without a role.
found_recipe web_identity_recipe(environment const& lookup, std::optional<std::string> const& profile_region);

/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (on 169.254.170.2), then AWS_CONTAINER_CREDENTIALS_FULL_URI, with
/// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, then AWS_CONTAINER_AUTHORIZATION_TOKEN. Refuses, as AWS's SDKs do,
/// plain HTTP to an address that is neither loopback nor 169.254.170.2, 169.254.170.23 or fd00:ec2::23 (a
/// name is looked at when it is called), and a token with a line break. Source:
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
found_recipe container_recipe(environment const& lookup);

/// The metadata service, at AWS_EC2_METADATA_SERVICE_ENDPOINT, or as AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE
/// (IPv4, IPv6) says; nothing when AWS_EC2_METADATA_DISABLED is true. The recipe's certainty is if_there.
/// Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
found_recipe machine_recipe(environment const& lookup);

}  // namespace s3proxy::app
