#include "s3proxy/http/byte_range.hpp"

#include "sigv4_claims.hpp"

#include <algorithm>
#include <array>

namespace s3proxy::s3 {
namespace {

using base::errc;
using base::operator""_GiB;

/// Of one PUT or one part: S3's own bound.
constexpr base::byte_count largest_upload = 5_GiB;
constexpr std::string_view checksum_prefix = "x-amz-checksum-";

enum class trailer_rule { forbidden, allowed, required };

/// How a body comes in chunks of its own, as its payload word says.
struct chunk_form {
  std::string_view word;
  streaming_payload::chunks lines;
  trailer_rule trailer;
};

using enum streaming_payload::chunks;

constexpr std::array<chunk_form, 4> chunk_forms{{
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", with_signatures, trailer_rule::forbidden},
    {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", with_signatures, trailer_rule::required},
    {"STREAMING-UNSIGNED-PAYLOAD-TRAILER", without_signatures, trailer_rule::required},
    // The Java SDK's: the word says nothing of chunks, Content-Encoding or the decoded length does.
    {unsigned_payload_word, without_signatures, trailer_rule::allowed},
}};

base::result<base::byte_count> read_decoded_length(counted const& told) {
  if (told.times == 0) {
    return errc::missing_decoded_length;
  }
  auto const length = told.times == 1 ? http::parse_decimal(told.value) : std::nullopt;
  if (!length) {
    // More digits than any number we count in is still a number.
    auto const digits = !told.value.empty() && told.times == 1 &&
                        told.value.find_first_not_of("0123456789") == std::string_view::npos;
    return digits ? errc::upload_too_large : errc::invalid_decoded_length;
  }
  if (*length > largest_upload) {
    return errc::upload_too_large;
  }
  return *length;
}

bool is_checksum_name(std::string_view name) {
  return name.size() > checksum_prefix.size() && name.starts_with(checksum_prefix) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

base::result<std::string> read_trailer_name(counted const& told, trailer_rule rule) {
  if (told.times == 0 && rule != trailer_rule::required) {
    return std::string{};
  }
  auto name = http::to_lower(told.value);
  if (told.times != 1 || rule == trailer_rule::forbidden || !is_checksum_name(name)) {
    return errc::invalid_trailer_name;
  }
  return name;
}

base::result<payload_mode> read_chunked(http::request_head const& head, auth_fields const& fields,
                                        chunk_form const& form) {
  if (head.method != http::method::put) {
    return errc::streaming_misplaced;
  }
  auto const length = read_decoded_length(fields.decoded_length);
  if (!length) {
    return length.error();
  }
  auto trailer = read_trailer_name(fields.trailer, form.trailer);
  if (!trailer) {
    return trailer.error();
  }
  return payload_mode{streaming_payload{form.lines, std::nullopt, std::move(*trailer), *length}};
}

base::result<payload_mode> read_streaming_word(http::request_head const& head, auth_fields const& fields,
                                               std::string_view word) {
  if (word.starts_with("STREAMING-AWS4-ECDSA-")) {
    return errc::unsupported_sigv4a;
  }
  auto const* const form =
      std::ranges::find_if(chunk_forms, [word](chunk_form const& each) { return each.word == word; });
  if (form == chunk_forms.end()) {
    return errc::invalid_content_sha256;
  }
  return read_chunked(head, fields, *form);
}

}  // namespace

base::result<payload_mode> read_payload(http::request_head const& head, auth_fields const& fields,
                                        counted const& word) {
  if (word.times > 1) {
    return errc::invalid_content_sha256;
  }
  if (word.value.starts_with("STREAMING-")) {
    return read_streaming_word(head, fields, word.value);
  }
  auto const in_chunks = fields.aws_chunked || fields.decoded_length.times > 0;
  if (word.times == 0 || word.value == unsigned_payload_word) {
    if (in_chunks) {
      return read_chunked(head, fields, chunk_forms.back());
    }
    if (fields.trailer.times > 0) {
      return errc::invalid_trailer_name;
    }
    return payload_mode{unsigned_payload{}};
  }
  auto const hash = base::digest_from_hex(word.value);
  if (!hash) {
    return errc::invalid_content_sha256;
  }
  // Of which bytes the hash would be, with or without the chunk lines, no page of S3's says: to guess would
  // be to store a body that nobody checked.
  if (in_chunks) {
    return errc::hashed_chunks;
  }
  if (fields.trailer.times > 0) {
    return errc::invalid_trailer_name;
  }
  return payload_mode{hashed_payload{*hash}};
}

}  // namespace s3proxy::s3
