#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/declared.hpp"
#include "s3proxy/app/endpoint.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/proxy/read_ahead_settings.hpp"
#include "s3proxy/upstream/limits.hpp"

#include <chrono>
#include <cstddef>
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

/// Whose bearer tokens are exchanged for credentials of the store.
enum class token_exchange {
  no,
  loopback,  ///< of clients on this machine, or of clients that speak TLS
  network,   ///< of whoever reaches the port, in the clear too; the operator said so in as many words
};

/// Whether the store's certificate is checked.
enum class certificate_check { yes, skipped };

/// Whether bytes that are held may be lent to the kernel, instead of copied, where the start finds it safe.
enum class zero_copy { off, automatic };

/// A value and the place a person wrote it: `--region` or `environment S3PROXY_REGION`.
template <class T>
struct sourced {
  T value;
  std::string from;
};

/// What the operator asked for: flags over environment over file over these defaults. Every value has been
/// checked.
struct options {
  endpoint_url endpoint;
  std::uint16_t port = 3000;  ///< 0: the kernel chooses
  /// A literal without brackets. `::` means all interfaces: one dual-stack socket for IPv6 and IPv4; a host
  /// without IPv6 falls back to `0.0.0.0`.
  std::string address = "::";
  std::optional<listen_place> admin_address;  ///< nothing: no admin listener
  std::optional<sourced<std::string>> region;
  std::optional<sourced<base::byte_count>> memory;
  std::chrono::milliseconds metadata_ttl = std::chrono::seconds(60);
  std::chrono::milliseconds rights_ttl = std::chrono::minutes(10);
  std::vector<std::string> immutable;
  proxy::read_ahead_settings read_ahead;
  std::size_t origin_connections = upstream::origin_limits{}.connections;
  std::optional<unsigned> threads;  ///< nothing: one for each core
  app::zero_copy zero_copy = app::zero_copy::automatic;
  observe::log_spec log;
  access_log_mode access_log = access_log_mode::text;
  anonymous_access allow_anonymous = anonymous_access::no;
  std::string config;                     ///< the configuration file; empty: none
  std::vector<std::string> domains;       ///< lower case; of virtual-host style, beside `localhost`
  std::vector<std::string> cors_origins;  ///< `*`, or `https://host[:port]` in lower case
  std::string tls_cert;  ///< path of a PEM file; empty: plain HTTP. With tls_key or not at all
  std::string tls_key;
  std::string ca_file;      ///< path of a PEM file; empty: the system's authorities
  std::string client_cert;  ///< path of a PEM file; with client_key or not at all
  std::string client_key;
  certificate_check store_certificate = certificate_check::yes;
  app::token_exchange token_exchange = app::token_exchange::no;
  std::optional<endpoint_url> sts_endpoint;  ///< nothing: the store's own
  std::string sts_role_arn;                  ///< empty: the token service needs none
  std::string sts_session_name = "s3proxy";
  std::chrono::milliseconds sts_duration = std::chrono::hours(1);
};

struct option_row;

/// One value of a setting as a person wrote it.
struct written {
  std::string text;
  /// What a complaint about it begins with: `--port`, `environment S3PROXY_PORT`, `s3proxy.toml:2:8: port`.
  std::string where;
};

/// What one row of the table was set to, and who said so.
struct setting {
  option_row const* row = nullptr;
  std::vector<written> values;   ///< empty: the default stands
  std::string from = "default";  ///< `--port`, `environment S3PROXY_PORT`, `s3proxy.toml:2`
};

/// What the program is to do with what it was told.
enum class command {
  run,
  validate,        ///< say `ok`, exit 0
  show_effective,  ///< print every value with its source, exit 0
};

/// Everything that was told, and each value of it is allowed. Say the warnings in the log first.
struct run_request {
  command what = command::run;
  options chosen;
  declarations declared;
  std::vector<setting> settings;  ///< one for each row of the table, in its order
  std::vector<std::string> warnings;
};

/// `--help` or `--version`: print `text` to stdout, exit 0.
struct text_request {
  std::string text;
};

/// Print the sentences to stderr, a line each, exit 2. Each is whole: it says what was wrong, where it was
/// written and what is allowed. They are all that is wrong, as far as one reading can tell.
struct usage_error {
  std::vector<std::string> sentences;
  int exit_code = 2;  ///< 1: somebody does not answer whom the start needs
};

using parse_outcome = std::variant<run_request, text_request, usage_error>;

/// Reads the command line, the environment, the configuration file that they name and the secret files that
/// it names, through `read`. Flags beat the environment, which beats the file, which beats the defaults; of a
/// flag given twice the last counts (those that may be given several times collect); variables that are set
/// but empty count as not set. The file is judged as a whole, also where something stronger speaks.
parse_outcome parse_options(int argc, char const* const* argv, environment const& lookup,
                            file_reader const& read);

}  // namespace s3proxy::app
