#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/declared.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/make_roster.hpp"

#include <map>
#include <string>

namespace s3proxy::app {

/// How each principal signs, by its name; the implied one is among them where none is declared.
using signers = std::map<std::string, principal_signer, std::less<>>;

/// Looks up where the credentials of each principal come from. `usual` is what the usual places gave.
/// Refuses, in a sentence that names the principal, what cannot be used.
parsed<signers> find_signers(declarations const& declared, loaded_credentials const& usual,
                             environment const& lookup, file_reader const& read);

/// The same as make_roster asks for it. `found` has every principal that is asked for, and outlives the
/// function.
find_signer signer_in(signers const& found);

}  // namespace s3proxy::app
