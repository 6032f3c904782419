#pragma once

#include "s3proxy/app/endpoint.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/observe/log.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace s3proxy::app {

/// The form of the access lines on stdout.
enum class access_log_mode { off, text, json };

/// For whom the proxy signs requests that carry no signature.
enum class anonymous_access {
  no,        ///< for nobody: 403 AccessDenied
  loopback,  ///< for programs on this machine
  network,   ///< for whoever reaches the port; the operator said so in as many words
};

/// A value and the place a person wrote it: `--region` or `environment S3PROXY_REGION`.
template <class T>
struct sourced {
  T value;
  std::string from;
};

/// What the operator asked for: flags over environment over these defaults. Every value has been checked.
struct options {
  endpoint_url endpoint;
  std::uint16_t port = 3000;  ///< 0: the kernel chooses
  /// A literal without brackets. `::` means all interfaces: one dual-stack socket for IPv6 and IPv4; a host
  /// without IPv6 falls back to `0.0.0.0`.
  std::string address = "::";
  std::optional<sourced<std::string>> region;
  std::optional<sourced<base::byte_count>> memory;
  std::chrono::milliseconds metadata_ttl = std::chrono::seconds(60);
  std::chrono::milliseconds rights_ttl = std::chrono::minutes(10);
  std::vector<std::string> immutable;
  std::optional<unsigned> threads;  ///< nothing: one for each core
  observe::log_spec log;
  access_log_mode access_log = access_log_mode::text;
  anonymous_access allow_anonymous = anonymous_access::no;
};

/// Run with these; say the warnings in the log first.
struct run_request {
  options chosen;
  std::vector<std::string> warnings;
};

/// `--help` or `--version`: print `text` to stdout, exit 0.
struct text_request {
  std::string text;
};

/// Print `sentence` to stderr, exit 2. It is whole: it says what was wrong, where it came from and what is
/// allowed.
struct usage_error {
  std::string sentence;
};

using parse_outcome = std::variant<run_request, text_request, usage_error>;

/// Reads the command line and the environment. Of a flag given twice the last counts (`--immutable`
/// collects); variables that are set but empty count as not set. Reads nothing else and touches nothing.
parse_outcome parse_options(int argc, char const* const* argv, environment const& lookup);

}  // namespace s3proxy::app
