#include "s3proxy/base/error.hpp"

#include <array>
#include <string>

namespace s3proxy::base {
namespace {

using enum errc;
using enum fault;
using enum retry_kind;

// Codes and texts are S3's own where S3 has them:
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
constexpr auto table = std::to_array<error_row>({
    {malformed_request, client, never, 400, "BadRequest", "The request is not well-formed HTTP/1.1."},
    {header_too_large, client, never, 400, "RequestHeaderSectionTooLarge",
     "Your request header section exceeds the maximum allowed size."},
    {invalid_uri, client, never, 400, "InvalidURI", "Couldn't parse the specified URI."},
    {method_not_allowed, client, never, 405, "MethodNotAllowed",
     "The specified method is not allowed against this resource."},
    {version_not_supported, client, never, 505, "HttpVersionNotSupported",
     "The HTTP version specified is not supported. Use HTTP/1.1."},
    {missing_content_length, client, never, 411, "MissingContentLength",
     "You must provide the Content-Length HTTP header."},
    {incomplete_body, client, never, 400, "IncompleteBody",
     "You did not provide the number of bytes specified by the Content-Length HTTP header."},
    {request_timeout, client, never, 400, "RequestTimeout",
     "Your socket connection to the server was not read from or written to within the timeout period."},
    {access_denied, client, never, 403, "AccessDenied", "Access Denied"},
    {headers_not_signed, client, never, 403, "AccessDenied",
     "There were headers present in the request which were not signed"},
    {missing_date, client, never, 403, "AccessDenied",
     "AWS authentication requires a valid Date or x-amz-date header"},
    {invalid_access_key_id, client, never, 403, "InvalidAccessKeyId",
     "The AWS Access Key Id you provided does not exist in our records."},
    {signature_does_not_match, client, never, 403, "SignatureDoesNotMatch",
     "The request signature we calculated does not match the signature you provided. Check your key and "
     "signing "
     "method."},
    {request_time_too_skewed, client, never, 403, "RequestTimeTooSkewed",
     "The difference between the request time and the current time is too large."},
    {authorization_malformed, client, never, 400, "AuthorizationHeaderMalformed",
     "The authorization header is malformed."},
    {presigned_malformed, client, never, 400, "AuthorizationQueryParametersError",
     "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
     "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters, spelled so and well-formed."},
    {invalid_expires, client, never, 400, "AuthorizationQueryParametersError",
     "X-Amz-Expires must be a number of seconds from 1 to 604800 (a week)."},
    {request_expired, client, never, 403, "AccessDenied", "Request has expired"},
    {request_not_yet_valid, client, never, 403, "AccessDenied", "Request is not yet valid"},
    {invalid_authorization, client, never, 400, "InvalidArgument", "Unsupported Authorization Type"},
    {unsupported_signature, client, never, 400, "InvalidRequest",
     "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256: sign with "
     "Signature Version 4 (in boto3, presigned URLs need Config(signature_version='s3v4'))."},
    {unsupported_sigv4a, client, never, 501, "NotImplemented",
     "Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not implemented. Sign for one region with "
     "AWS4-HMAC-SHA256."},
    {missing_content_sha256, client, never, 400, "InvalidRequest",
     "Missing required header for this request: x-amz-content-sha256"},
    {invalid_content_sha256, client, never, 400, "InvalidArgument",
     "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 "
     "value."},
    {content_sha256_mismatch, client, never, 400, "XAmzContentSHA256Mismatch",
     "The provided 'x-amz-content-sha256' header does not match what was computed."},
    {streaming_misplaced, client, never, 400, "InvalidRequest",
     "A body in aws-chunked form (a STREAMING- value of x-amz-content-sha256, Content-Encoding: aws-chunked) "
     "is for PutObject and UploadPart only."},
    {hashed_chunks, client, never, 400, "InvalidRequest",
     "A body in aws-chunked form needs an x-amz-content-sha256 that is UNSIGNED-PAYLOAD or begins with "
     "STREAMING-, not the hash of a body."},
    {missing_decoded_length, client, never, 411, "MissingContentLength",
     "You must provide the x-amz-decoded-content-length HTTP header."},
    {invalid_decoded_length, client, never, 400, "InvalidArgument",
     "x-amz-decoded-content-length must be a number of bytes in decimal digits."},
    {upload_too_large, client, never, 400, "EntityTooLarge",
     "Your proposed upload exceeds the maximum allowed size of 5 GiB. Use a multipart upload."},
    {invalid_trailer_name, client, never, 400, "InvalidRequest",
     "x-amz-trailer must name one x-amz-checksum- field, together with an x-amz-content-sha256 that ends in "
     "-TRAILER, and must not come without one."},
    {invalid_chunk_size, client, never, 400, "InvalidChunkSizeError",
     "Only the last chunk is allowed to have a size less than 8192 bytes, and none more than 16 MiB."},
    {malformed_trailer, client, never, 400, "MalformedTrailerError",
     "The request contained trailing data that was not well-formed or did not conform to our published "
     "schema."},
    {bad_digest, client, never, 400, "BadDigest",
     "The checksum you specified in the trailer did not match what we computed."},
    {malformed_xml, client, never, 400, "MalformedXML",
     "The XML you provided was not well-formed or did not validate against our published schema"},
    {invalid_token, client, never, 403, "InvalidToken",
     "The provided token is malformed or otherwise invalid."},
    {token_refused, client, never, 403, "AccessDenied",
     "This token gives no access: the STS or the store does not accept it. Get a new one."},
    {token_expired, client, never, 403, "ExpiredToken", "The provided token has expired."},
    {express_session, client, never, 501, "NotImplemented",
     "CreateSession is not offered. Use regular buckets' SigV4: disable S3 Express session authentication in "
     "your client (AWS_S3_DISABLE_EXPRESS_SESSION_AUTH=true, disable_s3_express_session_auth)."},
    {post_policy_form, client, never, 501, "NotImplemented",
     "Browser forms with a POST policy are not offered. Upload with a signed or presigned PUT instead."},
    {denied_by_rules, client, never, 403, "AccessDenied",
     "Access Denied: no allow rule of this access key covers the request."},
    {invalid_copy_source, client, never, 400, "InvalidArgument",
     "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"},
    {invalid_bucket_name, client, never, 400, "InvalidBucketName", "The specified bucket is not valid."},
    {key_too_long, client, never, 400, "KeyTooLongError", "Your key is too long"},
    {cors_forbidden, client, never, 403, "AccessForbidden",
     "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
     "request "
     "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
     "resource's CORS spec."},
    {foreign_page, client, never, 403, "AccessDenied",
     "Requests of web pages are refused while unsigned clients are signed for (--allow-anonymous)."},
    {client_gone, client, never, 0, "ClientGone", "The client closed the connection."},

    {origin_unresolved, origin, before_write, 502, "BadGateway",
     "s3proxy could not resolve the name of the store. Check --endpoint and the name server."},
    {origin_refused, origin, before_write, 503, "ServiceUnavailable",
     "The store refused s3proxy's connection. Check that it runs and that --endpoint names its port."},
    {origin_connect_timeout, origin, before_write, 504, "GatewayTimeout",
     "s3proxy could not connect to the store in time. Check the network between them."},
    {origin_tls_failed, origin, before_write, 502, "BadGateway",
     "s3proxy could not set up TLS with the store. Check its certificate and the CA bundle on s3proxy's "
     "host."},
    {origin_first_byte_timeout, origin, never, 504, "GatewayTimeout",
     "The store did not answer s3proxy in time. Try again, or check the store."},
    {origin_reset, origin, read, 502, "BadGateway",
     "The store closed s3proxy's connection before it answered. Try again, or check the store."},
    {origin_bad_response, origin, never, 502, "BadGateway",
     "The store's answer is not one that s3proxy can use. The log of s3proxy has the details."},
    {origin_short_body, origin, read, 502, "BadGateway",
     "The store's answer ended before its Content-Length."},
    {origin_stalled, origin, read, 504, "GatewayTimeout", "The store stopped in the middle of its answer."},
    {origin_busy, origin, before_write, 503, "SlowDown",
     "All of s3proxy's connections to the store are in use. Reduce your request rate."},
    {origin_rejected_credentials, origin, never, 502, "BadGateway",
     "The store does not accept s3proxy's own credentials. The log of s3proxy has the details."},
    {wrong_region, origin, never, 502, "BadGateway",
     "The bucket lives in another region of the store. Start s3proxy with the --region of the bucket."},
    {credentials_expired, origin, never, 503, "ServiceUnavailable",
     "s3proxy's own credentials for the store have expired, and it could not get new ones. Try again; the "
     "log of "
     "s3proxy has the details."},
    {outcome_unknown, origin, never, 502, "BadGateway",
     "The connection to the store was lost while it worked on this request: it may or may not have been "
     "carried out."},
    {sts_unavailable, origin, never, 503, "ServiceUnavailable",
     "s3proxy could not reach the STS that exchanges tokens. Try again, or check --sts-endpoint."},
    {sts_timeout, origin, never, 504, "GatewayTimeout",
     "The STS that exchanges tokens did not answer s3proxy in time. Try again, or check --sts-endpoint."},
    {sts_bad_answer, origin, never, 502, "BadGateway",
     "What answered s3proxy's exchange of this token is not an STS. Check --sts-endpoint."},
    {too_many_tokens, origin, never, 503, "SlowDown",
     "s3proxy is exchanging as many tokens as it may at a time. Reduce your request rate."},
    {version_changed, origin, read, 503, "ServiceUnavailable",
     "The object is being overwritten faster than it can be read. Try again."},

    {internal_error, internal, never, 500, "InternalError",
     "We encountered an internal error. Please try again. The log of s3proxy has the details."},
});

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].code) != i + 1) {
      return false;
    }
  }
  return true;
}
static_assert(in_enum_order(), "one row for every errc, in the order of the enum");
static_assert(static_cast<std::size_t>(internal_error) == table.size());

class category final : public boost::system::error_category {
 public:
  char const* name() const noexcept override { return "s3proxy"; }
  std::string message(int value) const override {
    return std::string(describe(static_cast<errc>(value)).sentence);
  }
};

}  // namespace

error_row const& describe(errc code) {
  auto const index = static_cast<std::size_t>(code) - 1;
  return index < table.size() ? table[index] : table[static_cast<std::size_t>(internal_error) - 1];
}

std::span<error_row const> error_table() {
  return table;
}

boost::system::error_category const& error_category() {
  static category const instance;
  return instance;
}

boost::system::error_code make_error_code(errc code) {
  return {static_cast<int>(code), error_category()};
}

errc to_errc(boost::system::error_code const& error) {
  return error.category() == error_category() ? static_cast<errc>(error.value()) : errc::internal_error;
}

}  // namespace s3proxy::base
