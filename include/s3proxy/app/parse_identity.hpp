#pragma once

#include "s3proxy/app/parse_value.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::app {

/// 1 to 128 visible characters that can stand in the credential of a signature: no `/`, no `,`.
parsed<std::string> parse_access_key_id(std::string_view text);

/// Why `text` cannot be a secret, or nothing: it is empty, longer than 1,024 characters, or holds a space, a
/// line break or another character that no key has. The sentence never quotes it.
std::optional<std::string> refuse_secret(std::string_view text);

/// The name of a principal: 1 to 64 letters, digits, `.`, `_` and `-`.
parsed<std::string> parse_principal_name(std::string_view text);

/// A profile of the AWS files: not empty, one line, no brackets.
parsed<std::string> parse_profile_name(std::string_view text);

/// 2 to 1,224 letters, digits and `_+=,.@:/-`, which is what AssumeRole takes as ExternalId. It is not
/// echoed: some treat it as a secret.
parsed<std::string> parse_external_id(std::string_view text);

/// A role: `arn:`, and no space. Stores other than Amazon's have forms of their own behind that.
parsed<std::string> parse_role_arn(std::string_view text);

/// 2 to 64 letters, digits and `_+=,.@-`, which is what AssumeRole takes as RoleSessionName
/// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
parsed<std::string> parse_session_name(std::string_view text);

/// 15 minutes to 12 hours in whole seconds, which is what AssumeRole takes as DurationSeconds.
parsed<std::chrono::milliseconds> parse_session_duration(std::string_view text);

}  // namespace s3proxy::app
