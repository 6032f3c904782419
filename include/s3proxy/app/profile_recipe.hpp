#pragma once

#include "s3proxy/app/aws_profile.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/upstream/credential_recipe.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::app {

// What the settings of a profile lead to. Source:
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html and the pages of each setting.

/// A recipe; nothing where the profile says nothing of the kind; or a refusal.
using found_recipe = parsed<std::optional<upstream::credential_recipe>>;

/// `role_arn` with `source_profile` (which may chain) or `credential_source`.
found_recipe role_of_profile(aws_profile const& profile, aws_files const& files, environment const& lookup);
/// `web_identity_token_file` with `role_arn`.
found_recipe web_identity_of_profile(aws_profile const& profile, environment const& lookup);
/// The keys in one of its two parts.
found_recipe keys_of_profile(aws_profile const& profile, profile_part const& part);
/// `credential_process`.
found_recipe program_of_profile(aws_profile const& profile);
/// The setting with which the profile asks for a way that is not spoken here (SSO), and the sentence that
/// refuses it with its remedy.
std::optional<std::string> foreign_way(aws_profile const& profile);

/// What a role says of itself: `arn`, and the STS of AWS_ENDPOINT_URL_STS, or of the region (AWS_REGION,
/// AWS_DEFAULT_REGION, `profile_region`), or the global one. Refuses an ARN, a session name or a duration
/// that no STS takes; `place` tells where they stand.
struct role_texts {
  std::string arn;
  std::optional<std::string> session_name;
  std::optional<std::string> duration_seconds;
  std::string place;
};
parsed<upstream::role_terms> role_terms_of(role_texts const& texts, environment const& lookup,
                                           std::optional<std::string> const& profile_region);

/// `https://host` and the like, for a call: parse_endpoint's, as upstream has it.
parsed<upstream::endpoint> call_endpoint(std::string_view url);

}  // namespace s3proxy::app
