#pragma once

#include "s3proxy/cache/object.hpp"
#include "s3proxy/cache/plan.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/proxy/exchange.hpp"

#include <optional>
#include <string>

namespace s3proxy::proxy {

/// The request as the cache sees it, or nothing when it carries something that only the store understands:
/// several ranges, If-Range, a range or condition given twice, an `x-amz-*` field beyond the signature's own
/// and the checksum mode (SSE-C, requester pays, expected owner), `response-*` of an unsigned client.
std::optional<cache::read_request> read_request_of(exchange const& ex);

/// `?versionId=`, when the client names a version.
std::optional<base::version_id> asked_version(http::query_list const& query);

/// The object's stored header lines, with those that `response-*` parameters of the query override.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (request parameters).
std::string override_fields(http::query_list const& query, cache::object_headers const& headers);

/// Of the stored header lines those that a 304 has (RFC 9110 section 15.4.5), and S3's version id. The others
/// describe a body that does not come.
std::string not_modified_fields(cache::object_headers const& headers);

}  // namespace s3proxy::proxy
