#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/http/cors.hpp"
#include "s3proxy/proxy/exchange.hpp"

#include <span>
#include <string>

namespace s3proxy::proxy {

/// Verifies the request and names it: who asks (identity and principal), for what (address, query,
/// operation). The only way to a handler; a bearer (exchange::bearer) still needs a pair that signs for it.
/// Errors: those of s3::verify, s3::parse_address, http::query_list::parse, s3::permit; foreign_page.
base::result<void> authorize(exchange& ex);

/// True when a request that we would sign for although it is unsigned may come from a web page: a page in the
/// user's browser reaches loopback too, by its own name (Origin, Sec-Fetch-Site) or by a rebound one (Host).
/// `domains`: those that name buckets here. A page of an allowed origin is not foreign.
bool may_be_foreign_page(http::field_list const& fields, std::span<std::string const> domains,
                         http::allowed_origins allowed = {});

}  // namespace s3proxy::proxy
