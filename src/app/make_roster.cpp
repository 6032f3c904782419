#include "s3proxy/app/make_roster.hpp"

#include "s3proxy/app/check_declarations.hpp"
#include "s3proxy/base/crypto.hpp"

#include <algorithm>
#include <utility>

namespace s3proxy::app {
namespace {

using keys = principal_signer::keys;

// A name has no slash, so no two principals have one id.
base::principal_id id_of(declared_principal const& one, principal_signer const& signer) {
  auto const seen = signer.stands_for.empty() ? stands_for(one.source) : signer.stands_for;
  return base::principal_id(one.name + "/" + seen);
}

std::shared_ptr<proxy::principal const> make_principal(declared_principal const& one,
                                                       principal_signer const& signer) {
  return std::make_shared<proxy::principal const>(proxy::principal{id_of(one, signer), signer.credentials});
}

proxy::roster_ptr without_identities(declared_principal const& own, principal_signer const& signer,
                                     proxy::unsigned_access others) {
  switch (signer.kind) {
    case keys::none:
      return proxy::roster_of_one(nullptr, others);
    case keys::fixed_pair:
      return proxy::roster_of_one(signer.credentials(), others);
    case keys::obtained:
      break;
  }
  auto made = std::make_shared<proxy::roster>();
  if (others == proxy::unsigned_access::signed_for) {
    made->unsigned_clients = make_principal(own, signer);
  }
  return made;
}

std::vector<declared_principal> principals_of(declarations const& declared) {
  return declared.principals.empty() ? std::vector{*own_principal(declared)} : declared.principals;
}

bool uses_rules(declarations const& declared) {
  return std::ranges::any_of(declared.identities, [](auto const& who) { return who.allow.has_value(); });
}

std::optional<std::string> refuse_anonymous(declarations const& declared) {
  if (declared.principals.size() > 1) {
    return "--allow-anonymous signs with one principal, and several are declared; leave it out, or declare "
           "one";
  }
  if (uses_rules(declared)) {
    return "--allow-anonymous would let everybody do what the allow rules forbid to those who sign; leave "
           "out one of them";
  }
  return std::nullopt;
}

std::optional<std::string> refuse_obtained(options const& chosen, principal_signer const& signer) {
  bool const somebody_comes =
      chosen.allow_anonymous != anonymous_access::no || chosen.token_exchange != token_exchange::no;
  if (signer.kind != keys::obtained || somebody_comes) {
    return std::nullopt;
  }
  return "the store's credentials come from " + signer.where +
         ", and no client could know them to sign with; declare [[identities]] in a file for --config, or "
         "give --token-exchange, or --allow-anonymous with --address 127.0.0.1";
}

std::optional<std::string> refuse_foreign_secret(declarations const& declared,
                                                 principal_signer const& signer) {
  auto const own = signer.kind == keys::fixed_pair ? signer.credentials() : nullptr;
  for (auto const& who : declared.identities) {
    if (own && who.keys.key_id == own->key_id &&
        !base::equal_constant_time(who.keys.secret_key.reveal(), own->secret_key.reveal())) {
      return declared.file + ":" + std::to_string(who.at.line) +
             ": access-key-id: " + in_backticks(who.keys.key_id.str()) + " is a key of the store (" +
             signer.where + ") with another secret; give it the same secret, or a key id of its own";
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<declared_principal> own_principal(declarations const& declared) {
  if (declared.principals.size() > 1) {
    return std::nullopt;
  }
  return declared.principals.empty() ? declared_principal{implied_principal, chain_source{}, {}}
                                     : declared.principals.front();
}

proxy::roster_ptr make_roster(declarations const& declared, find_signer const& signer_of,
                              proxy::unsigned_access others) {
  auto const own = own_principal(declared);
  if (own && declared.identities.empty()) {
    return without_identities(*own, signer_of(*own), others);
  }
  auto made = std::make_shared<proxy::roster>();
  for (auto const& one : principals_of(declared)) {
    auto const signer = make_principal(one, signer_of(one));
    made->principals.emplace(signer->id, signer);
    if (own && others == proxy::unsigned_access::signed_for) {
      made->unsigned_clients = signer;
    }
    for (auto const& who : declared.identities) {
      if (who.principal == one.name) {
        auto const limit = who.allow ? s3::identity::limit::by_rules : s3::identity::limit::as_the_principal;
        made->identities.emplace(
            who.keys.key_id.str(),
            s3::identity{who.keys, signer->id, limit, who.allow.value_or(std::vector<s3::allow_rule>())});
      }
    }
  }
  return made;
}

std::optional<std::string> refuse_clients(options const& chosen, declarations const& declared,
                                          find_signer const& signer_of) {
  if (chosen.allow_anonymous != anonymous_access::no && !declared.identities.empty()) {
    if (auto wrong = refuse_anonymous(declared)) {
      return wrong;
    }
  }
  auto const own = own_principal(declared);
  if (own && declared.identities.empty()) {
    return refuse_obtained(chosen, signer_of(*own));
  }
  if (own && declared.principals.empty() && signer_of(*own).kind == keys::none) {
    return declared.file +
           ": its identities need credentials for the store, and there are: " + signer_of(*own).where +
           "; declare [[principals]], with source = \"anonymous\" if the store is public";
  }
  for (auto const& one : principals_of(declared)) {
    if (auto wrong = refuse_foreign_secret(declared, signer_of(one))) {
      return wrong;
    }
  }
  return std::nullopt;
}

}  // namespace s3proxy::app
