#pragma once

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/base/error.hpp"
#include "s3proxy/base/named.hpp"
#include "s3proxy/http/date.hpp"
#include "s3proxy/http/header_list.hpp"
#include "s3proxy/http/request_head.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/credentials.hpp"
#include "s3proxy/s3/payload.hpp"

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace s3proxy::s3 {

// Source for the whole file:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html

/// `Credential=KEY/20130524/us-east-1/s3/aws4_request`
struct credential_scope {
  base::access_key_id key_id;
  std::string date;    ///< `yyyymmdd`
  std::string region;  ///< any well-formed one: we sign anew for the store's own
  std::string service;
};

struct authorization {
  credential_scope scope;
  std::string_view signed_headers_text;          ///< as received
  std::vector<std::string_view> signed_headers;  ///< lower-case, strictly ascending
  base::digest signature;
};

/// Reads the value of an `Authorization` field. Parts in any order, each exactly once, optional spaces behind
/// commas. Lifetime: views into `value`. Errors: authorization_malformed; unsupported_signature (`AWS
/// key:sig`); invalid_authorization (another scheme); unsupported_sigv4a (AWS4-ECDSA-P256-SHA256);
/// signature_does_not_match (a signature that is not 64 lower-case hex).
base::result<authorization> parse_authorization(std::string_view value);

/// A signature in the query, as a presigned URL carries it.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
struct presigned {
  authorization claim;
  std::string_view amz_date;
  http::wall_time at;
  std::chrono::seconds lifetime;
};

/// Reads the six parameters `X-Amz-Algorithm`, `-Credential`, `-Date`, `-Expires`, `-SignedHeaders` and
/// `-Signature`: spelled so, each exactly once. Whether it is valid now is not asked. Lifetime: views into
/// `query`. Errors: invalid_authorization (one of them twice); unsupported_sigv4a; presigned_malformed;
/// invalid_expires; request_expired (`X-Amz-Expires=0`); signature_does_not_match (as above).
base::result<presigned> parse_presigned(http::query_list const& query);

/// The parts of a request that the canonical form is made of. Views.
struct canonical_input {
  std::string_view method;
  std::string_view raw_path;
  std::string_view raw_query;
  http::field_list const& fields;
  std::vector<std::string_view> const& signed_headers;  ///< lower-case, ascending
  std::string_view signed_headers_text;
  std::string_view payload_hash;  ///< the literal value of x-amz-content-sha256; or UNSIGNED-PAYLOAD
};

/// Canonical path: decoded once, encoded again; no normalisation. A path that does not decode is taken as it
/// is.
std::string canonical_path(std::string_view raw_path);
/// Canonical query: split, decoded (`+` is a space), encoded, sorted by name, then value; `acl` becomes
/// `acl=`.
std::string canonical_query(std::string_view raw_query);
std::string canonical_request(canonical_input const& in);
std::string string_to_sign(std::string_view amz_date, credential_scope const& scope,
                           std::string_view canonical);
base::digest derive_signing_key(base::secret const& secret_key, std::string_view date,
                                std::string_view region, std::string_view service);

/// Signing keys by (secret, date, region, service): four HMACs saved per request. Bounded (the oldest goes);
/// not thread-safe: one a worker. Keys of a secret that is no longer used age out.
class signing_key_cache {
 public:
  /// The signing key; derived when it is not held. Lifetime: until the next call.
  base::digest const& get(base::secret const& secret_key, std::string_view date, std::string_view region,
                          std::string_view service);
  std::size_t derivations() const { return derivations_; }

 private:
  struct entry {
    std::string secret, date, region, service;
    base::digest key;
  };
  static constexpr std::size_t capacity = 16;
  std::vector<entry> entries_;
  std::size_t next_ = 0;
  std::size_t derivations_ = 0;
};

struct anonymous {
  friend bool operator==(anonymous, anonymous) = default;
};

/// A token in three dot-separated base64url parts, as somebody else's identity provider signs them: whoever
/// shows it is taken for its owner, and the signature beside it, if any, cannot be checked.
struct bearer_token {
  base::secret text;
};

/// Where the signature of a request was.
enum class signature_place { none, header, query };

/// The query as it means something to a store: the client's bytes without the session token and, where the
/// signature was in the query, without its parameters. Names are compared decoded and in any case.
std::string without_signature(std::string_view raw_query, signature_place signed_in);

/// Who sent a request. Handlers take this type and nothing else gives one: no handler runs unverified.
struct verified {
  std::variant<anonymous, base::access_key_id, bearer_token> identity;
  payload_mode payload;
  signature_place signature = signature_place::none;
};

/// What an unsigned request is worth here.
enum class unsigned_rule { refuse, accept };

/// Whether tokens are exchanged here (`--token-exchange`).
enum class bearer_rule { refuse, accept };

struct verify_context {
  /// The key pair of a client, by its access key id; null when nobody has it. Lifetime: of the call.
  std::function<credentials const*(std::string_view key_id)> find_key = {};
  unsigned_rule unsigned_requests = unsigned_rule::refuse;
  bearer_rule bearer_tokens = bearer_rule::refuse;
  http::wall_time now;
  signing_key_cache* keys = nullptr;  ///< not null
};

/// Verifies a framed request: classify (header, query, none; more than one is an error), parse, time, key,
/// canonical request, constant-time compare, session token, payload word. A payload that comes in chunks is
/// accepted on any PUT: that it is one of PutObject or UploadPart is for the caller to see.
/// A bearer's token (`verify_context::bearer_tokens`) counts where no known key is claimed; of the signature
/// beside it only the time is looked at, and chunk signatures have no seed.
/// Errors: access_denied, headers_not_signed, missing_date, invalid_access_key_id, signature_does_not_match,
/// request_time_too_skewed, authorization_malformed, presigned_malformed, invalid_expires, request_expired,
/// request_not_yet_valid, invalid_authorization (also two session tokens), unsupported_signature,
/// unsupported_sigv4a, missing_content_sha256, invalid_content_sha256, streaming_misplaced, hashed_chunks,
/// missing_decoded_length, invalid_decoded_length, upload_too_large, invalid_trailer_name, invalid_token,
/// invalid_uri.
base::result<verified> verify(http::request_head const& head, verify_context const& context);

/// Adds `x-amz-date`, `x-amz-content-sha256`, `x-amz-security-token` and `Authorization` to `headers` (which
/// must already hold `Host`), signing Host, every `x-amz-*`, `content-type`, `content-md5` and `range` field.
/// Takes the path and query in the very bytes that will be sent; `service` as the scope names it.
void sign(std::string_view method, std::string_view raw_path, std::string_view raw_query,
          http::header_list& headers, credentials const& with, std::string_view region,
          std::string_view payload_hash, http::wall_time now, signing_key_cache& keys,
          std::string_view service = "s3");

/// A request that is about to be signed in its query. Views; path and query in the bytes that will be sent.
struct request_to_presign {
  std::string_view method;
  std::string_view raw_path;
  std::string_view raw_query;  ///< without a signature
  std::string_view payload_word = "UNSIGNED-PAYLOAD";
  std::chrono::seconds lifetime;
};

/// The query to send: `raw_query` and, behind it, a signature that covers what sign() covers. Some headers
/// may come as parameters there (`x-amz-acl=...`), which a store expects with this form of signature only.
/// `headers` must hold `Host`; loses `Authorization`, `x-amz-date` and `x-amz-security-token`, and tells the
/// payload word unless that is UNSIGNED-PAYLOAD, which goes without saying here.
std::string presign(request_to_presign const& request, http::header_list& headers, credentials const& with,
                    std::string_view region, http::wall_time now, signing_key_cache& keys);

inline constexpr std::string_view unsigned_payload_word = "UNSIGNED-PAYLOAD";
/// SHA-256 of nothing.
inline constexpr std::string_view empty_payload_hash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
inline constexpr std::chrono::seconds allowed_skew{15 * 60};
/// Of a presigned URL: a week, S3's own.
inline constexpr std::chrono::seconds longest_presigned_lifetime{7 * 24 * 60 * 60};

}  // namespace s3proxy::s3
