#include "s3proxy/app/credential_files.hpp"

#include "s3proxy/app/profile_file.hpp"
#include "s3proxy/base/crypto.hpp"

#include <algorithm>
#include <array>

namespace s3proxy::app {
namespace {

/// How the environment and the two files call the same three things.
constexpr std::string_view key_setting = "aws_access_key_id";
constexpr std::string_view secret_setting = "aws_secret_access_key";
constexpr std::string_view token_setting = "aws_session_token";

/// Settings of a profile that lead to keys by a way that is not spoken here.
constexpr std::array<std::string_view, 5> foreign_ways{"role_arn", "sso_session", "sso_start_url",
                                                       "credential_process", "web_identity_token_file"};

/// A path as people write it: `~/.aws/credentials`.
std::string shown(std::string const& path, environment const& lookup) {
  auto const home = non_empty(lookup, "HOME");
  if (home && path.starts_with(*home + "/")) {
    return "~" + path.substr(home->size());
  }
  return path;
}

std::string path_from(environment const& lookup, std::string_view variable, std::string_view below_home) {
  auto const home = non_empty(lookup, "HOME");
  auto path = non_empty(lookup, variable);
  if (path && home && path->starts_with("~/")) {
    return *home + path->substr(1);
  }
  if (path) {
    return *path;
  }
  return home ? *home + std::string(below_home) : std::string();
}

/// Nothing where there is no file.
parsed<std::optional<profile_sections>> read_sections(std::string const& path, environment const& lookup,
                                                      file_reader const& read) {
  if (path.empty()) {
    return std::optional<profile_sections>();
  }
  auto reading = read(path);
  switch (reading.what) {
    case file_reading::outcome::absent:
      return std::optional<profile_sections>();
    case file_reading::outcome::unreadable:
      return refusal::because("cannot read " + shown(path, lookup) + ": " + reading.text);
    case file_reading::outcome::read:
      break;
  }
  auto sections = parse_profile_file(reading.text, shown(path, lookup));
  if (!sections) {
    return sections.error();
  }
  return std::optional(*std::move(sections));
}

std::optional<std::string> setting(profile_section const& section, std::string_view name) {
  auto const found = section.find(name);
  return found != section.end() && !found->second.empty() ? std::optional(found->second) : std::nullopt;
}

/// One of the two files, with the section that the profile has in it.
struct profile_part {
  std::string shown_path;
  std::optional<profile_section> section;
};

enum class kind { credentials, config };

std::optional<profile_section> find_section(profile_sections const& sections, std::string const& name,
                                            kind which) {
  // In the config file only `default` stands alone, and `[profile default]` beats it.
  auto found = which == kind::config ? sections.find("profile " + name) : sections.find(name);
  if (found == sections.end() && which == kind::config && name == "default") {
    found = sections.find(name);
  }
  return found != sections.end() ? std::optional(found->second) : std::nullopt;
}

struct profile {
  std::string name;
  bool asked_for = false;  ///< by AWS_PROFILE
  profile_part credentials;
  profile_part config;

  std::string in(profile_part const& part) const {
    return "profile \"" + name + "\" (" + part.shown_path + ")";
  }
};

parsed<profile_part> read_part(std::string const& path, std::string const& name, kind which,
                               environment const& lookup, file_reader const& read) {
  auto const sections = read_sections(path, lookup, read);
  if (!sections) {
    return sections.error();
  }
  profile_part part{shown(path, lookup), std::nullopt};
  if (auto const& found = *sections) {
    part.section = find_section(*found, name, which);
  }
  return part;
}

parsed<profile> read_profile(environment const& lookup, file_reader const& read) {
  auto const paths = find_profile_paths(lookup);
  auto const asked = non_empty(lookup, "AWS_PROFILE");
  profile found;
  found.name = asked.value_or("default");
  found.asked_for = asked.has_value();
  auto credentials = read_part(paths.credentials, found.name, kind::credentials, lookup, read);
  if (!credentials) {
    return credentials.error();
  }
  auto config = read_part(paths.config, found.name, kind::config, lookup, read);
  if (!config) {
    return config.error();
  }
  found.credentials = *std::move(credentials);
  found.config = *std::move(config);
  return found;
}

/// The texts of a key pair, wherever they stand, and how each is called there.
struct pair_texts {
  std::optional<std::string> key;
  std::optional<std::string> secret;
  std::optional<std::string> token;
  std::array<std::string_view, 3> names;

  bool none() const { return !key && !secret; }
};

parsed<s3::credentials> check_pair(pair_texts const& texts, std::string const& where) {
  if (!texts.key || !texts.secret) {
    auto const [there, missing] =
        texts.key ? std::pair(texts.names[0], texts.names[1]) : std::pair(texts.names[1], texts.names[0]);
    return refusal::because("half a key pair in " + where + ": " + std::string(there) + " is set and " +
                            std::string(missing) + " is not");
  }
  std::array<std::string_view, 3> const values{
      *texts.key, *texts.secret, texts.token ? std::string_view(*texts.token) : std::string_view()};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!s3::is_visible(values[i])) {
      return refusal::because(std::string(texts.names[i]) + " in " + where +
                              " holds a space, a line break or another character that no key has");
    }
  }
  if (texts.secret->size() > s3::longest_secret) {
    return refusal::because(std::string(texts.names[1]) + " in " + where + " is longer than " +
                            std::to_string(s3::longest_secret) + " characters");
  }
  return s3::credentials{base::access_key_id(*texts.key), base::secret(*texts.secret),
                         base::secret(texts.token.value_or(""))};
}

