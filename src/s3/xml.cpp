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

pugi::xml_node element(pugi::xml_node parent, std::string_view name) {
  return parent.find_child([name](pugi::xml_node child) {
    return child.type() == pugi::node_element && local_name(child) == name;
  });
}

/// The root element; empty when the bytes are no document. The encoding is told, not guessed: a document that
/// claims another one than UTF-8 is no answer of S3.
pugi::xml_node load(pugi::xml_document& document, std::string_view bytes) {
  if (bytes.size() > largest_document) {
    return {};
  }
  auto const parsed =
      document.load_buffer(bytes.data(), bytes.size(), pugi::parse_default, pugi::encoding_utf8);
  return parsed ? document.document_element() : pugi::xml_node{};
}

std::optional<store_error> error_in(pugi::xml_node node) {
  if (local_name(node) != "Error") {
    return std::nullopt;
  }
  return store_error{text_of(node, "Code"), text_of(node, "Message"), text_of(node, "Region")};
}

}  // namespace

std::optional<store_error> parse_error_document(std::string_view bytes) {
  pugi::xml_document document;
  return error_in(load(document, bytes));
}

std::optional<store_error> parse_sts_error(std::string_view bytes) {
  pugi::xml_document document;
  auto const root = load(document, bytes);
  return error_in(local_name(root) == "ErrorResponse" ? element(root, "Error") : root);
}

std::optional<issued_credentials> parse_sts_credentials(std::string_view bytes) {
  pugi::xml_document document;
  auto const root = load(document, bytes);
  auto const answered = root.find_child([](pugi::xml_node child) {
    return child.type() == pugi::node_element && local_name(child).ends_with("Result");
  });
  auto const found = element(answered, "Credentials");
  issued_credentials out{
      {base::access_key_id(text_of(found, "AccessKeyId")), base::secret(text_of(found, "SecretAccessKey")),
       base::secret(text_of(found, "SessionToken"))},
      http::parse_iso_date(text_of(found, "Expiration"))};
  bool const lasting = !element(found, "Expiration");
  return is_usable(out.pair) && (out.expires || lasting) ? std::optional(std::move(out)) : std::nullopt;
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
