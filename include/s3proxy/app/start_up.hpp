#pragma once

#include "s3proxy/app/credential_files.hpp"
#include "s3proxy/app/effective.hpp"
#include "s3proxy/app/environment.hpp"
#include "s3proxy/app/memory_budget.hpp"
#include "s3proxy/app/options.hpp"
#include "s3proxy/app/region.hpp"
#include "s3proxy/app/signers.hpp"
#include "s3proxy/net/tls_context.hpp"
#include "s3proxy/upstream/tls_context.hpp"

#include <memory>
#include <variant>

namespace s3proxy::app {

/// Everything that start-up resolved from what the operator said and what the machine is.
struct resolved {
  run_request request;
  credential_source credentials;  ///< of the usual places
  signers signing;
  std::shared_ptr<net::tls_context> tls;             ///< towards clients; null: plain HTTP
  std::shared_ptr<upstream::tls_context> store_tls;  ///< null: the store speaks plain HTTP
  resolved_region region;
  memory_budget memory;
  unsigned threads = 1;
};

/// Opens the usual places of credentials, or none of them where no principal looks there: a broken file that
/// nobody needs stops nobody.
parsed<credential_source> open_usual_places(declarations const& declared, environment const& lookup,
                                            file_reader const& read, file_stamper const& stamp);

/// Looks up what the settings name: certificates, credentials, the region, the machine's memory. Gives all
/// that is wrong; nothing has been started then.
std::variant<resolved, usage_error> resolve(run_request request, environment const& lookup,
                                            file_reader const& read, file_stamper const& stamp);

/// What `s3proxy config --effective` prints beside the settings.
effective_facts facts_of(resolved const& with);

}  // namespace s3proxy::app