parsed<loaded_credentials> loaded_from(pair_texts const& texts, std::string where) {
  auto pair = check_pair(texts, where);
  if (!pair) {
    return pair.error();
  }
  return loaded_credentials{*std::move(pair), std::move(where)};
}

pair_texts texts_of(environment const& lookup) {
  return {non_empty(lookup, "AWS_ACCESS_KEY_ID"),
          non_empty(lookup, "AWS_SECRET_ACCESS_KEY"),
          non_empty(lookup, "AWS_SESSION_TOKEN"),
          {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}};
}

pair_texts texts_of(profile_section const& section) {
  return {setting(section, key_setting),
          setting(section, secret_setting),
          setting(section, token_setting),
          {key_setting, secret_setting, token_setting}};
}

/// The setting, if any, that says that this profile's keys come another way: then its static keys, which may
/// stand beside it, belong to somebody else.
std::optional<std::string_view> foreign_way(profile const& from) {
  for (auto const* part : {&from.credentials, &from.config}) {
    for (auto const way : foreign_ways) {
      if (part->section && setting(*part->section, way)) {
        return way;
      }
    }
  }
  return std::nullopt;
}

std::string files_of(profile const& from) {
  if (from.credentials.shown_path.empty() && from.config.shown_path.empty()) {
    return "no HOME and no AWS file";
  }
  return from.credentials.shown_path + " and " + from.config.shown_path;
}

/// The answer when no part of the profile holds keys.
parsed<loaded_credentials> without_keys(profile const& from) {
  bool const exists = from.credentials.section || from.config.section;
  if (from.asked_for && !exists) {
    return refusal::because("AWS_PROFILE names " + in_backticks(from.name) +
                            ", and there is no such profile (looked in " + files_of(from) + ")");
  }
  auto const why =
      exists ? "profile \"" + from.name + "\" has no keys" : "no environment variables, no profile";
  return loaded_credentials{std::nullopt, "none (" + why + "; looked in " + files_of(from) + ")"};
}

parsed<loaded_credentials> foreign_keys(profile const& from, std::string_view way) {
  auto const why =
      "profile \"" + from.name + "\" gets its keys by " + std::string(way) + ", which s3proxy does not speak";
  if (from.asked_for) {
    return refusal::because(why +
                            "; put them into the environment instead, for example with: "
                            "eval \"$(aws configure export-credentials --format env)\"");
  }
  return loaded_credentials{std::nullopt, "none (" + why + ")"};
}

/// Equality without a hint of where the difference is.
bool same_pair(std::optional<s3::credentials> const& a, std::optional<s3::credentials> const& b) {
  if (!a || !b) {
    return a.has_value() == b.has_value();
  }
  return a->key_id == b->key_id &&
         base::equal_constant_time(a->secret_key.reveal(), b->secret_key.reveal()) &&
         base::equal_constant_time(a->session_token.reveal(), b->session_token.reveal());
}

}  // namespace

profile_paths find_profile_paths(environment const& lookup) {
  return {path_from(lookup, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"),
          path_from(lookup, "AWS_CONFIG_FILE", "/.aws/config")};
}

parsed<loaded_credentials> load_credentials(environment const& lookup, file_reader const& read) {
  if (auto const texts = texts_of(lookup); !texts.none()) {
    return loaded_from(texts, "environment");
  }
  auto const found = read_profile(lookup, read);
  if (!found) {
    return found.error();
  }
  if (auto const way = foreign_way(*found)) {
    return foreign_keys(*found, *way);
  }
  for (auto const* part : {&found->credentials, &found->config}) {
    if (!part->section) {
      continue;
    }
    if (auto const texts = texts_of(*part->section); !texts.none()) {
      return loaded_from(texts, found->in(*part));
    }
  }
  return without_keys(*found);
}

parsed<std::optional<found_region>> profile_region(environment const& lookup, file_reader const& read) {
  auto const found = read_profile(lookup, read);
  if (!found) {
    return found.error();
  }
  for (auto const* part : {&found->config, &found->credentials}) {
    if (!part->section) {
      continue;
    }
    if (auto const name = setting(*part->section, "region")) {
      return std::optional(found_region{*name, found->in(*part)});
    }
  }
  return std::optional<found_region>();
}

parsed<credential_source> credential_source::open(environment lookup, file_reader read, file_stamper stamp) {
  credential_source made(std::move(lookup), std::move(read), std::move(stamp));
  // Stamps first: a change between them and the reading shows at the next poll instead of never.
  made.seen_ = made.take_stamps();
  auto loaded = load_credentials(made.lookup_, made.read_);
  if (!loaded) {
    return loaded.error();
  }
  made.current_ = *std::move(loaded);
  return made;
}

credential_source::stamps credential_source::take_stamps() const {
  auto const paths = find_profile_paths(lookup_);
  stamps taken;
  for (auto const& path : {paths.credentials, paths.config}) {
    taken.push_back(path.empty() ? std::nullopt : stamp_(path));
  }
  return taken;
}

credential_source::report credential_source::poll() {
  auto now = take_stamps();
  if (now == seen_) {
    return {};
  }
  seen_ = std::move(now);
  auto loaded = load_credentials(lookup_, read_);
  if (!loaded) {
    return {outcome::kept, "the credentials changed and cannot be used, keeping those from " +
                               current_.where + ": " + loaded.error().sentence};
  }
  if (current_.pair && !loaded->pair) {
    return {outcome::kept, "the credentials are gone, keeping those from " + current_.where +
                               " until a restart: " + loaded->where};
  }
  if (same_pair(current_.pair, loaded->pair)) {
    return {};
  }
  current_ = *std::move(loaded);
  return {outcome::replaced, "new credentials from " + current_.where};
}

}  // namespace s3proxy::app
