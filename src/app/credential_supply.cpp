#include "s3proxy/app/credential_supply.hpp"

#include "s3proxy/observe/log.hpp"

#include <utility>

namespace s3proxy::app {
namespace {

using failure_kind = upstream::credential_failure::kind;

upstream::token_reading read_token(file_reader const& read, std::string const& path) {
  auto reading = read(path);
  switch (reading.what) {
    case file_reading::outcome::read:
      return std::move(reading.text);
    case file_reading::outcome::absent:
      return upstream::credential_failure{failure_kind::misconfigured,
                                          "the token file " + path + " is not there"};
    case file_reading::outcome::unreadable:
      break;
  }
  return upstream::credential_failure{failure_kind::misconfigured,
                                      "cannot read " + path + ": " + reading.text};
}

supply_failure explain(credential_plan const& plan, upstream::credential_failure const& why) {
  bool const can_be_mended = why.what == failure_kind::misconfigured || why.what == failure_kind::refused;
  auto sentence = "no credentials from " + plan.where + ": " + why.sentence;
  auto const* separator = " (passed over before: ";
  for (auto const& one : plan.skipped) {
    sentence += separator + one;
    separator = "; ";
  }
  return {can_be_mended ? 2 : 1, sentence + (plan.skipped.empty() ? "" : ")")};
}

}  // namespace

upstream::credential_tools credential_tools_of(observe::clock const& clock, file_reader read) {
  upstream::credential_tools out;
  out.clock = &clock;
  out.read_token = [read = std::move(read)](std::string const& path) { return read_token(read, path); };
  return out;
}

std::variant<credential_supply, supply_failure> supply_credentials(credential_plan plan,
                                                                   upstream::credential_tools tools) {
  auto const kind = plan.kind();
  if (kind == plan_kind::none) {
    return credential_supply{std::nullopt, nullptr, std::move(plan.where)};
  }
  if (kind == plan_kind::fixed) {
    auto& written = std::get<upstream::written_keys>(plan.recipe->first);
    return credential_supply{std::move(written.pair), nullptr, std::move(plan.where)};
  }
  auto opened = upstream::credential_provider::open(*plan.recipe, std::move(tools));
  if (auto* provider = std::get_if<std::shared_ptr<upstream::credential_provider>>(&opened)) {
    auto where = (*provider)->where();
    return credential_supply{std::nullopt, std::move(*provider), std::move(where)};
  }
  auto const& why = std::get<upstream::credential_failure>(opened);
  if (kind == plan_kind::if_there) {
    auto const sentence = "no credentials from " + plan.recipe->where + ": " + why.sentence;
    // Nobody there is the usual case outside Amazon's cloud; somebody who says no is worth knowing of.
    auto const silent = why.what == failure_kind::unreachable;
    observe::write(observe::room::app, silent ? observe::level::debug : observe::level::warn, sentence);
    return credential_supply{std::nullopt, nullptr, std::move(plan.where)};
  }
  return explain(plan, why);
}

}  // namespace s3proxy::app
