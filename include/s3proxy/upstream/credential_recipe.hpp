#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/upstream/endpoint.hpp"
#include "s3proxy/upstream/http_call.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace s3proxy::upstream {

// How a key pair for the store is come by: what app read from the environment and the AWS files, ready to be
// followed as often as keys are needed. Source:
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html

/// An STS, and the region that its signatures are for.
struct sts_place {
  upstream::endpoint endpoint;
  std::string region;
};

/// What every assumed role says of itself.
struct role_terms {
  std::string arn;
  std::string session_name;
  std::optional<std::chrono::seconds> duration{};
  sts_place sts;
};

/// Keys that stand written somewhere.
struct written_keys {
  s3::credentials pair;
};

/// A token in a file, which somebody replaces now and then: read at every fetch.
struct web_identity {
  role_terms role;
  std::string token_file;
};

/// A program that prints keys. No shell: the first argument is looked up in PATH.
struct key_program {
  std::vector<std::string> arguments;
};

/// The agent of a container (ECS, EKS Pod Identity), asked with GET.
struct container_agent {
  upstream::endpoint endpoint;
  std::string target;
  upstream::peers peers = upstream::peers::any;
  std::string token_file{};  ///< its content becomes `Authorization`; read at every fetch; empty: `token`
  base::secret token{};      ///< empty: no `Authorization`
};

/// The metadata service of a machine (IMDS, version 2 only).
struct machine_service {
  upstream::endpoint endpoint;
};

/// A role that is assumed with what came before.
struct role_hop {
  role_terms role;
  std::string external_id{};
};

/// Whether somebody said that keys are there.
enum class certainty {
  asked_for,  ///< a failure is one
  if_there,   ///< the last resort: where nobody answers there are none
};

struct credential_recipe {
  std::variant<written_keys, web_identity, key_program, container_agent, machine_service> first;
  std::vector<role_hop> roles{};  ///< in this order
  std::string where{};            ///< for people: `profile "lake" (~/.aws/config), role arn:...`
  upstream::certainty certainty = upstream::certainty::asked_for;

  /// True when clients can know the keys as well: nobody hands them out.
  bool is_fixed() const { return std::holds_alternative<written_keys>(first) && roles.empty(); }
};

}  // namespace s3proxy::upstream
