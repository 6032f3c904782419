#include "s3proxy/app/profile_recipe.hpp"

#include "s3proxy/app/ambient_recipe.hpp"
#include "s3proxy/app/command_words.hpp"
#include "s3proxy/app/endpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace s3proxy::app {
namespace {

using upstream::credential_recipe;

constexpr std::string_view export_hint =
    "; put keys into the environment instead, for example with: "
    "eval \"$(aws configure export-credentials --format env)\", or make it a credential_process: "
    "aws configure export-credentials --profile NAME --format process";

bool is_session_name(std::string_view text) {
  auto const is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_+=,.@-").find(c) != std::string_view::npos;
  };
  return text.size() >= 2 && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_allowed);
}

/// 15 minutes to 12 hours, as AWS wants it.
std::optional<std::chrono::seconds> session_length(std::string_view text) {
  int seconds = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  bool const whole = failed == std::errc() && end == text.data() + text.size();
  return whole && seconds >= 900 && seconds <= 43'200 ? std::optional(std::chrono::seconds(seconds))
                                                      : std::nullopt;
}

parsed<upstream::sts_place> sts_of(environment const& lookup,
                                   std::optional<std::string> const& from_profile) {
  auto region = non_empty(lookup, "AWS_REGION");
  region = region ? region : non_empty(lookup, "AWS_DEFAULT_REGION");
  region = region ? region : from_profile;
  if (region) {
    auto checked = parse_region(*region);
    if (!checked) {
      return refusal::because("the region of the STS: " + checked.error().sentence);
    }
  }
  auto const signed_for = region.value_or("us-east-1");
  if (auto const url = non_empty(lookup, "AWS_ENDPOINT_URL_STS")) {
    auto where = call_endpoint(*url);
    if (!where) {
      return refusal::because("environment AWS_ENDPOINT_URL_STS: " + where.error().sentence);
    }
    return upstream::sts_place{*std::move(where), signed_for};
  }
  auto const host = !region                      ? std::string("sts.amazonaws.com")
                    : region->starts_with("cn-") ? "sts." + *region + ".amazonaws.com.cn"
                                                 : "sts." + *region + ".amazonaws.com";
  return upstream::sts_place{{upstream::scheme::https, host, 443}, signed_for};
}

parsed<upstream::role_terms> terms_of(aws_profile const& profile, environment const& lookup) {
  return role_terms_of({profile.find("role_arn").value_or(""), profile.find("role_session_name"),
                        profile.find("duration_seconds"), profile.place_of("role_arn")},
                       lookup, profile.config.find("region"));
}

bool assumes_role(aws_profile const& profile) {
  return profile.find("role_arn") && !profile.find("web_identity_token_file");
}

/// The keys of either part, the credentials file first.
found_recipe keys_of_either(aws_profile const& profile) {
  auto found = keys_of_profile(profile, profile.credentials);
  if (found && !*found) {
    return keys_of_profile(profile, profile.config);
  }
  return found;
}

/// What `credential_source` names.
found_recipe named_source(aws_profile const& profile, std::string const& name, environment const& lookup) {
  if (name == "Environment") {
    auto const texts = pair_texts_of(lookup);
    if (texts.none()) {
      return refusal::because(profile.place_of("credential_source") +
                              " says credential_source = Environment, and AWS_ACCESS_KEY_ID is not set");
    }
    auto pair = check_pair(texts, "environment");
    if (!pair) {
      return pair.error();
    }
    return std::optional(credential_recipe{upstream::written_keys{*std::move(pair)}, {}, "environment"});
  }
  if (name == "EcsContainer") {
    auto agent = container_recipe(lookup);
    if (agent && !*agent) {
      return refusal::because(profile.place_of("credential_source") +
                              " says credential_source = EcsContainer, and neither "
                              "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
                              "AWS_CONTAINER_CREDENTIALS_FULL_URI is set");
    }
    return agent;
  }
  if (name == "Ec2InstanceMetadata") {
    auto machine = machine_recipe(lookup);
    if (machine && !*machine) {
      return refusal::because(profile.place_of("credential_source") +
                              " says credential_source = Ec2InstanceMetadata, and "
                              "AWS_EC2_METADATA_DISABLED forbids it");
    }
    if (machine) {
      (*machine)->certainty = upstream::certainty::asked_for;
    }
    return machine;
  }
  return refusal::because("the credential_source of " + profile.place_of("credential_source") + " is " +
                          in_backticks(name) +
                          "; it can be Environment, Ec2InstanceMetadata or EcsContainer");
}

