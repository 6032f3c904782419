#include "s3proxy/app/signers.hpp"

#include "s3proxy/app/profile_recipe.hpp"
#include "s3proxy/base/crypto.hpp"

#include <algorithm>
#include <utility>

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

/// What looking for signers needs to know.
struct surroundings {
  loaded_credentials const& usual;
  environment const& lookup;
  file_reader const& read;
  obtaining const& how;
};

/// All that a provider is made from, in one hash: it holds secrets.
std::string made_from(credential_plan const& plan) {
  std::string all = plan.where;
  auto const add = [&all](std::string_view part) { all.append("\n").append(part); };
  if (auto const* keys_written = std::get_if<upstream::written_keys>(&plan.recipe->first)) {
    add(keys_written->pair.key_id.str());
    add(keys_written->pair.secret_key.reveal());
    add(keys_written->pair.session_token.reveal());
  }
  if (auto const* program = std::get_if<upstream::key_program>(&plan.recipe->first)) {
    for (auto const& argument : program->arguments) {
      add(argument);
    }
  }
  for (auto const& hop : plan.recipe->roles) {
    add(hop.role.arn);
    add(hop.role.session_name);
    add(hop.external_id);
    add(hop.role.sts.endpoint.host_field());
  }
  return base::to_hex(base::sha256(all));
}

principal_signer const* taken_over(std::string const& same, obtaining const& how) {
  if (!how.before) {
    return nullptr;
  }
  auto const found =
      std::ranges::find_if(*how.before, [&](auto const& one) { return one.second.made_from == same; });
  auto const lives =
      found != how.before->end() && found->second.provider && found->second.provider->current() != nullptr;
  return lives ? &found->second : nullptr;
}

parsed<principal_signer> obtain(credential_plan plan, std::string stands_for, obtaining const& how) {
  auto where = plan.where;
  auto const same = made_from(plan);
  if (auto const* before = taken_over(same, how)) {
    return *before;
  }
  if (!how.supply) {
    auto const nobody = [] { return std::shared_ptr<s3::credentials const>(); };
    return principal_signer{keys::obtained, nobody, std::move(stands_for), std::move(where)};
  }
  auto supplied = how.supply(std::move(plan));
  if (!supplied) {
    return supplied.error();
  }
  auto provider = *std::move(supplied);
  if (!provider) {
    return principal_signer{keys::none, {}, {}, std::move(where)};
  }
  where = provider->where();
  auto const current = [provider] { return provider->current(); };
  return principal_signer{keys::obtained, current, std::move(stands_for), std::move(where), provider, same};
}

parsed<principal_signer> follow(credential_plan plan, obtaining const& how) {
  switch (plan.kind()) {
    case plan_kind::none:
      return signer_with({std::nullopt, plan.where});
    case plan_kind::fixed:
      return signer_with({std::get<upstream::written_keys>(plan.recipe->first).pair, plan.where});
    case plan_kind::handed_out:
    case plan_kind::if_there:
      break;
  }
  auto stands_for = "obtained/" + plan.where;
  return obtain(std::move(plan), std::move(stands_for), how);
}

parsed<principal_signer> from_usual_places(surroundings const& in) {
  return in.how.usual ? follow(*in.how.usual, in.how) : signer_with(in.usual);
}

parsed<principal_signer> from_chain(surroundings const& in) {
  auto found = from_usual_places(in);
  if (found && found->kind == keys::none) {
    return refusal::because("the usual places have no credentials: " + found->where);
  }
  return found;
}

parsed<principal_signer> from_profile(profile_source const& from, surroundings const& in) {
  auto plan = plan_profile_credentials(from.profile, in.lookup, in.read);
  if (!plan) {
    return plan.error();
  }
  if (plan->kind() == plan_kind::none) {
    return refusal::because("profile " + in_backticks(from.profile) + " has no keys");
  }
  return follow(*std::move(plan), in.how);
}

parsed<principal_signer> from_role(role_source const& from, surroundings const& in) {
  auto plan = from.source_profile.empty() ? plan_credentials(in.lookup, in.read)
                                          : plan_profile_credentials(from.source_profile, in.lookup, in.read);
  if (!plan) {
    return plan.error();
  }
  if (!plan->recipe) {
    return refusal::because("nobody has credentials to assume the role with: " + plan->where);
  }
  auto const session = from.session_name.empty() ? "s3proxy" : from.session_name;
  auto terms = role_terms_of({from.role_arn, session, std::nullopt, "the configuration file"}, in.lookup, {});
  if (!terms) {
    return terms.error();
  }
  plan->recipe->roles.push_back({*std::move(terms), from.external_id});
  plan->recipe->certainty = upstream::certainty::asked_for;
  plan->where += ", role " + from.role_arn;
  plan->recipe->where = plan->where;
  return obtain(*std::move(plan), "role/" + from.role_arn, in.how);
}

parsed<principal_signer> find_one(declared_principal const& one, surroundings const& in) {
  using found = parsed<principal_signer>;
  return std::visit(overloaded{[&](chain_source const&) { return from_chain(in); },
                               [](anonymous_source const&) -> found {
                                 return principal_signer{
                                     keys::none, {}, {}, "none, by source = \"anonymous\""};
                               },
                               [&](fixed_pair const& fixed) -> found {
                                 return signer_with({fixed.pair, "principal \"" + one.name + "\""});
                               },
                               [&](profile_source const& from) { return from_profile(from, in); },
                               [&](role_source const& from) { return from_role(from, in); }},
                    one.source);
}

refusal complain(declarations const& declared, declared_principal const& one, std::string const& why) {
  return refusal::because(declared.file + ":" + std::to_string(one.at.line) + ": principal " +
                          in_backticks(one.name) + ": " + why);
}

}  // namespace

parsed<signers> find_signers(declarations const& declared, loaded_credentials const& usual,
                             environment const& lookup, file_reader const& read, obtaining const& how) {
  surroundings const in{usual, lookup, read, how};
  signers out;
  if (declared.principals.empty()) {
    auto implied = from_usual_places(in);
    if (!implied) {
      return implied.error();
    }
    out.emplace(implied_principal, *std::move(implied));
  }
  for (auto const& one : declared.principals) {
    auto found = find_one(one, in);
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
