#include "s3proxy/app/check_declarations.hpp"

#include "s3proxy/app/nearest.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/base/crypto.hpp"

#include <algorithm>
#include <map>

namespace s3proxy::app {
namespace {

using problems = std::vector<config_problem>;

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};

std::string line_of(config_place at) {
  return "line " + std::to_string(at.line);
}

void find_double_names(declarations const& declared, problems& out) {
  std::map<std::string, config_place> names;
  std::map<std::string, declared_principal const*> stores_view;
  for (auto const& one : declared.principals) {
    auto const [first, is_new] = names.emplace(one.name, one.at);
    if (!is_new) {
      out.push_back({one.at, "principals: the name " + in_backticks(one.name) + " stands in " +
                                 line_of(first->second) + " already; each needs its own"});
      continue;
    }
    auto const [same, is_other] = stores_view.emplace(stands_for(one.source), &one);
    if (!is_other) {
      out.push_back(
          {one.at, "principals: " + in_backticks(one.name) + " and " + in_backticks(same->second->name) +
                       " are the same to the store; declare one of them, and give the identities that "
                       "use it allow rules"});
    }
  }
}

void find_double_keys(declarations const& declared, problems& out) {
  std::map<std::string, config_place> keys;
  for (auto const& one : declared.identities) {
    auto const [first, is_new] = keys.emplace(one.keys.key_id.str(), one.at);
    if (!is_new) {
      out.push_back({one.at, "identities: the access-key-id " + in_backticks(one.keys.key_id.str()) +
                                 " stands in " + line_of(first->second) + " already; each needs its own"});
    }
  }
}

void complain_unknown(declarations const& declared, declared_identity const& who, problems& out) {
  std::vector<std::string_view> names;
  std::string listed;
  for (auto const& one : declared.principals) {
    listed += (names.empty() ? "" : ", ") + one.name;
    names.push_back(one.name);
  }
  auto const meant = nearest(who.principal, names);
  auto const advice = names.empty() ? "; this file declares none: add [[principals]], or leave principal out"
                      : meant       ? "; did you mean " + std::string(*meant) + "?"
                                    : "; declared are: " + listed;
  out.push_back(
      {who.principal_at, "principal: there is no principal " + in_backticks(who.principal) + advice});
}

void choose_principals(declarations& declared, problems& out) {
  for (auto& who : declared.identities) {
    if (!who.principal.empty()) {
      if (std::ranges::find(declared.principals, who.principal, &declared_principal::name) ==
          declared.principals.end()) {
        complain_unknown(declared, who, out);
      }
      continue;
    }
    if (declared.principals.size() > 1) {
      out.push_back({who.at, "identities: " + in_backticks(who.keys.key_id.str()) +
                                 " names no principal, and several are declared; add principal = \"NAME\""});
      continue;
    }
    who.principal = declared.principals.empty() ? implied_principal : declared.principals.front().name;
  }
}

void demand_rules(declarations const& declared, problems& out) {
  std::map<std::string, std::size_t> users;
  for (auto const& who : declared.identities) {
    users[who.principal] += who.principal.empty() ? 0 : 1;
  }
  for (auto const& who : declared.identities) {
    if (users[who.principal] > 1 && !who.allow) {
      out.push_back(
          {who.at, "identities: " + in_backticks(who.keys.key_id.str()) +
                       " has no allow rules, and shares principal " + in_backticks(who.principal) +
                       " with others: the store cannot tell them apart; add allow = [{ bucket = "
                       "\"*\", access = [\"read\", \"list\", \"write\"] }] if it may do everything"});
    }
  }
}

void find_foreign_secrets(declarations const& declared, problems& out) {
  for (auto const& who : declared.identities) {
    for (auto const& one : declared.principals) {
      auto const* const fixed = std::get_if<fixed_pair>(&one.source);
      bool const same_key = fixed != nullptr && fixed->pair.key_id == who.keys.key_id;
      if (same_key && !who.keys.secret_key.empty() &&
          !base::equal_constant_time(fixed->pair.secret_key.reveal(), who.keys.secret_key.reveal())) {
        out.push_back({who.at, "identities: " + in_backticks(who.keys.key_id.str()) +
                                   " is the key of principal " + in_backticks(one.name) +
                                   " with another secret; give it the same secret, or a key id of its own"});
      }
    }
  }
}

}  // namespace

std::string stands_for(principal_source const& source) {
  return std::visit(overloaded{[](chain_source const&) { return std::string("chain"); },
                               [](anonymous_source const&) { return std::string("anonymous"); },
                               [](fixed_pair const& fixed) { return "key/" + fixed.pair.key_id.str(); },
                               [](profile_source const& from) { return "profile/" + from.profile; },
                               // The profile that assumes a role does not change what the role may do.
                               [](role_source const& role) { return "role/" + role.role_arn; }},
                    source);
}

std::vector<config_problem> check_declarations(declarations& declared) {
  problems out;
  find_double_names(declared, out);
  find_double_keys(declared, out);
  choose_principals(declared, out);
  demand_rules(declared, out);
  find_foreign_secrets(declared, out);
  if (declared.principals.size() > 1 && declared.identities.empty()) {
    out.push_back({declared.principals.back().at,
                   "principals: several are declared, and no [[identities]] say who uses which"});
  }
  return out;
}

std::vector<std::string> unused_principals(declarations const& declared) {
  std::vector<std::string> out;
  for (auto const& one : declared.principals) {
    bool const used = declared.identities.empty() ||
                      std::ranges::find(declared.identities, one.name, &declared_identity::principal) !=
                          declared.identities.end();
    if (!used) {
      out.push_back(declared.file + ":" + std::to_string(one.at.line) + ": principal " +
                    in_backticks(one.name) + " is used by no identity");
    }
  }
  return out;
}

}  // namespace s3proxy::app
