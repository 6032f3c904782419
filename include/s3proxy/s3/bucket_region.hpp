#pragma once

#include "s3proxy/http/header_list.hpp"

#include <string>
#include <string_view>

namespace s3proxy::s3 {

/// True for the statuses with which a store says that the bucket lives in another region: 301
/// (PermanentRedirect), 307 (Redirect, TemporaryRedirect) and 400 (AuthorizationHeaderMalformed).
constexpr bool may_tell_region(unsigned status) {
  return status == 301 || status == 307 || status == 400;
}

/// The region that such an answer names: `x-amz-bucket-region`, else `<Region>` of the error document. Empty
/// when it names none, or when a 400 has another reason. The text is the store's own, unchecked.
/// Takes: the body, or as much of it as is there; empty for a HEAD, whose fields alone are believed.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html
std::string told_region(unsigned status, http::header_list const& fields, std::string_view body);

/// True for a text that can be shown to people as a region: any store's (`eu-west-1`, `fsn1`, `garage`).
bool is_region_name(std::string_view text);

}  // namespace s3proxy::s3
