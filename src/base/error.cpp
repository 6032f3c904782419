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
    {invalid_authorization, client, never, 400, "InvalidArgument", "Unsupported Authorization Type"},
    {unsupported_signature, client, never, 400, "InvalidRequest",
     "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."},
    {missing_content_sha256, client, never, 400, "InvalidRequest",
     "Missing required header for this request: x-amz-content-sha256"},
    {invalid_content_sha256, client, never, 400, "InvalidArgument",
     "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 "
     "value."},
    {content_sha256_mismatch, client, never, 400, "XAmzContentSHA256Mismatch",
     "The provided 'x-amz-content-sha256' header does not match what was computed."},
    {invalid_token, client, never, 403, "InvalidToken",
     "The provided token is malformed or otherwise invalid."},
    {not_implemented, client, never, 501, "NotImplemented",
     "A header or query you provided implies functionality that is not implemented."},
    {invalid_bucket_name, client, never, 400, "InvalidBucketName", "The specified bucket is not valid."},
    {key_too_long, client, never, 400, "KeyTooLongError", "Your key is too long"},
    {invalid_range, client, never, 416, "InvalidRange", "The requested range is not satisfiable"},
    {precondition_failed, client, never, 412, "PreconditionFailed",
     "At least one of the pre-conditions you specified did not hold"},
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
    {credentials_expired, origin, never, 503, "ServiceUnavailable",
     "s3proxy's own credentials for the store have expired, and it could not get new ones. Try again; the "
     "log of "
     "s3proxy has the details."},
    {outcome_unknown, origin, never, 502, "BadGateway",
     "The connection to the store was lost while it worked on this request: it may or may not have been "
     "carried out."},
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
