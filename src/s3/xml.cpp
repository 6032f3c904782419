#include "s3proxy/s3/xml.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace s3proxy::s3 {
namespace {

constexpr std::size_t largest_document = 64 * 1024;

std::string_view local_name(pugi::xml_node node) {
  std::string_view name = node.name();
  auto const colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

std::string text_of(pugi::xml_node parent, std::string_view name) {
  std::string text;
  for (auto const child : parent.children()) {
    if (child.type() != pugi::node_element || local_name(child) != name) {
      continue;
    }
    for (auto const part : child.children()) {
      if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) {
        text += part.value();
      }
    }
    break;
  }
  return text;
}

}  // namespace

std::optional<store_error> parse_error_document(std::string_view bytes) {
  if (bytes.size() > largest_document) {
    return std::nullopt;
  }
  pugi::xml_document document;
  // The encoding is told, not guessed: a document that claims another one than UTF-8 is no S3 answer.
  auto const parsed =
      document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_utf8);
  auto const root = document.document_element();
  if (!parsed || local_name(root) != "Error") {
    return std::nullopt;
  }
  return store_error{text_of(root, "Code"), text_of(root, "Message"), text_of(root, "Region")};
}

bool blames_our_credentials(std::string_view code) {
  static constexpr std::array<std::string_view, 14> codes{"SignatureDoesNotMatch",
                                                          "InvalidAccessKeyId",
                                                          "InvalidToken",
                                                          "ExpiredToken",
                                                          "TokenRefreshRequired",
                                                          "RequestTimeTooSkewed",
                                                          "InvalidSecurity",
                                                          "NotSignedUp",
                                                          "AuthorizationHeaderMalformed",
                                                          "MissingSecurityHeader",
                                                          "InvalidClientTokenId",
                                                          "MissingAuthenticationToken",
                                                          "UnrecognizedClientException",
                                                          "XAdminUserNotFound"};  // versitygw: no such key
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace s3proxy::s3
