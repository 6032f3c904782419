#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/options.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::app {

/// Reads the configuration again and lets the daemon take over what can change while it runs: identities,
/// principals, rules, log levels, certificates. All or nothing: what cannot be used changes nothing. One
/// thread at a time.
class reload {
 public:
  struct hooks {
    /// Puts what was read into force; or a sentence why it cannot be, and then nothing has changed. Who calls
    /// it has checked that every value is allowed.
    std::function<std::optional<std::string>(run_request const&)> take_over;
    /// Lets those who hold certificates read them again, behind a take_over that went well; gives what is
    /// wrong with them. A bad certificate leaves the old one in force.
    std::function<std::vector<std::string>()> certificates;
  };

  /// `arguments` is the command line of the start, the program's name first; `running` what it led to.
  reload(std::vector<std::string> arguments, environment lookup, file_reader read, run_request running,
         hooks with)
      : arguments_(std::move(arguments)),
        lookup_(std::move(lookup)),
        read_(std::move(read)),
        running_(std::move(running)),
        hooks_(std::move(with)) {}

  struct report {
    enum class outcome {
      taken_over,  ///< it is in force; `said` is what changed
      kept,        ///< what was read cannot be used: all stays as it was, `warnings` say why
    } what = outcome::taken_over;
    std::string said;
    std::vector<std::string> warnings;
  };
  report now();

  /// What is in force.
  run_request const& running() const { return running_; }

 private:
  report keep(std::vector<std::string> sentences) const;

  std::vector<std::string> arguments_;
  environment lookup_;
  file_reader read_;
  run_request running_;
  hooks hooks_;
};

/// What is new in `after`, for people: `identity AKIA... added`. Secrets never appear.
std::vector<std::string> changes_between(declarations const& before, declarations const& after);

}  // namespace s3proxy::app
