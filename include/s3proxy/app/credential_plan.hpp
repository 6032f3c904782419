#pragma once

#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/file_reading.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/upstream/credential_recipe.hpp"

#include <optional>
#include <string>
#include <vector>

namespace s3proxy::app {

enum class plan_kind {
  none,        ///< there are no credentials: requests go to the store unsigned
  fixed,       ///< a pair that stands written: clients can sign with it as well
  handed_out,  ///< by a role, a program, an agent...: no client could know them
  if_there,    ///< handed out by the machine's metadata service if there is one; none otherwise
};

/// Where the credentials for the store come from, as far as the environment and the AWS files tell.
struct credential_plan {
  std::optional<upstream::credential_recipe> recipe;
  /// For people: `environment`, `profile "lake" (~/.aws/config), role arn:...`, or `none (why; looked in
  /// ...)`.
  std::string where;
  /// What was passed over, in order, and why: `environment: AWS_ACCESS_KEY_ID is not set`.
  std::vector<std::string> skipped;

  plan_kind kind() const {
    if (!recipe) {
      return plan_kind::none;
    }
    if (recipe->certainty == upstream::certainty::if_there) {
      return plan_kind::if_there;
    }
    return recipe->is_fixed() ? plan_kind::fixed : plan_kind::handed_out;
  }
};

/// Finds where credentials come from, without asking anybody. The first that is there wins, in botocore's
/// order:
///
/// 1. AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
/// 2. `role_arn` of the profile, with `source_profile` (which may chain) or `credential_source`
/// 3. AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, then `web_identity_token_file` with `role_arn` of the
/// profile
/// 4. keys in the profile of the credentials file, `credential_process`, keys in the profile of the config
/// file
/// 5. AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, then AWS_CONTAINER_CREDENTIALS_FULL_URI
/// 6. the metadata service of the machine, unless AWS_EC2_METADATA_DISABLED
///
/// The profile is the one AWS_PROFILE names, else `default`.
///
/// Refuses, in a whole sentence: half a key pair; keys with characters no key has; a file that is there but
/// cannot be read; a malformed line (with file:line); an AWS_PROFILE that neither file has; a profile that
/// was asked for and gets its keys by SSO (with a hint; the profile `default` is passed over); roles in a
/// loop, without a source, with two, or with MFA; a web identity without a role; a container's address that
/// AWS's rules forbid. Secrets never appear.
parsed<credential_plan> plan_credentials(environment const& lookup, file_reader const& read);

/// The same of one profile, asked for by name: neither the keys in the environment nor what comes behind the
/// profile counts.
parsed<credential_plan> plan_profile_credentials(std::string const& profile, environment const& lookup,
                                                 file_reader const& read);

}  // namespace s3proxy::app
