#include "s3proxy/app/ambient_recipe.hpp"

#include "s3proxy/app/endpoint.hpp"
#include "s3proxy/http/header_list.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace s3proxy::app {
namespace {

using upstream::credential_recipe;

constexpr std::string_view relative_variable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view full_variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view token_variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr std::string_view token_file_variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr auto ecs_agent = "169.254.170.2";

refusal in_variable(std::string_view variable, std::string const& why) {
  return refusal::because("environment " + std::string(variable) + ": " + why);
}

/// Whom plain HTTP may go to: nobody between us and the agent could read along.
std::optional<upstream::peers> allowed_in_plain(std::string const& host) {
  boost::system::error_code is_name;
  auto const address = boost::asio::ip::make_address(host, is_name);
  if (is_name) {
    return upstream::peers::loopback;
  }
  static std::array<boost::asio::ip::address, 3> const agents{boost::asio::ip::make_address(ecs_agent),
                                                              boost::asio::ip::make_address("169.254.170.23"),
                                                              boost::asio::ip::make_address("fd00:ec2::23")};
  bool const allowed = address.is_loopback() || std::ranges::find(agents, address) != agents.end();
  return allowed ? std::optional(upstream::peers::any) : std::nullopt;
}

bool is_target(std::string_view text) {
  return text.starts_with('/') && s3::is_visible(text) && text.find('#') == std::string_view::npos;
}

parsed<upstream::container_agent> relative_agent(std::string const& target) {
  if (!is_target(target)) {
    return in_variable(relative_variable, in_backticks(target) + " is no path: it begins with a slash");
  }
  return upstream::container_agent{{upstream::scheme::http, ecs_agent, 80}, target};
}

parsed<upstream::container_agent> full_agent(std::string const& url) {
  auto const scheme_end = url.find("://");
  auto const slash = scheme_end == std::string::npos ? std::string::npos : url.find('/', scheme_end + 3);
  auto const where = call_endpoint(url.substr(0, slash));
  if (!where) {
    return in_variable(full_variable, where.error().sentence);
  }
  auto const target = slash == std::string::npos ? "/" : url.substr(slash);
  if (!is_target(target)) {
    return in_variable(full_variable, "the path of the URL holds a character that no path has");
  }
  if (where->scheme == upstream::scheme::https) {
    return upstream::container_agent{*where, target};
  }
  auto const peers = allowed_in_plain(where->host);
  if (!peers) {
    return in_variable(full_variable,
                       "plain HTTP may go to this machine, 169.254.170.2, 169.254.170.23 or "
                       "fd00:ec2::23 alone, not to " +
                           in_backticks(where->host) + "; use https");
  }
  return upstream::container_agent{*where, target, *peers};
}

parsed<upstream::container_agent> agent_of(environment const& lookup) {
  if (auto const relative = non_empty(lookup, relative_variable)) {
    return relative_agent(*relative);
  }
  return full_agent(*non_empty(lookup, full_variable));
}

}  // namespace

found_recipe web_identity_recipe(environment const& lookup,
                                 std::optional<std::string> const& profile_region) {
  auto const file = non_empty(lookup, "AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!file) {
    return std::nullopt;
  }
  auto const role = non_empty(lookup, "AWS_ROLE_ARN");
  if (!role) {
    return refusal::because(
        "environment AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN, the role to take, is not");
  }
  auto terms =
      role_terms_of({*role, non_empty(lookup, "AWS_ROLE_SESSION_NAME"), std::nullopt, "the environment"},
                    lookup, profile_region);
  if (!terms) {
    return terms.error();
  }
  auto where = "web identity (environment), role " + *role + " for the token in " + *file;
  return std::optional(
      credential_recipe{upstream::web_identity{*std::move(terms), *file}, {}, std::move(where)});
}

found_recipe container_recipe(environment const& lookup) {
  if (!non_empty(lookup, relative_variable) && !non_empty(lookup, full_variable)) {
    return std::nullopt;
  }
  auto agent = agent_of(lookup);
  if (!agent) {
    return agent.error();
  }
  if (auto const file = non_empty(lookup, token_file_variable)) {
    agent->token_file = *file;
  } else if (auto const token = non_empty(lookup, token_variable)) {
    if (token->find_first_of("\r\n") != std::string::npos) {
      return in_variable(token_variable, "holds a line break, which no header may");
    }
    agent->token = base::secret(*token);
  }
  auto where = "the container's agent at " + agent->endpoint.host_field();
  return std::optional(credential_recipe{*std::move(agent), {}, std::move(where)});
}

found_recipe machine_recipe(environment const& lookup) {
  if (http::to_lower(non_empty(lookup, "AWS_EC2_METADATA_DISABLED").value_or("")) == "true") {
    return std::nullopt;
  }
  upstream::endpoint where{upstream::scheme::http, "169.254.169.254", 80};
  auto const mode = non_empty(lookup, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
  auto const family = http::to_lower(mode.value_or("ipv4"));
  if (family != "ipv4" && family != "ipv6") {
    return in_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                       in_backticks(*mode) + " is neither IPv4 nor IPv6");
  }
  if (family == "ipv6") {
    where.host = "fd00:ec2::254";
  }
  auto const certainty = upstream::certainty::if_there;
  if (auto const url = non_empty(lookup, "AWS_EC2_METADATA_SERVICE_ENDPOINT")) {
    auto own = call_endpoint(*url);
    if (!own) {
      return in_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT", own.error().sentence);
    }
    where = *std::move(own);
  }
  auto shown = "the metadata service at " + where.host_field();
  return std::optional(
      credential_recipe{upstream::machine_service{std::move(where)}, {}, std::move(shown), certainty});
}

}  // namespace s3proxy::app
