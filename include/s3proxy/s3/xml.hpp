#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::s3 {

/// An `<Error>` document of the store, as far as we read it.
struct store_error {
  std::string code;
  std::string message;
  std::string region;  ///< `<Region>` or empty: the store says where the bucket lives
};

/// Reads an `<Error>` document of at most 64 KiB; nothing when the bytes are not one. No entity is expanded
/// but XML's own five and character references.
std::optional<store_error> parse_error_document(std::string_view bytes);

/// True for codes with which a store refuses *our* signature, key or token, and which no client should see.
bool blames_our_credentials(std::string_view code);

}  // namespace s3proxy::s3
