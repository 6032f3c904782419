#pragma once

#include "s3proxy/s3/credentials.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace s3proxy::upstream {

/// Keys, or a clause that says what is wrong with the document (`has no SecretAccessKey`). The clause quotes
/// nothing of it.
using read_document = std::variant<s3::issued_credentials, std::string>;

/// Reads the JSON of a container's agent or of a machine's metadata service: AccessKeyId, SecretAccessKey,
/// Token, Expiration; a Code, where there is one, says Success. Source:
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
read_document read_agent_document(std::string_view bytes);

/// Reads what a credential_process prints: Version 1, AccessKeyId, SecretAccessKey, SessionToken and
/// Expiration (both may be missing). Source:
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
read_document read_program_document(std::string_view bytes);

/// The code and the message of an agent's error document, whichever way it capitalises them; empty texts
/// where it says none.
struct agent_error {
  std::string code;
  std::string message;
};
agent_error read_agent_error(std::string_view bytes);

}  // namespace s3proxy::upstream