/// What a source_profile leads to that has no keys written down and assumes no role itself.
found_recipe plain_source(aws_profile const& source, environment const& lookup) {
  auto found = web_identity_of_profile(source, lookup);
  if (!found || *found) {
    return found;
  }
  return program_of_profile(source);
}

/// Follows source_profile from profile to profile until one has keys.
class role_walk {
 public:
  role_walk(aws_files const& files, environment const& lookup) : files_(files), lookup_(lookup) {}

  found_recipe from(aws_profile profile) {
    for (;;) {
      visited_.push_back(profile.name);
      auto hop = hop_of(profile);
      if (!hop) {
        return hop.error();
      }
      hops_.push_back(*std::move(hop));
      where_ +=
          (where_.empty() ? "" : " from ") + profile.place_of("role_arn") + ", role " + hops_.back().role.arn;
      auto const source = profile.find("source_profile");
      auto const named = profile.find("credential_source");
      if (source.has_value() == named.has_value()) {
        return refusal::because(profile.place_of("role_arn") + " has a role_arn and " +
                                (source ? "both source_profile and credential_source: remove one"
                                        : "neither source_profile nor credential_source: nobody can sign "
                                          "for the role"));
      }
      if (named) {
        return finish(named_source(profile, *named, lookup_));
      }
      if (*source == profile.name) {
        return finish(own_keys(profile));
      }
      if (std::ranges::find(visited_, *source) != visited_.end()) {
        return refusal::because("the source_profile of " + profile.place_of("source_profile") +
                                " leads back to " + in_backticks(*source) + ": the roles go in a loop");
      }
      auto next = files_.find(*source);
      if (!next.exists()) {
        return refusal::because("the source_profile of " + profile.place_of("source_profile") + " names " +
                                in_backticks(*source) + ", and there is no such profile (looked in " +
                                files_.shown() + ")");
      }
      if (auto const way = foreign_way(next)) {
        return refusal::because(*way);
      }
      // Keys of its own count before a role of its own, as in botocore.
      auto keys = keys_of_either(next);
      if (!keys || *keys) {
        return finish(std::move(keys));
      }
      if (!assumes_role(next)) {
        return finish(needed(plain_source(next, lookup_), next));
      }
      profile = std::move(next);
    }
  }

 private:
  parsed<upstream::role_hop> hop_of(aws_profile const& profile) const {
    if (profile.find("mfa_serial")) {
      return refusal::because(profile.place_of("mfa_serial") +
                              " wants an MFA code (mfa_serial), which nobody can type for a daemon" +
                              std::string(export_hint));
    }
    auto terms = terms_of(profile, lookup_);
    if (!terms) {
      return terms.error();
    }
    auto external_id = profile.find("external_id").value_or("");
    if (!s3::is_visible(external_id)) {
      return refusal::because("the external_id of " + profile.place_of("external_id") +
                              " holds a character that no STS takes");
    }
    return upstream::role_hop{*std::move(terms), std::move(external_id)};
  }

  static found_recipe own_keys(aws_profile const& profile) {
    return needed(keys_of_either(profile), profile);
  }
  static found_recipe needed(found_recipe found, aws_profile const& profile) {
    if (found && !*found) {
      return refusal::because("profile \"" + profile.name +
                              "\" is to sign for a role (source_profile) and has no keys");
    }
    return found;
  }
  found_recipe finish(found_recipe source) {
    if (!source) {
      return source.error();
    }
    auto& recipe = **source;
    recipe.roles.assign(hops_.rbegin(), hops_.rend());
    recipe.where = where_ + " from " + recipe.where;
    return source;
  }

