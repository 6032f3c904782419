#include "s3proxy/s3/bucket_region.hpp"

#include "s3proxy/s3/xml.hpp"

#include <algorithm>

namespace s3proxy::s3 {

std::string told_region(unsigned status, http::header_list const& fields, std::string_view body) {
  if (!may_tell_region(status)) {
    return {};
  }
  auto const document = parse_error_document(body);
  if (status == 400 && !body.empty() && (!document || document->code != "AuthorizationHeaderMalformed")) {
    return {};
  }
  auto const field = fields.find("x-amz-bucket-region");
  return field ? std::string(*field) : document ? document->region : std::string();
}

bool is_region_name(std::string_view text) {
  auto const fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, fits);
}

}  // namespace s3proxy::s3
