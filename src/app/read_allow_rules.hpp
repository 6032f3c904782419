#pragma once

#include "s3proxy/s3/identity.hpp"

#include "table_reader.hpp"

#include <optional>
#include <vector>

namespace s3proxy::app {

/// The `allow` of an identity's table: a list of rules, inline or as `[[identities.allow]]`. Nothing where it
/// is left out. What is wrong goes to `problems`.
std::optional<std::vector<s3::allow_rule>> read_allow_rules(table_reader& table,
                                                            std::vector<config_problem>& problems);

}  // namespace s3proxy::app
