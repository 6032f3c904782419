#include "s3proxy/app/aws_profile.hpp"

#include <utility>

namespace s3proxy::app {
namespace {

/// How the files call the three things that the environment calls AWS_ACCESS_KEY_ID and so on.
constexpr std::array<std::string_view, 3> setting_names{"aws_access_key_id", "aws_secret_access_key",
                                                        "aws_session_token"};
constexpr std::array<std::string_view, 3> variable_names{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                                         "AWS_SESSION_TOKEN"};

/// A path as people write it: `~/.aws/credentials`.
std::string shown_as(std::string const& path, environment const& lookup) {
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

/// Empty where there is no file.
parsed<profile_sections> read_sections(std::string const& path, std::string const& shown,
                                       file_reader const& read) {
  if (path.empty()) {
    return profile_sections();
  }
  auto const reading = read(path);
  switch (reading.what) {
    case file_reading::outcome::absent:
      return profile_sections();
    case file_reading::outcome::unreadable:
      return refusal::because("cannot read " + shown + ": " + reading.text);
    case file_reading::outcome::read:
      break;
  }
  return parse_profile_file(reading.text, shown);
}

std::optional<profile_section> find_section(profile_sections const& sections, std::string const& name) {
  auto const found = sections.find(name);
  return found != sections.end() ? std::optional(found->second) : std::nullopt;
}

}  // namespace

profile_paths find_profile_paths(environment const& lookup) {
  return {path_from(lookup, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"),
          path_from(lookup, "AWS_CONFIG_FILE", "/.aws/config")};
}

std::optional<std::string> profile_part::find(std::string_view name) const {
  if (!section) {
    return std::nullopt;
  }
  auto const found = section->find(name);
  return found != section->end() && !found->second.empty() ? std::optional(found->second) : std::nullopt;
}

std::optional<std::string> aws_profile::find(std::string_view setting) const {
  auto value = credentials.find(setting);
  return value ? value : config.find(setting);
}

std::string aws_profile::place_of(std::string_view setting) const {
  return in(credentials.find(setting) ? credentials : config);
}

parsed<aws_files> aws_files::read(environment const& lookup, file_reader const& reader) {
  auto const paths = find_profile_paths(lookup);
  aws_files made;
  for (auto const& [path, into] :
       {std::pair(&paths.credentials, &made.credentials_), std::pair(&paths.config, &made.config_)}) {
    into->shown_path = shown_as(*path, lookup);
    auto sections = read_sections(*path, into->shown_path, reader);
    if (!sections) {
      return sections.error();
    }
    into->sections = *std::move(sections);
  }
  return made;
}

aws_profile aws_files::find(std::string const& name) const {
  aws_profile out{name,
                  {credentials_.shown_path, find_section(credentials_.sections, name)},
                  {config_.shown_path, find_section(config_.sections, "profile " + name)}};
  // In the config file only `default` stands alone, and `[profile default]` beats it.
  if (!out.config.section && name == "default") {
    out.config.section = find_section(config_.sections, name);
  }
  return out;
}

std::string aws_files::shown() const {
  if (credentials_.shown_path.empty() && config_.shown_path.empty()) {
    return "no HOME and no AWS file";
  }
  return credentials_.shown_path + " and " + config_.shown_path;
}

pair_texts pair_texts_of(environment const& lookup) {
  return {non_empty(lookup, variable_names[0]), non_empty(lookup, variable_names[1]),
          non_empty(lookup, variable_names[2]), variable_names};
}

pair_texts pair_texts_of(profile_part const& part) {
  return {part.find(setting_names[0]), part.find(setting_names[1]), part.find(setting_names[2]),
          setting_names};
}

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

}  // namespace s3proxy::app
