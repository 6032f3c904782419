#include "s3proxy/app/credential_plan.hpp"

#include "s3proxy/app/ambient_recipe.hpp"
#include "s3proxy/app/aws_profile.hpp"
#include "s3proxy/app/profile_recipe.hpp"

#include <utility>

namespace s3proxy::app {
namespace {

/// Looks at one source after the other until one has something.
class search {
 public:
  /// True when the search is over: `found` is what it came to. Else notes why it goes on.
  bool take(found_recipe found, std::string why_not) {
    if (found && !*found) {
      plan_.skipped.push_back(std::move(why_not));
      return false;
    }
    if (!found) {
      refused_ = found.error();
      return true;
    }
    plan_.where = (*found)->where;
    plan_.recipe = *std::move(found);
    return true;
  }
  void skip(std::string why_not) { plan_.skipped.push_back(std::move(why_not)); }

  parsed<credential_plan> end() && {
    if (refused_) {
      return *std::move(refused_);
    }
    return std::move(plan_);
  }

 private:
  credential_plan plan_;
  std::optional<refusal> refused_;
};

found_recipe keys_of_environment(environment const& lookup) {
  auto const texts = pair_texts_of(lookup);
  if (texts.none()) {
    return std::nullopt;
  }
  auto pair = check_pair(texts, "environment");
  if (!pair) {
    return pair.error();
  }
  return std::optional(
      upstream::credential_recipe{upstream::written_keys{*std::move(pair)}, {}, "environment"});
}

/// Whether the environment's web identity stands among the profile's sources, where botocore has it.
enum class surroundings { count, do_not_count };
/// Whether somebody asked for this profile by name.
enum class asked { by_name, by_default };

/// The sources that a profile may name, in order. True when one of them ended the search.
bool look_into_profile(search& in, aws_profile const& profile, aws_files const& files,
                       environment const& lookup, surroundings around, asked how) {
  auto const name = "profile \"" + profile.name + "\"";
  if (in.take(role_of_profile(profile, files, lookup), name + ": has no role to assume")) {
    return true;
  }
  if (around == surroundings::count && in.take(web_identity_recipe(lookup, profile.config.find("region")),
                                               "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set")) {
    return true;
  }
  if (in.take(web_identity_of_profile(profile, lookup), name + ": has no web_identity_token_file")) {
    return true;
  }
  if (auto const way = foreign_way(profile)) {
    if (how == asked::by_name) {
      return in.take(refusal::because(*way), {});
    }
    in.skip(*way);
    return false;  // the keys beside it belong to somebody else
  }
  return in.take(keys_of_profile(profile, profile.credentials),
                 name + ": has no keys in the credentials file") ||
         in.take(program_of_profile(profile), name + ": has no credential_process") ||
         in.take(keys_of_profile(profile, profile.config), name + ": has no keys in the config file");
}

std::string none_where(aws_profile const& profile, aws_files const& files) {
  auto const way = foreign_way(profile);
  if (way) {
    return "none (" + *way + ")";
  }
  auto const why = profile.exists() ? "profile \"" + profile.name + "\" has no keys"
                                    : std::string("no environment variables, no profile");
  return "none (" + why + "; looked in " + files.shown() + ")";
}

refusal no_such_profile(std::string const& who, std::string const& name, aws_files const& files) {
  return refusal::because(who + " names " + in_backticks(name) +
                          ", and there is no such profile (looked in " + files.shown() + ")");
}

}  // namespace

parsed<credential_plan> plan_credentials(environment const& lookup, file_reader const& read) {
  search in;
  if (in.take(keys_of_environment(lookup), "environment: AWS_ACCESS_KEY_ID is not set")) {
    return std::move(in).end();
  }
  auto const files = aws_files::read(lookup, read);
  if (!files) {
    return files.error();
  }
  auto const name = non_empty(lookup, "AWS_PROFILE");
  auto const profile = files->find(name.value_or("default"));
  if (name && !profile.exists()) {
    return no_such_profile("AWS_PROFILE", *name, *files);
  }
  auto const how = name ? asked::by_name : asked::by_default;
  if (look_into_profile(in, profile, *files, lookup, surroundings::count, how) ||
      in.take(container_recipe(lookup),
              "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "
              "AWS_CONTAINER_CREDENTIALS_FULL_URI are not set")) {
    return std::move(in).end();
  }
  in.take(machine_recipe(lookup), "metadata service: AWS_EC2_METADATA_DISABLED forbids it");
  auto plan = std::move(in).end();
  if (plan) {
    plan->where = none_where(profile, *files);
  }
  return plan;
}

parsed<credential_plan> plan_profile_credentials(std::string const& profile, environment const& lookup,
                                                 file_reader const& read) {
  auto const files = aws_files::read(lookup, read);
  if (!files) {
    return files.error();
  }
  auto const found = files->find(profile);
  if (!found.exists()) {
    return no_such_profile("profile", profile, *files);
  }
  search in;
  if (look_into_profile(in, found, *files, lookup, surroundings::do_not_count, asked::by_name)) {
    return std::move(in).end();
  }
  return refusal::because("profile \"" + profile + "\" has no keys (looked in " + files->shown() + ")");
}

}  // namespace s3proxy::app
