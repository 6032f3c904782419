#include "s3proxy/s3/document_scanner.hpp"

#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/target.hpp"

#include <array>
#include <utility>

namespace s3proxy::s3 {
namespace {

struct entry_kind {
  std::string_view path;
  list_scanner::currency is_current;
};
constexpr std::array entry_kinds{entry_kind{"ListBucketResult/Contents", list_scanner::currency::always},
                                 entry_kind{"ListVersionsResult/Version", list_scanner::currency::if_latest}};

/// S3 quotes the tag, some stores do not.
base::etag quoted(std::string_view text) {
  bool const is_quoted = text.starts_with("W/\"") || (text.starts_with('"') && text.ends_with('"'));
  return base::etag{is_quoted ? std::string(text) : '"' + std::string(text) + '"'};
}

std::optional<std::string> decoded(std::string const& key) {
  auto text = http::percent_decode(key, http::plus::is_space);
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

}  // namespace

list_scanner::list_scanner(on_object handler)
    : handler_(std::move(handler)),
      xml_([this](std::string_view path, std::string_view text, bool truncated) {
        element(path, text, truncated);
      }) {}

void list_scanner::element(std::string_view path, std::string_view text, bool truncated) {
  if (path == "ListBucketResult/EncodingType" || path == "ListVersionsResult/EncodingType") {
    url_encoded_ = text == "url";
    url_expected_ = false;  // now it is known
    return;
  }
  for (auto const& kind : entry_kinds) {
    if (path == kind.path) {
      return finish_entry(kind.is_current);
    }
    if (path.starts_with(kind.path)) {
      return read_part(path.substr(kind.path.size()), text, truncated);
    }
  }
}

void list_scanner::read_part(std::string_view name, std::string_view text, bool truncated) {
  if (name == "/StorageClass") {
    bool const doubtful = truncated || class_.has_value();
    class_ = doubtful ? storage_class::other : storage_class_named(text);
    return;
  }
  auto* const slot = name == "/Key"            ? &key_
                     : name == "/ETag"         ? &tag_
                     : name == "/Size"         ? &size_
                     : name == "/LastModified" ? &modified_
                     : name == "/IsLatest"     ? &latest_
                                               : nullptr;
  if (slot != nullptr) {
    spoiled_ = spoiled_ || truncated || slot->has_value();
    *slot = text;
  }
}

void list_scanner::finish_entry(currency is) {
  auto const key = std::exchange(key_, std::nullopt);
  auto const tag = std::exchange(tag_, std::nullopt);
  auto const size_text = std::exchange(size_, std::nullopt);
  auto const modified = std::exchange(modified_, std::nullopt);
  auto const latest = std::exchange(latest_, std::nullopt);
  auto const kept_in = std::exchange(class_, std::nullopt).value_or(storage_class::standard);
  bool const spoiled = std::exchange(spoiled_, false);
  if (is == currency::if_latest && latest != "true") {
    return;
  }
  auto const size = http::parse_decimal(size_text.value_or(""));
  if (spoiled || key.value_or("").empty() || tag.value_or("").empty() || !size) {
    return;
  }
  listed_object object{.key = base::object_key{*key},
                       .tag = quoted(*tag),
                       .size = *size,
                       .last_modified = http::parse_iso_date(modified.value_or("")),
                       .storage_class = kept_in};
  auto const plain = url_encoded_ || url_expected_ ? decoded(*key) : std::nullopt;
  if (url_encoded_ && plain) {
    object.key = base::object_key{*plain};
    return handler_(object);
  }
  handler_(object);
  if (plain && *plain != *key) {
    object.key = base::object_key{*plain};
    handler_(object);
  }
}

delete_scanner::delete_scanner(on_key handler)
    : xml_([handler = std::move(handler)](std::string_view path, std::string_view text, bool truncated) {
        if (path.ends_with("/Object/Key")) {
          handler(text, truncated);
        }
      }) {}

}  // namespace s3proxy::s3
