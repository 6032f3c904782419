#include "s3proxy/upstream/credential_fetch.hpp"

#include "s3proxy/http/target.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/upstream/child_process.hpp"
#include "s3proxy/upstream/credential_document.hpp"
#include "s3proxy/upstream/sts_client.hpp"

#include <algorithm>
#include <utility>

namespace s3proxy::upstream {
namespace {

using boost::asio::awaitable;
using kind = credential_failure::kind;

credential_failure failure(kind what, std::string sentence) {
  return {what, std::move(sentence)};
}

std::string trimmed(std::string text) {
  auto const end = text.find_last_not_of(" \t\r\n");
  text.resize(end == std::string::npos ? 0 : end + 1);
  return text;
}

// Answers of STS.

credential_failure explain(sts_failure const& why, sts_place const& sts) {
  auto const what = why.what == sts_failure::kind::refused       ? kind::refused
                    : why.what == sts_failure::kind::unreachable ? kind::unreachable
                                                                 : kind::garbage;
  return failure(what, "the STS at " + sts.endpoint.host_field() + ": " + why.sentence());
}

fetched_credentials from_sts(sts_outcome outcome, sts_place const& sts) {
  if (auto const* why = std::get_if<sts_failure>(&outcome)) {
    return explain(*why, sts);
  }
  return std::get<s3::issued_credentials>(std::move(outcome));
}

awaitable<fetched_credentials> fetch_web_identity(web_identity const& from, credential_tools const& tools) {
  auto reading = tools.read_token(from.token_file);
  if (auto* why = std::get_if<credential_failure>(&reading)) {
    co_return std::move(*why);
  }
  auto const token = trimmed(std::get<std::string>(std::move(reading)));
  if (token.empty() || !s3::is_visible(token)) {
    co_return failure(kind::misconfigured, "the token file " + from.token_file + " holds no token");
  }
  web_identity_request asked{from.role.arn, from.role.session_name, base::secret(token), from.role.duration};
  auto outcome = co_await assume_role_with_web_identity(tools.callee_for(from.role.sts.endpoint),
                                                        std::move(asked), tools.limits.sts);
  co_return from_sts(std::move(outcome), from.role.sts);
}

awaitable<fetched_credentials> assume(role_hop const& hop, s3::credentials signer,
                                      credential_tools const& tools) {
  assume_role_request asked{hop.role.arn,      hop.role.session_name, hop.external_id,
                            hop.role.duration, std::move(signer),     hop.role.sts.region};
  auto outcome = co_await assume_role(tools.callee_for(hop.role.sts.endpoint), std::move(asked),
                                      tools.clock->wall_now(), tools.limits.sts);
  co_return from_sts(std::move(outcome), hop.role.sts);
}

// Answers of agents and metadata services.

credential_failure unanswered(std::string const& who, boost::system::error_code why) {
  auto const code = base::to_errc(why);
  return failure(code == base::errc::origin_bad_response ? kind::garbage : kind::unreachable,
                 who + ": " + std::string(describe_call_fault(code)));
}

/// An answer that is not 200. Whatever the agent says may repeat the token that it was shown.
credential_failure declined(std::string const& who, call_answer const& answered, base::secret const& token) {
  auto const said = read_agent_error(answered.body);
  auto const later = answered.status == 429 || answered.status >= 500;
  auto sentence = who + " answered " + std::to_string(answered.status);
  if (!said.code.empty() || !said.message.empty()) {
    sentence += ": " + without_secrets(said.code + " " + said.message, {token});
  }
  return failure(later ? kind::unreachable : kind::refused, std::move(sentence));
}

fetched_credentials read_answer(std::string const& who, call_answer const& answered) {
  auto read = read_agent_document(answered.body);
  if (auto const* why = std::get_if<std::string>(&read)) {
    return failure(kind::garbage, "the answer of " + who + " " + *why);
  }
  return std::get<s3::issued_credentials>(std::move(read));
}

std::variant<base::secret, credential_failure> token_of(container_agent const& from,
                                                        credential_tools const& tools) {
  if (from.token_file.empty()) {
    return from.token;
  }
  auto reading = tools.read_token(from.token_file);
  if (auto* why = std::get_if<credential_failure>(&reading)) {
    return std::move(*why);
  }
  auto& text = std::get<std::string>(reading);
  if (text.empty() || text.find_first_of("\r\n") != std::string::npos) {
    return failure(kind::misconfigured, "the token file " + from.token_file +
                                            " is empty or holds a line break, which no header may");
  }
  return base::secret(std::move(text));
}

awaitable<fetched_credentials> fetch_from_agent(container_agent const& from, credential_tools const& tools) {
  auto token = token_of(from, tools);
  if (auto* why = std::get_if<credential_failure>(&token)) {
    co_return std::move(*why);
  }
  auto const& shown = std::get<base::secret>(token);
  call_request asked;
  asked.target = from.target;
  asked.headers.set("Accept", "application/json");
  if (!shown.empty()) {
    asked.headers.set("Authorization", shown.reveal());
  }
  auto to = tools.callee_for(from.endpoint);
  to.peers = from.peers;
  auto const who = "the container's agent at " + from.endpoint.host_field();
  auto const answered = co_await call(std::move(to), std::move(asked), tools.limits.container);
  if (!answered) {
    co_return unanswered(who, answered.error());
  }
  co_return answered->status == 200 ? read_answer(who, *answered) : declined(who, *answered, shown);
}

// IMDSv2: a token first, then the name of the role, then its keys.
// Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
constexpr std::string_view role_path = "/latest/meta-data/iam/security-credentials/";

/// One GET with the token; gives the answer if it is a 200.
awaitable<std::variant<call_answer, credential_failure>> ask_machine(machine_service const& from,
                                                                     base::secret const& token,
                                                                     std::string target,
                                                                     credential_tools const& tools) {
  auto const who = "the metadata service at " + from.endpoint.host_field();
  call_request asked;
  asked.target = std::move(target);
  if (token.empty()) {
    asked.method = "PUT";
    asked.headers.set("X-aws-ec2-metadata-token-ttl-seconds", "21600");
  } else {
    asked.headers.set("X-aws-ec2-metadata-token", token.reveal());
  }
  auto answered = co_await call(tools.callee_for(from.endpoint), std::move(asked), tools.limits.machine);
  if (!answered) {
    co_return unanswered(who, answered.error());
  }
  if (answered->status == 404 && !token.empty()) {
    co_return failure(kind::refused, who + " knows no role of this machine");
  }
  if (answered->status != 200) {
    co_return declined(who, *answered, token);
  }
  co_return std::move(*answered);
}

awaitable<fetched_credentials> fetch_from_machine(machine_service const& from,
                                                  credential_tools const& tools) {
  auto const who = "the metadata service at " + from.endpoint.host_field();
  auto first = co_await ask_machine(from, base::secret(), "/latest/api/token", tools);
  if (auto* why = std::get_if<credential_failure>(&first)) {
    co_return std::move(*why);
  }
  base::secret const token(trimmed(std::get<call_answer>(first).body));
  if (token.empty() || !s3::is_visible(token.reveal())) {
    co_return failure(kind::garbage, "the answer of " + who + " is no token");
  }
  auto roles = co_await ask_machine(from, token, std::string(role_path), tools);
  if (auto* why = std::get_if<credential_failure>(&roles)) {
    co_return std::move(*why);
  }
  auto const& listed = std::get<call_answer>(roles).body;
  auto const role = trimmed(listed.substr(0, listed.find('\n')));
  if (role.empty() || !s3::is_visible(role)) {
    co_return failure(kind::garbage, "the answer of " + who + " names no role");
  }
  auto keys = co_await ask_machine(
      from, token, std::string(role_path) + http::uri_encode(role, http::slash::encode), tools);
  if (auto* why = std::get_if<credential_failure>(&keys)) {
    co_return std::move(*why);
  }
  co_return read_answer(who, std::get<call_answer>(keys));
}

awaitable<fetched_credentials> fetch_from_program(key_program const& from, credential_tools const& tools) {
  auto const who = "the credential_process " + from.arguments.front();
  auto ended = co_await run_program(from.arguments, tools.limits.program, tools.limits.program_bytes);
  if (auto const* why = std::get_if<program_failure>(&ended)) {
    auto const what = why->what == program_failure::kind::not_started ? kind::misconfigured
                      : why->what == program_failure::kind::too_slow  ? kind::unreachable
                                                                      : kind::garbage;
    co_return failure(what, who + " " + why->sentence);
  }
  auto const& end = std::get<program_end>(ended);
  if (!end.complaints.empty()) {
    observe::debug(observe::room::upstream, who + " says: " + end.complaints);
  }
  if (end.exit_code != 0) {
    co_return failure(kind::refused, who + " ended with " + std::to_string(end.exit_code) +
                                         " (--log-level upstream=debug shows what it said)");
  }
  auto read = read_program_document(end.output);
  if (auto const* why = std::get_if<std::string>(&read)) {
    co_return failure(kind::garbage, "what " + who + " printed " + *why);
  }
  co_return std::get<s3::issued_credentials>(std::move(read));
}

awaitable<fetched_credentials> fetch_first(credential_recipe const& recipe, credential_tools const& tools) {
  if (auto const* written = std::get_if<written_keys>(&recipe.first)) {
    co_return s3::issued_credentials{written->pair};
  }
  if (auto const* identity = std::get_if<web_identity>(&recipe.first)) {
    auto got = co_await fetch_web_identity(*identity, tools);
    co_return got;
  }
  if (auto const* program = std::get_if<key_program>(&recipe.first)) {
    auto got = co_await fetch_from_program(*program, tools);
    co_return got;
  }
  if (auto const* agent = std::get_if<container_agent>(&recipe.first)) {
    auto got = co_await fetch_from_agent(*agent, tools);
    co_return got;
  }
  auto got = co_await fetch_from_machine(std::get<machine_service>(recipe.first), tools);
  co_return got;
}

bool has_expired(fetched_credentials const& got, http::wall_time now) {
  auto const* issued = std::get_if<s3::issued_credentials>(&got);
  return issued != nullptr && issued->expires && *issued->expires <= now;
}

}  // namespace

awaitable<fetched_credentials> fetch_credentials(credential_recipe const& recipe,
                                                 credential_tools const& tools) {
  auto got = co_await fetch_first(recipe, tools);
  for (auto const& hop : recipe.roles) {
    if (std::holds_alternative<credential_failure>(got)) {
      break;
    }
    auto next = co_await assume(hop, std::get<s3::issued_credentials>(got).pair, tools);
    got = std::move(next);
  }
  if (has_expired(got, tools.clock->wall_now())) {
    co_return failure(kind::garbage, "the keys from " + recipe.where +
                                         " had expired when they came; check this machine's clock");
  }
  co_return got;
}

}  // namespace s3proxy::upstream
