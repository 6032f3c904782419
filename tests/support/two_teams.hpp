#pragma once

#include "support/world.hpp"

#include <memory>
#include <string>

namespace s3proxy::test {

inline s3::credentials pair_of(std::string const& name) {
  return {base::access_key_id(name + "KEY00000000000001"), base::secret("the secret of " + name), {}};
}

/// Two identities, each on a principal with a pair of its own, which the store can tell apart.
struct two_teams {
  s3::credentials alice = pair_of("ALICE");
  s3::credentials bob = pair_of("BOB");

  proxy::roster_ptr roster() const {
    auto made = std::make_shared<proxy::roster>();
    for (auto const& keys : {alice, bob}) {
      auto const pair = std::make_shared<s3::credentials const>(keys);
      auto const signer = std::make_shared<proxy::principal const>(
          proxy::principal{base::principal_id(keys.key_id.str()), [pair] { return pair; }});
      made->principals.emplace(signer->id, signer);
      made->identities.emplace(keys.key_id.str(), s3::identity{keys, signer->id, {}, {}});
    }
    return made;
  }
};

/// Requests that the store gets in the name of `who`.
inline scripted_origin::matcher signed_by(s3::credentials const& who) {
  return [key = who.key_id.str()](received const& r) {
    return r.header("authorization").find(key) != std::string::npos;
  };
}

inline scripted_origin::matcher reads_of_objects_by(s3::credentials const& who) {
  return [by = signed_by(who)](received const& r) {
    auto const is_object = r.path().find('/', 1) != std::string::npos && !r.path().ends_with('/');
    return by(r) && is_object && (r.method == "GET" || r.method == "HEAD");
  };
}

inline fault access_denied() {
  return {.what = fault::kind::answer_status,
          .status = 403,
          .body = "<Error><Code>AccessDenied</Code><Message>scripted</Message></Error>"};
}

}  // namespace s3proxy::test
