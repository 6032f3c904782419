#pragma once

#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/base/file_reading.hpp"
#include "s3proxy/s3/credentials.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::app {

using base::file_reader;
using base::file_reading;

/// What tells one state of a file from the next without opening it. `changed` (ctime) catches a chmod.
struct file_stamp {
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  friend bool operator==(file_stamp const&, file_stamp const&) = default;
};
/// The stamp of a file, or nothing when there is none.
using file_stamper = std::function<std::optional<file_stamp>(std::string const& path)>;

/// The real ones. Reading follows symbolic links, never blocks on a pipe and takes at most 1 MiB.
file_reading read_file(std::string const& path);
std::optional<file_stamp> stamp_file(std::string const& path);

/// Where the AWS files are: AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else `credentials` and `config`
/// below
/// `~/.aws`; empty when there is neither a variable nor a HOME.
struct profile_paths {
  std::string credentials;
  std::string config;
};
profile_paths find_profile_paths(environment const& lookup);

struct loaded_credentials {
  std::optional<s3::credentials> pair;  ///< nothing: requests go to the store unsigned
  /// For people: `environment`, `profile "analytics" (~/.aws/credentials)`, or `none` and why.
  std::string where;
};

/// Looks for a key pair, first found wins: AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and
/// AWS_SESSION_TOKEN; the credentials file; the config file; in both the profile AWS_PROFILE names, else
/// `default`. To find nothing is no error.
///
/// Refuses, in a whole sentence: half a key pair; keys with characters no key has; a file that is there but
/// cannot be read; a malformed line (with file:line); an AWS_PROFILE that neither file has, or that gets its
/// keys in a way not spoken here (roles, SSO, processes), because the operator asked for it by name. Secrets
/// never appear.
parsed<loaded_credentials> load_credentials(environment const& lookup, file_reader const& read);

/// A region and who said so.
struct found_region {
  std::string name;
  std::string where;  ///< `profile "analytics" (~/.aws/config)`
};
/// The `region` of the profile in the config file (or in the credentials file, where some put it); nothing
/// when it is not set. Refuses like load_credentials, but a missing profile is no error here.
parsed<std::optional<found_region>> profile_region(environment const& lookup, file_reader const& read);

/// The credentials in force, and when they change. Owns what it uses; one thread at a time.
class credential_source {
 public:
  /// Loads for the first time; refuses as load_credentials does.
  static parsed<credential_source> open(environment lookup, file_reader read, file_stamper stamp);

  loaded_credentials const& current() const { return current_; }

  enum class outcome {
    unchanged,  ///< nothing new
    replaced,   ///< current() is new; the sentence says from where
    kept,       ///< the files changed and cannot be used: current() stays, the sentence is a warning
  };
  struct report {
    outcome what = outcome::unchanged;
    std::string sentence;
  };

  /// Stats both files and reads them again if one changed. Each broken state is reported once. Credentials
  /// that are gone count as broken: a file that is being replaced must not turn the proxy into one that signs
  /// nothing.
  report poll();

 private:
  using stamps = std::vector<std::optional<file_stamp>>;

  credential_source(environment lookup, file_reader read, file_stamper stamp)
      : lookup_(std::move(lookup)), read_(std::move(read)), stamp_(std::move(stamp)) {}
  stamps take_stamps() const;

  environment lookup_;
  file_reader read_;
  file_stamper stamp_;
  stamps seen_;
  loaded_credentials current_;
};

}  // namespace s3proxy::app