  aws_files const& files_;
  environment const& lookup_;
  std::vector<std::string> visited_;
  std::vector<upstream::role_hop> hops_;
  std::string where_;
};

}  // namespace

parsed<upstream::endpoint> call_endpoint(std::string_view url) {
  auto const parsed_url = parse_endpoint(url);
  if (!parsed_url) {
    return parsed_url.error();
  }
  auto const scheme =
      parsed_url->scheme == url_scheme::https ? upstream::scheme::https : upstream::scheme::http;
  return upstream::endpoint{scheme, parsed_url->host, parsed_url->port};
}

parsed<upstream::role_terms> role_terms_of(role_texts const& texts, environment const& lookup,
                                           std::optional<std::string> const& profile_region) {
  constexpr std::size_t longest_arn = 2048;
  if (texts.arn.size() > longest_arn || !s3::is_visible(texts.arn)) {
    return refusal::because("the role in " + texts.place + " is no ARN");
  }
  if (texts.session_name && !is_session_name(*texts.session_name)) {
    return refusal::because("the role session name in " + texts.place + " is " +
                            in_backticks(*texts.session_name) +
                            "; it has 2 to 64 letters, digits and characters of _+=,.@-");
  }
  upstream::role_terms out{texts.arn, texts.session_name.value_or("s3proxy"), std::nullopt, {}};
  if (texts.duration_seconds) {
    out.duration = session_length(*texts.duration_seconds);
    if (!out.duration) {
      return refusal::because("duration_seconds in " + texts.place + " is " +
                              in_backticks(*texts.duration_seconds) + "; it can be 900 to 43200");
    }
  }
  auto sts = sts_of(lookup, profile_region);
  if (!sts) {
    return sts.error();
  }
  out.sts = *std::move(sts);
  return out;
}

found_recipe role_of_profile(aws_profile const& profile, aws_files const& files, environment const& lookup) {
  return assumes_role(profile) ? role_walk(files, lookup).from(profile) : found_recipe(std::nullopt);
}

found_recipe web_identity_of_profile(aws_profile const& profile, environment const& lookup) {
  auto const file = profile.find("web_identity_token_file");
  if (!file) {
    return std::nullopt;
  }
  auto const place = profile.place_of("web_identity_token_file");
  if (!profile.find("role_arn")) {
    return refusal::because(place + " has a web_identity_token_file and no role_arn");
  }
  auto terms = terms_of(profile, lookup);
  if (!terms) {
    return terms.error();
  }
  auto where = place + ", role " + terms->arn + " for the token in " + *file;
  return std::optional(
      credential_recipe{upstream::web_identity{*std::move(terms), *file}, {}, std::move(where)});
}

found_recipe keys_of_profile(aws_profile const& profile, profile_part const& part) {
  auto const texts = pair_texts_of(part);
  if (texts.none()) {
    return std::nullopt;
  }
  auto pair = check_pair(texts, profile.in(part));
  if (!pair) {
    return pair.error();
  }
  return std::optional(credential_recipe{upstream::written_keys{*std::move(pair)}, {}, profile.in(part)});
}

found_recipe program_of_profile(aws_profile const& profile) {
  auto const command = profile.find("credential_process");
  if (!command) {
    return std::nullopt;
  }
  auto const place = profile.place_of("credential_process");
  auto words = command_words(*command);
  if (!words) {
    return refusal::because("the credential_process of " + place + " " + words.error().sentence);
  }
  auto where = place + ", credential_process " + words->front();
  return std::optional(credential_recipe{upstream::key_program{*std::move(words)}, {}, std::move(where)});
}

std::optional<std::string> foreign_way(aws_profile const& profile) {
  static constexpr std::array<std::string_view, 3> ways{"sso_session", "sso_start_url", "login_session"};
  for (auto const way : ways) {
    if (profile.find(way)) {
      return "profile \"" + profile.name + "\" gets its keys by " + std::string(way) +
             ", which s3proxy does not speak" + std::string(export_hint);
    }
  }
  return std::nullopt;
}

}  // namespace s3proxy::app
