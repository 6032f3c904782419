#pragma once

#include "s3proxy/app/aws_profile.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/file_reading.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/base/file_reading.hpp"
#include "s3proxy/s3/credentials.hpp"

#include <optional>
#include <string>
#include <vector>

namespace s3proxy::app {

struct loaded_credentials {
  std::optional<s3::credentials> pair;  ///< nothing: requests go to the store unsigned
  /// For people: `environment`, `profile "analytics" (~/.aws/credentials)`, or `none` and why.
  std::string where;
};

/// The pair that plan_credentials leads to, where it stands written. To find nothing is no error.
///
/// Refuses what plan_credentials refuses, and credentials that somebody hands out: those are for
/// upstream::credential_provider. Secrets never appear.
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
