#include "s3proxy/upstream/credential_document.hpp"

#include <boost/json/src.hpp>

#include <initializer_list>
#include <utility>

namespace s3proxy::upstream {
namespace {

namespace json = boost::json;

constexpr std::size_t largest_document = 64 * 1024;

std::optional<json::object> parse_object(std::string_view bytes) {
  if (bytes.size() > largest_document) {
    return std::nullopt;
  }
  boost::system::error_code failed;
  auto value = json::parse({bytes.data(), bytes.size()}, failed);
  if (failed || !value.is_object()) {
    return std::nullopt;
  }
  return std::move(value.get_object());
}

/// The text under the first of these names that has one.
std::string text_of(json::object const& from, std::initializer_list<json::string_view> names) {
  for (auto const name : names) {
    auto const* const found = from.if_contains(name);
    if (found != nullptr && found->is_string()) {
      return std::string(found->get_string());
    }
  }
  return {};
}

read_document read_keys(json::object const& from, json::string_view token_name) {
  auto key = text_of(from, {"AccessKeyId"});
  auto secret = text_of(from, {"SecretAccessKey"});
  if (key.empty() || secret.empty()) {
    return std::string(key.empty() ? "has no AccessKeyId" : "has no SecretAccessKey");
  }
  s3::issued_credentials out{{base::access_key_id(std::move(key)), base::secret(std::move(secret)),
                              base::secret(text_of(from, {token_name}))}};
  if (!s3::is_usable(out.pair)) {
    return std::string("holds a key with characters that no key has");
  }
  auto const expiry = from.if_contains("Expiration");
  if (expiry != nullptr && !expiry->is_null()) {
    out.expires =
        expiry->is_string() ? http::parse_iso_date(std::string(expiry->get_string())) : std::nullopt;
    if (!out.expires) {
      return std::string("has an Expiration that is no time");
    }
  }
  return out;
}

}  // namespace

read_document read_agent_document(std::string_view bytes) {
  auto const document = parse_object(bytes);
  if (!document) {
    return std::string("is no JSON object");
  }
  auto const code = text_of(*document, {"Code"});
  if (!code.empty() && code != "Success") {
    return std::string("does not say Success");
  }
  return read_keys(*document, "Token");
}

read_document read_program_document(std::string_view bytes) {
  auto const document = parse_object(bytes);
  if (!document) {
    return std::string("is no JSON object");
  }
  auto const* const version = document->if_contains("Version");
  if (version == nullptr || !version->is_int64() || version->get_int64() != 1) {
    return std::string("does not say \"Version\": 1");
  }
  return read_keys(*document, "SessionToken");
}

agent_error read_agent_error(std::string_view bytes) {
  auto const document = parse_object(bytes);
  if (!document) {
    return {};
  }
  return {text_of(*document, {"code", "Code"}), text_of(*document, {"message", "Message"})};
}

}  // namespace s3proxy::upstream
