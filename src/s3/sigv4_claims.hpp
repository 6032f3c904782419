#pragma once

#include "s3proxy/s3/sigv4.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::s3 {

// What a request claims about itself before anything of it is believed: shared by the files of verification.

inline constexpr std::string_view security_token_parameter = "X-Amz-Security-Token";
inline constexpr std::string_view content_sha256_parameter = "X-Amz-Content-Sha256";

/// A field or parameter that must not come twice: its value, and how often it came.
struct counted {
  std::string_view value;
  std::size_t times = 0;

  void note(std::string_view text) {
    value = times == 0 ? text : value;
    ++times;
  }
};

/// The fields that verification reads, found in one pass.
struct auth_fields {
  counted authorization, amz_date, date, content_sha256, security_token, decoded_length, trailer;
  bool aws_chunked = false;  ///< a Content-Encoding lists it
};
auth_fields read_auth_fields(http::field_list const& fields);

/// The parameters that verification reads, found in one pass. Views into the list.
struct auth_parameters {
  /// How often the query carries a signature of its own: presigned Version 4 (4A too), or Version 2.
  std::size_t v4 = 0;
  std::size_t v2 = 0;
  counted security_token, content_sha256;
};
auth_parameters read_auth_parameters(http::query_list const& query);

/// The session token of a request, from wherever it is told; nothing without one, nor where it is empty.
/// Errors: invalid_authorization (told twice in one place, or two different ones).
base::result<std::string_view> session_token(auth_fields const& fields, auth_parameters const& in_query);

/// True for three non-empty base64url texts joined by dots (RFC 7515 section 3.1), of bearable length.
bool is_bearer_token(std::string_view text);
/// The token of `Authorization: Bearer ...`; nothing for another scheme.
std::optional<std::string_view> bearer_scheme_token(std::string_view authorization);

/// What the head says of its body. `word`: x-amz-content-sha256, from a field or a parameter; empty means
/// that there is none (where none is needed). A streaming payload comes without its seed. Errors:
/// invalid_content_sha256, unsupported_sigv4a, streaming_misplaced, hashed_chunks, missing_decoded_length,
/// invalid_decoded_length, upload_too_large, invalid_trailer_name.
base::result<payload_mode> read_payload(http::request_head const& head, auth_fields const& fields,
                                        counted const& word);

/// Says of a parameter, by its decoded name, whether it goes.
using drop_rule = std::function<bool(std::string_view name)>;
/// The query without what `drops` names. What stays keeps its bytes and its order.
std::string drop_parameters(std::string_view raw_query, drop_rule const& drops);

}  // namespace s3proxy::s3
