#pragma once

#include "s3proxy/app/memory_budget.hpp"
#include "s3proxy/app/options.hpp"
#include "s3proxy/app/region.hpp"

#include <string>

namespace s3proxy::app {

/// What start-up worked out where nobody said it.
struct effective_facts {
  resolved_region region;
  memory_budget memory;
  unsigned threads = 1;
  std::string credentials_where;  ///< of the implied principal
};

/// Every setting, principal and identity that is in force, each with where it comes from: a configuration
/// file with a comment behind each value, and `***` for each secret. What is left at a default that is no
/// value (a certificate: none) is a comment.
std::string render_effective(run_request const& request, effective_facts const& facts);

}  // namespace s3proxy::app
