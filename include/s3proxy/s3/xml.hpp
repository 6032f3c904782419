#pragma once

#include "s3proxy/s3/credentials.hpp"

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

/// Reads the answer of an STS to AssumeRole, AssumeRoleWithWebIdentity and their kin, at most 64 KiB: the
/// `<Credentials>` of its `<...Result>`, in whatever namespace. Nothing when the bytes are no such answer,
/// when a key or the secret is missing, when they hold characters no key has, or when the expiry is no time.
/// Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
std::optional<issued_credentials> parse_sts_credentials(std::string_view bytes);

/// Reads the `<ErrorResponse>` of an STS (or a bare `<Error>`, as some write); nothing when the bytes are
/// none.
std::optional<store_error> parse_sts_error(std::string_view bytes);

/// True for codes with which a store refuses *our* signature, key or token, and which no client should see.
bool blames_our_credentials(std::string_view code);

}  // namespace s3proxy::s3
