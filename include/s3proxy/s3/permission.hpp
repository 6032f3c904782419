#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/http/header_list.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/address.hpp"
#include "s3proxy/s3/identity.hpp"
#include "s3proxy/s3/operation.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace s3proxy::s3 {

/// A named request, as far as permissions are concerned. Views: lives as long as what it was made of.
struct named_request {
  operation op;
  address const& where;
  http::query_list const& query;
  http::field_list const& fields;
};

/// Decides whether the `allow` rules of `who` let the request pass; one who is not limited by rules always
/// may. An operation that is not in the table may not; a listing needs a `prefix` that starts with a rule's;
/// what concerns a bucket as a whole needs a rule without a prefix; a copy needs `read` on its source as
/// well. The keys that DeleteObjects names in its body are not looked at: each is for s3::allows. Errors:
/// denied_by_rules; invalid_copy_source.
base::result<void> permit(identity const& who, named_request const& request);

/// The objects that the value of an `x-amz-copy-source` may name: `b/k` or `/b/k`, percent-encoded, with
/// `?versionId=` or without. Two when a `+` in it may be a space. Errors: invalid_copy_source (anything else:
/// an ARN, no key, another query). Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html (x-amz-copy-source).
base::result<std::vector<address>> parse_copy_source(std::string_view value);

}  // namespace s3proxy::s3
