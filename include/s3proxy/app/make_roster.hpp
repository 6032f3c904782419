#pragma once

#include "s3proxy/app/declared.hpp"
#include "s3proxy/app/options.hpp"
#include "s3proxy/proxy/roster.hpp"
#include "s3proxy/upstream/credential_provider.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace s3proxy::app {

/// How a principal signs, once somebody has looked where its credentials come from.
struct principal_signer {
  enum class keys {
    none,        ///< it sends requests unsigned
    fixed_pair,  ///< a key pair that a person wrote down, so that a client may know it
    obtained,    ///< from a role, a token, a process or a metadata service: no client could know them
  } kind = keys::none;
  upstream::current_credentials credentials;  ///< empty where it has none
  /// What the store sees of it where the source does not tell by itself: the key id that a profile holds, the
  /// role of an instance. The id of the principal changes with it, and with the id all rights are gone.
  std::string stands_for;
  std::string where;  ///< for people: `profile "analytics" (~/.aws/credentials)`
  /// Set where they are obtained: somebody has to keep it fresh.
  std::shared_ptr<upstream::credential_provider> provider{};
  /// A hash of all that the provider was made from: where it is the same, so are its keys.
  std::string made_from{};
};
using find_signer = std::function<principal_signer(declared_principal const&)>;

/// The principal whose credentials are the store's own: the only one that is declared, else the implied one,
/// which looks in the usual places. Nothing when several are declared.
std::optional<declared_principal> own_principal(declarations const& declared);

/// Who may come, and who signs for them. With identities, they alone. Without any, the zero-configuration
/// rule: clients sign with the store's own pair where that is a fixed one; where the store is public
/// everybody comes unsigned. `others` may use the own principal unsigned.
proxy::roster_ptr make_roster(declarations const& declared, find_signer const& signer_of,
                              proxy::unsigned_access others);

/// Why a daemon with these settings and the store's own signer would be of no use or unsafe; nothing when it
/// is fine.
/// - The credentials are obtained, and no identities, token exchange or anonymous access let anybody in.
/// - Identities use credentials that are nowhere.
/// - An identity has the key id of a principal's pair with another secret.
/// - Unsigned clients would be signed for past the rules, or by nobody knows which principal.
std::optional<std::string> refuse_clients(options const& chosen, declarations const& declared,
                                          find_signer const& signer_of);

}  // namespace s3proxy::app
