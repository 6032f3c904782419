#pragma once

#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/file_reading.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/app/profile_file.hpp"
#include "s3proxy/s3/credentials.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::app {

/// Where the AWS files are: AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else `credentials` and `config`
/// below `~/.aws`; empty when there is neither a variable nor a HOME.
struct profile_paths {
  std::string credentials;
  std::string config;
};
profile_paths find_profile_paths(environment const& lookup);

/// What one of the two files says of a profile.
struct profile_part {
  std::string shown_path;
  std::optional<profile_section> section;

  /// The value of a setting that says something.
  std::optional<std::string> find(std::string_view name) const;
};

/// A profile as both files have it.
struct aws_profile {
  std::string name;
  profile_part credentials;
  profile_part config;

  bool exists() const { return credentials.section || config.section; }
  /// The value of a setting, the credentials file first, as AWS's SDKs merge them.
  std::optional<std::string> find(std::string_view setting) const;
  /// `profile "lake" (~/.aws/config)`, of the part that has the setting.
  std::string place_of(std::string_view setting) const;
  std::string in(profile_part const& part) const {
    return "profile \"" + name + "\" (" + part.shown_path + ")";
  }
};

/// Both files, read once.
class aws_files {
 public:
  /// A file that is not there is an empty one. Refuses one that cannot be read, and a malformed line (with
  /// file:line).
  static parsed<aws_files> read(environment const& lookup, file_reader const& reader);

  aws_profile find(std::string const& name) const;
  /// For people: `~/.aws/credentials and ~/.aws/config`.
  std::string shown() const;

 private:
  struct file {
    std::string shown_path;
    profile_sections sections;
  };
  file credentials_;
  file config_;
};

/// The texts of a key pair, wherever they stand, and how each is called there.
struct pair_texts {
  std::optional<std::string> key;
  std::optional<std::string> secret;
  std::optional<std::string> token;
  std::array<std::string_view, 3> names;

  bool none() const { return !key && !secret; }
};
pair_texts pair_texts_of(environment const& lookup);
pair_texts pair_texts_of(profile_part const& part);

/// The pair. Refuses half of one, and keys with characters no key has; never shows one.
parsed<s3::credentials> check_pair(pair_texts const& texts, std::string const& where);

}  // namespace s3proxy::app
