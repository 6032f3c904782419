#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/credential_plan.hpp"
#include "s3proxy/app/declared.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/make_roster.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace s3proxy::app {

/// How each principal signs, by its name; the implied one is among them where none is declared.
using signers = std::map<std::string, principal_signer, std::less<>>;

/// Follows a plan whose keys somebody hands out; null where nobody does (plan_kind::if_there).
using supplier = std::function<parsed<std::shared_ptr<upstream::credential_provider>>(credential_plan)>;

/// How keys are had that stand written nowhere.
struct obtaining {
  std::optional<credential_plan> usual{};  ///< of the usual places, where keys are handed out there
  supplier supply{};  ///< empty: nobody is asked, and those principals have no credentials (validate)
  /// Those of before: a provider that would be made from the same is taken over. Null: none.
  signers const* before = nullptr;
};

/// Looks up where the credentials of each principal come from. `usual` is what stands written in the usual
/// places. Refuses, in a sentence that names the principal, what cannot be used.
parsed<signers> find_signers(declarations const& declared, loaded_credentials const& usual,
                             environment const& lookup, file_reader const& read, obtaining const& how = {});

/// The same as make_roster asks for it. `found` has every principal that is asked for, and outlives the
/// function.
find_signer signer_in(signers const& found);

}  // namespace s3proxy::app
