#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/credential_plan.hpp"
#include "s3proxy/app/effective.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/memory_budget.hpp"
#include "s3proxy/app/options.hpp"
#include "s3proxy/app/region.hpp"
#include "s3proxy/app/signers.hpp"
#include "s3proxy/net/tls_context.hpp"
#include "s3proxy/upstream/tls_context.hpp"

#include <memory>
#include <optional>
#include <variant>

namespace s3proxy::app {

/// What stands written in AWS's usual places, or how the keys of these are handed out.
struct usual_places {
  credential_source written;
  std::optional<credential_plan> handed_out{};
};

/// Everything that start-up resolved from what the operator said and what the machine is.
struct resolved {
  run_request request;
  usual_places usual;
  signers signing;
  std::shared_ptr<net::tls_context> tls;             ///< towards clients; null: plain HTTP
  std::shared_ptr<upstream::tls_context> store_tls;  ///< null: the store speaks plain HTTP
  std::shared_ptr<upstream::tls_context> sts_tls;    ///< null: tokens are not exchanged, or over plain HTTP
  resolved_region region;
  memory_budget memory;
  unsigned threads = 1;
};

/// Where tokens are exchanged.
endpoint_url const& sts_of(options const& chosen);

/// Opens the usual places of credentials, or none of them where no principal looks there: a broken file that
/// nobody needs stops nobody.
parsed<usual_places> open_usual_places(declarations const& declared, environment const& lookup,
                                       file_reader const& read, file_stamper const& stamp);

/// Looks for the signers of `declared` in `usual` and elsewhere. Asks those who hand out keys: blocks, within
/// upstream::credential_limits; those of `before` (null: none) that are made from the same are taken over.
/// `exit_code` becomes 1 where somebody does not answer.
parsed<signers> obtain_signers(declarations const& declared, usual_places const& usual,
                               environment const& lookup, file_reader const& read, signers const* before,
                               int& exit_code);

/// Looks up what the settings name: certificates, credentials, the region, the machine's memory. Gives all
/// that is wrong; nothing has been started then.
std::variant<resolved, usage_error> resolve(run_request request, environment const& lookup,
                                            file_reader const& read, file_stamper const& stamp);

/// What `s3proxy config --effective` prints beside the settings.
effective_facts facts_of(resolved const& with);

}  // namespace s3proxy::app
