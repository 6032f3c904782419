#include "s3proxy/app/start_up.hpp"

#include "s3proxy/app/check_options.hpp"
#include "s3proxy/app/credential_supply.hpp"
#include "s3proxy/observe/clock.hpp"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

namespace s3proxy::app {
namespace {

parsed<resolved_region> find_region(options const& chosen, environment const& lookup,
                                    file_reader const& read) {
  // The profile is asked only when nothing stronger speaks: a broken file that nobody needs stops nobody.
  std::optional<found_region> from_profile;
  if (!chosen.region && !non_empty(lookup, "AWS_REGION") && !non_empty(lookup, "AWS_DEFAULT_REGION")) {
    auto profile = profile_region(lookup, read);
    if (!profile) {
      return profile.error();
    }
    from_profile = std::move(*profile);
  }
  return resolve_region(chosen.region, lookup, from_profile, chosen.endpoint.host);
}

/// Nobody looks in the usual places when every principal says where its credentials are.
bool needs_usual_places(declarations const& declared) {
  return declared.principals.empty() || std::ranges::any_of(declared.principals, [](auto const& one) {
           return std::holds_alternative<chain_source>(one.source);
         });
}

template <class Context>
void keep_or_complain(std::variant<std::shared_ptr<Context>, std::string> made,
                      std::shared_ptr<Context>& slot, usage_error& wrong) {
  if (auto* const why = std::get_if<std::string>(&made)) {
    wrong.sentences.push_back(std::move(*why));
  } else {
    slot = std::get<std::shared_ptr<Context>>(std::move(made));
  }
}

/// What TLS is spoken with, on either side.
struct both_sides {
  std::shared_ptr<net::tls_context> clients;
  std::shared_ptr<upstream::tls_context> store;
  std::shared_ptr<upstream::tls_context> sts;
};

std::variant<std::shared_ptr<upstream::tls_context>, std::string> tls_towards(endpoint_url const& where,
                                                                              options const& chosen,
                                                                              file_reader const& read) {
  auto const verify = chosen.store_certificate == certificate_check::yes ? upstream::verification::on
                                                                         : upstream::verification::off;
  return upstream::tls_context::make(
      {where.host, chosen.ca_file, {chosen.client_cert, chosen.client_key}, verify}, read);
}

both_sides load_certificates(options const& chosen, file_reader const& read, usage_error& wrong) {
  both_sides out;
  if (!chosen.tls_cert.empty()) {
    keep_or_complain(net::tls_context::make({chosen.tls_cert, chosen.tls_key}, read), out.clients, wrong);
  }
  if (chosen.endpoint.scheme == url_scheme::https) {
    keep_or_complain(tls_towards(chosen.endpoint, chosen, read), out.store, wrong);
  }
  if (chosen.token_exchange != token_exchange::no && sts_of(chosen).scheme == url_scheme::https) {
    keep_or_complain(tls_towards(sts_of(chosen), chosen, read), out.sts, wrong);
  }
  return out;
}

}  // namespace

endpoint_url const& sts_of(options const& chosen) {
  return chosen.sts_endpoint ? *chosen.sts_endpoint : chosen.endpoint;
}

parsed<usual_places> open_usual_places(declarations const& declared, environment const& lookup,
                                       file_reader const& read, file_stamper const& stamp) {
  std::optional<credential_plan> handed_out;
  environment where = [](std::string_view) { return std::optional<std::string>(); };
  if (needs_usual_places(declared)) {
    auto plan = plan_credentials(lookup, read);
    if (!plan) {
      return plan.error();
    }
    auto const kind = plan->kind();
    if (kind == plan_kind::handed_out || kind == plan_kind::if_there) {
      handed_out = *std::move(plan);
    } else {
      where = lookup;
    }
  }
  auto written = credential_source::open(where, read, stamp);
  if (!written) {
    return written.error();
  }
  return usual_places{*std::move(written), std::move(handed_out)};
}

parsed<signers> obtain_signers(declarations const& declared, usual_places const& usual,
                               environment const& lookup, file_reader const& read, signers const* before,
                               int& exit_code) {
  static observe::clock const clock;  // outlives every provider
  using supplied = parsed<std::shared_ptr<upstream::credential_provider>>;
  auto const supply = [&](credential_plan plan) -> supplied {
    auto tools = credential_tools_of(clock, read);
    if (before) {
      tools.limits.start_attempts = 1;  // while it serves, waiting is not worth it: it is tried again later
    }
    auto outcome = supply_credentials(std::move(plan), std::move(tools));
    if (auto const* failed = std::get_if<supply_failure>(&outcome)) {
      exit_code = failed->exit_code;
      return refusal::because(failed->sentence);
    }
    return std::get<credential_supply>(std::move(outcome)).provider;
  };
  return find_signers(declared, usual.written.current(), lookup, read, {usual.handed_out, supply, before});
}

std::variant<resolved, usage_error> resolve(run_request request, environment const& lookup,
                                            file_reader const& read, file_stamper const& stamp) {
  usage_error wrong{refuse_named_files(request, read)};
  // Files that are not there have been told with the place that names them.
  auto tls = wrong.sentences.empty() ? load_certificates(request.chosen, read, wrong) : both_sides();
  auto const note = [&wrong](auto const& outcome) {
    if (!outcome) {
      // A broken AWS file is in the way of credentials and region alike.
      auto const& sentence = outcome.error().sentence;
      if (std::ranges::find(wrong.sentences, sentence) == wrong.sentences.end()) {
        wrong.sentences.push_back(sentence);
      }
    }
  };
  auto usual = open_usual_places(request.declared, lookup, read, stamp);
  note(usual);
  auto region = find_region(request.chosen, lookup, read);
  note(region);
  parsed<signers> signing = signers();
  if (usual && request.what != command::run) {
    signing = find_signers(request.declared, usual->written.current(), lookup, read,
                           {usual->handed_out, {}, nullptr});
  } else if (usual && region && wrong.sentences.empty()) {
    // Last, since others are asked: what is wrong here is told first, and at once.
    signing = obtain_signers(request.declared, *usual, lookup, read, nullptr, wrong.exit_code);
  }
  note(signing);
  if (usual && signing && wrong.sentences.empty()) {
    if (auto why = refuse_clients(request.chosen, request.declared, signer_in(*signing))) {
      wrong.sentences.push_back(*std::move(why));
    }
  }
  if (!wrong.sentences.empty()) {
    return wrong;
  }
  std::ranges::move(warn_about_keys(request, read), std::back_inserter(request.warnings));
  auto const memory = plan_memory(request.chosen.memory, read_memory_facts(read));
  auto const threads = request.chosen.threads.value_or(std::max(1U, std::thread::hardware_concurrency()));
  return resolved{std::move(request),
                  *std::move(usual),
                  *std::move(signing),
                  std::move(tls.clients),
                  std::move(tls.store),
                  std::move(tls.sts),
                  *std::move(region),
                  memory,
                  threads};
}

effective_facts facts_of(resolved const& with) {
  return {with.region, with.memory, with.threads,
          with.usual.handed_out ? with.usual.handed_out->where : with.usual.written.current().where};
}

}  // namespace s3proxy::app
