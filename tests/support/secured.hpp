#pragma once

#include "support/certificate.hpp"
#include "support/world.hpp"

#include <functional>
#include <memory>
#include <utility>
#include <variant>

namespace s3proxy::test {

/// A proxy's certificate in files of the test's, and what its clients need to know of it.
struct secured {
  authority issuer{authority::trust::no};
  shelf files;
  std::shared_ptr<net::tls_context> context;

  explicit secured(authority::wish const& what = {}) {
    files.put(issuer.pair(what));
    auto made = net::tls_context::make({"certificate.pem", "key.pem"}, files.reader());
    context = std::get<std::shared_ptr<net::tls_context>>(made);
  }
  tls_wish trusting() const { return {.trusted = issuer.pem()}; }
  world::choices choices(std::function<void(proxy::limits&)> adjust = {}) const {
    return {.adjust = std::move(adjust), .towards_clients = context, .clients = trusting()};
  }
};

}  // namespace s3proxy::test
