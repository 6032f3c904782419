#pragma once

#include "s3proxy/app/config_file.hpp"
#include "s3proxy/app/declared.hpp"

#include <string>
#include <vector>

namespace s3proxy::app {

/// What of a principal the store sees: two that agree in it are one to the store.
std::string stands_for(principal_source const& source);

/// What only the whole of the declarations can tell. Puts the name of its principal into each identity that
/// leaves it out, then gives what is wrong: names and keys that come twice, principals that nobody declared,
/// principals that are one to the store, several identities on one principal without rules, the key of a
/// principal with another secret, principals and nobody to use them.
std::vector<config_problem> check_declarations(declarations& declared);

/// Principals that no identity uses: most likely a name that was changed in one place only.
std::vector<std::string> unused_principals(declarations const& declared);

}  // namespace s3proxy::app
