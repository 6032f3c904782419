#include "s3proxy/app/signers.hpp"

namespace s3proxy::app {
namespace {

using keys = principal_signer::keys;

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};

principal_signer signer_with(loaded_credentials const& loaded) {
  if (!loaded.pair) {
    return {keys::none, {}, {}, loaded.where};
  }
  auto pair = std::make_shared<s3::credentials const>(*loaded.pair);
  auto const seen = "key/" + pair->key_id.str();
  return {keys::fixed_pair, [pair = std::move(pair)] { return pair; }, seen, loaded.where};
}

/// The environment as if nothing but AWS_PROFILE said where credentials are.
environment with_profile(environment const& lookup, std::string const& profile) {
  return [lookup, profile](std::string_view name) -> std::optional<std::string> {
    if (name == "AWS_PROFILE") {
      return profile;
    }
    bool const is_pair =
        name == "AWS_ACCESS_KEY_ID" || name == "AWS_SECRET_ACCESS_KEY" || name == "AWS_SESSION_TOKEN";
    return is_pair ? std::nullopt : lookup(name);
  };
}

parsed<principal_signer> from_profile(profile_source const& from, environment const& lookup,
                                      file_reader const& read) {
  auto const loaded = load_credentials(with_profile(lookup, from.profile), read);
  if (!loaded) {
    return loaded.error();
  }
  if (!loaded->pair) {
    return refusal::because("profile " + in_backticks(from.profile) + " has no keys");
  }
  return signer_with(*loaded);
}

parsed<principal_signer> find_one(declared_principal const& one, loaded_credentials const& usual,
                                  environment const& lookup, file_reader const& read) {
  using found = parsed<principal_signer>;
  return std::visit(
      overloaded{[&](chain_source const&) -> found {
                   if (!usual.pair) {
                     return refusal::because("the usual places have no credentials: " + usual.where);
                   }
                   return signer_with(usual);
                 },
                 [](anonymous_source const&) -> found {
                   return principal_signer{keys::none, {}, {}, "none, by source = \"anonymous\""};
                 },
                 [&](fixed_pair const& fixed) -> found {
                   return signer_with({fixed.pair, "principal \"" + one.name + "\""});
                 },
                 [&](profile_source const& from) { return from_profile(from, lookup, read); },
                 [](role_source const&) -> found {
                   return refusal::because("roles cannot be assumed yet; give a key pair or a profile");
                 }},
      one.source);
}

refusal complain(declarations const& declared, declared_principal const& one, std::string const& why) {
  return refusal::because(declared.file + ":" + std::to_string(one.at.line) + ": principal " +
                          in_backticks(one.name) + ": " + why);
}

}  // namespace

parsed<signers> find_signers(declarations const& declared, loaded_credentials const& usual,
                             environment const& lookup, file_reader const& read) {
  signers out;
  if (declared.principals.empty()) {
    out.emplace(implied_principal, signer_with(usual));
  }
  for (auto const& one : declared.principals) {
    auto found = find_one(one, usual, lookup, read);
    if (!found) {
      return complain(declared, one, found.error().sentence);
    }
    for (auto const& [name, other] : out) {
      if (!found->stands_for.empty() && other.stands_for == found->stands_for) {
        return complain(declared, one,
                        "it has the same key for the store as " + in_backticks(name) +
                            "; declare one of them, and give the identities that use it allow rules");
      }
    }
    out.emplace(one.name, *std::move(found));
  }
  return out;
}

find_signer signer_in(signers const& found) {
  return [&found](declared_principal const& one) { return found.at(one.name); };
}

}  // namespace s3proxy::app
