#pragma once

#include "s3proxy/app/config_file.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/s3/identity.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace s3proxy::app {

/// How a principal's credentials come: a key pair that stands in the file.
struct fixed_pair {
  s3::credentials pair;
  std::string secret_file;  ///< where the secret was read; empty: it stands in the file itself
};
/// As a profile of the AWS files says.
struct profile_source {
  std::string profile;
};
/// From the first place of AWS's usual ones that has some (docs/configuration.md lists them).
struct chain_source {};
/// By assuming a role, with the credentials of a profile, or of the usual places where it is left empty.
struct role_source {
  std::string role_arn;
  std::string external_id;     ///< empty: none
  std::string session_name;    ///< empty: `s3proxy`
  std::string source_profile;  ///< empty: the usual places
};
/// It has none: what goes to the store is unsigned.
struct anonymous_source {};

using principal_source =
    std::variant<chain_source, fixed_pair, profile_source, role_source, anonymous_source>;

/// One who signs towards the store.
struct declared_principal {
  std::string name;
  principal_source source;
  config_place at;
};

/// One who may come.
struct declared_identity {
  s3::credentials keys;
  std::string secret_file;  ///< where the secret was read; empty: it stands in the file itself
  std::string principal;    ///< the name of a principal that is declared, or implied_principal
  /// Nothing: it may do what the principal may do.
  std::optional<std::vector<s3::allow_rule>> allow;
  config_place at;
  config_place principal_at;  ///< where it names its principal
};

/// The principal of a file that declares none: the store's credentials are looked for in the usual places.
inline constexpr char const* implied_principal = "default";

/// What the tables of a configuration file declare.
struct declarations {
  std::string file;  ///< as the operator named it; empty: there is none
  std::vector<declared_principal> principals;
  std::vector<declared_identity> identities;
};

}  // namespace s3proxy::app
