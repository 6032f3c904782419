#pragma once

#include "s3proxy/app/credential_plan.hpp"
#include "s3proxy/app/file_reading.hpp"
#include "s3proxy/observe/clock.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/upstream/credential_provider.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace s3proxy::app {

/// What a plan came to when it was followed for the first time. At most one of the two is there; with
/// neither, requests go to the store unsigned.
struct credential_supply {
  std::optional<s3::credentials>
      pair;  ///< it stands written: clients can sign with it (and its file be polled)
  /// It is handed out: spawn upstream::credential_provider::keep_fresh once, ask current() per request.
  std::shared_ptr<upstream::credential_provider> provider;
  std::string where;  ///< for people
};

/// Why the start ends here.
struct supply_failure {
  int exit_code = 2;  ///< 2: the operator can mend it (configuration, a right); 1: somebody does not answer
  std::string sentence;  ///< with what was passed over before, and why
};

/// The tools of a provider, with token files read by `read`. `clock` outlives the provider.
upstream::credential_tools credential_tools_of(observe::clock const& clock, file_reader read);

/// Follows the plan: blocks until there are keys or it is clear that there are none, within the limits of
/// `tools`. For start-up, before anything listens. A plan of the last resort (if_there) never fails.
std::variant<credential_supply, supply_failure> supply_credentials(credential_plan plan,
                                                                   upstream::credential_tools tools);

}  // namespace s3proxy::app
