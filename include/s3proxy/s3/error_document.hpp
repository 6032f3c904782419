#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::s3 {

/// The `<Error>` document that we answer with.
struct error_document {
  std::string_view code;
  std::string_view message;
  std::string_view resource;  ///< the request's path, decoded
  std::string_view request_id;
  /// More elements, in order, such as {"ActualObjectSize", "12"}.
  std::vector<std::pair<std::string, std::string>> details;
};

/// Renders the document, everything escaped; bytes that XML 1.0 cannot carry become U+FFFD.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
std::string render(error_document const& document);

/// Escapes text for an XML element.
std::string xml_escape(std::string_view text);

}  // namespace s3proxy::s3
