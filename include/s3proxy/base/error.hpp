#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <span>
#include <string_view>

namespace s3proxy::base {

/// Everything that can go wrong, in the order of whose fault it is. Each has a row in the table of error.cpp
/// and is provoked by a test.
enum class errc {
  // The client's: what it sent cannot be answered.
  malformed_request = 1,     ///< the framing guard refused the head
  header_too_large,          ///< the head is beyond limits::head_bytes or limits::header_fields
  invalid_uri,               ///< the target is not origin-form, or does not decode
  method_not_allowed,        ///< an unknown method
  version_not_supported,     ///< neither HTTP/1.0 nor HTTP/1.1
  missing_content_length,    ///< a body without a length
  incomplete_body,           ///< the client's body ended early
  request_timeout,           ///< the client did not send its head or body in time
  access_denied,             ///< unsigned where a signature is needed
  headers_not_signed,        ///< an `x-amz-*` header, or `host`, is outside the signature
  missing_date,              ///< no usable `x-amz-date` or `Date`
  invalid_access_key_id,     ///< nobody here has this key
  signature_does_not_match,  ///< the signature is not the one we compute
  request_time_too_skewed,   ///< more than 15 minutes from our clock
  authorization_malformed,   ///< the `Authorization` header does not parse or its scope is not ours
  presigned_malformed,       ///< a parameter of a presigned URL is missing or does not parse
  invalid_expires,           ///< `X-Amz-Expires` is no number of seconds up to a week
  request_expired,           ///< a presigned URL beyond its `X-Amz-Expires`
  request_not_yet_valid,     ///< a presigned URL dated more than 15 minutes ahead of our clock
  invalid_authorization,     ///< an authorization type that is not known, or several at once
  unsupported_signature,     ///< Signature Version 2: use AWS4-HMAC-SHA256
  unsupported_sigv4a,        ///< AWS4-ECDSA-P256-SHA256, in any of its places
  missing_content_sha256,    ///< no `x-amz-content-sha256`
  invalid_content_sha256,    ///< an `x-amz-content-sha256` that is no hash and no known word
  content_sha256_mismatch,   ///< the body is not the one that was signed
  streaming_misplaced,       ///< a body in signed or trailed chunks where S3 takes none
  hashed_chunks,             ///< a hash for a body that comes in chunks of its own
  missing_decoded_length,    ///< an aws-chunked body without `x-amz-decoded-content-length`
  invalid_decoded_length,    ///< an `x-amz-decoded-content-length` that is no number
  upload_too_large,          ///< more than 5 GiB in one request
  invalid_trailer_name,      ///< `x-amz-trailer` is missing, unwanted, or names no single checksum
  invalid_chunk_size,        ///< a signed chunk beyond what S3 allows: too small before the last, or too big
  malformed_trailer,         ///< the trailer of an aws-chunked body is not the announced one
  bad_digest,                ///< the checksum in the trailer is not that of the body
  malformed_xml,             ///< a document that is too long, or cannot be read for certain
  invalid_token,             ///< the session token is missing or not ours
  token_refused,             ///< a bearer's token that the STS, or the store behind it, does not accept
  token_expired,             ///< a bearer's token whose time is over
  express_session,           ///< CreateSession: it would hand out our own rights
  post_policy_form,          ///< a browser form: nobody here verifies its policy
  denied_by_rules,           ///< no `allow` rule of the identity covers the request
  invalid_copy_source,       ///< under rules: an `x-amz-copy-source` that names no object
  invalid_bucket_name,       ///< the path's first segment cannot be a bucket
  key_too_long,              ///< more than 1,024 bytes
  cors_forbidden,            ///< a preflight of a page that may not use us
  foreign_page,              ///< a web page of another origin asked an anonymous proxy
  client_gone,               ///< the client closed; there is nobody to answer

  // The origin's: the store could not be asked, or answered badly.
  origin_unresolved,            ///< its name has no address
  origin_refused,               ///< nothing listens there
  origin_connect_timeout,       ///< no connection within limits::connect
  origin_tls_failed,            ///< handshake or certificate
  origin_first_byte_timeout,    ///< connected, asked, not answered
  origin_reset,                 ///< the connection ended before an answer
  origin_bad_response,          ///< an answer that is not HTTP, or not one we can use
  origin_short_body,            ///< the answer ended before its length
  origin_stalled,               ///< the answer stopped coming
  origin_busy,                  ///< no free connection in time
  origin_rejected_credentials,  ///< the store does not accept *our* signature
  wrong_region,                 ///< the bucket lives in a region that we do not ask
  credentials_expired,          ///< ours have, and no new ones could be had
  outcome_unknown,              ///< a write was sent and its answer was lost
  sts_unavailable,              ///< the STS that exchanges tokens cannot be asked now
  sts_timeout,                  ///< it did not answer in time
  sts_bad_answer,               ///< it answered what no STS answers
  too_many_tokens,              ///< too many exchanges are under way
  version_changed,              ///< the object is no longer the version that was asked for

  // Ours.
  internal_error,  ///< a defect; the log has the details
};

enum class fault { client, origin, internal };

/// What a caller may do with a failed origin request.
enum class retry_kind {
  never,         ///< asking again gives the same answer
  read,          ///< a GET or HEAD may be asked again before its first byte reached the client
  before_write,  ///< anything may be asked again: no byte of the request was written
};

/// One row of the one table: how an errc is told to a client and treated by us.
struct error_row {
  errc code;
  fault whose;
  retry_kind retry;
  unsigned status;            ///< HTTP status; 0 when there is nobody to tell
  std::string_view s3_code;   ///< `<Code>` of the S3 error document
  std::string_view sentence;  ///< `<Message>`: S3's own text where it has one, else ours with a hint
};

/// The row of `code`. Constant time.
error_row const& describe(errc code);
/// All rows, in enum order (the documentation and the tests read them).
std::span<error_row const> error_table();

boost::system::error_category const& error_category();
boost::system::error_code make_error_code(errc code);

template <class T>
using result = boost::system::result<T>;

/// The errc inside an error_code; any foreign code is errc::internal_error.
errc to_errc(boost::system::error_code const& error);

}  // namespace s3proxy::base

template <>
struct boost::system::is_error_code_enum<s3proxy::base::errc> : std::true_type {};
