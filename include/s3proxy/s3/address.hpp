#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/named.hpp"

#include <span>
#include <string>
#include <string_view>

namespace s3proxy::s3 {

/// What a path names: the service (no bucket), a bucket (no key), or an object.
struct address {
  base::bucket_name bucket;
  base::object_key key;  ///< decoded, never normalised: `a//b`, `../x` and `a/` are keys of their own

  bool is_service() const { return bucket.empty(); }
  bool is_bucket() const { return !bucket.empty() && key.empty(); }
  bool is_object() const { return !key.empty(); }
  friend bool operator==(address const&, address const&) = default;
};

/// Reads a raw path-style path: `/`, `/bucket`, `/bucket/`, `/bucket/key...`. Decoded once; `%2F` in the key
/// is a slash of the key, in the bucket it is an error. Errors: invalid_uri (no leading slash, does not
/// decode, `%00`, not UTF-8), invalid_bucket_name (not 3 to 63 of `a-z0-9.-`, or old-style `A-Z_`; starts or
/// ends with `.` or `-`), key_too_long (beyond 1,024 bytes, decoded). Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and .../object-keys.html
base::result<address> parse_address(std::string_view raw_path);

/// The bucket that a `Host` value names in front of one of `domains` (lower-case; `localhost` is always one):
/// `my.bucket` of `My.Bucket.localhost:3000`. The port does not count, nor does case; the longest domain that
/// fits decides. Empty for a domain itself, an IP address and any other host: path style. Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
std::string bucket_of_host(std::string_view host, std::span<std::string const> domains);

/// A raw path in path style: the bucket of the host, if it names one, in front of the client's own bytes.
std::string path_style(std::string_view raw_path, std::string_view host,
                       std::span<std::string const> domains);

/// Reads the address of a request in either style. Errors: as above.
base::result<address> parse_address(std::string_view raw_path, std::string_view host,
                                    std::span<std::string const> domains);

/// The key that a store which keeps objects as files would fold `key` into: without empty and `.` segments,
/// `..` resolved. Equal to `key` for nearly all keys. A write to one may be a write to the other.
base::object_key folded(base::object_key const& key);

}  // namespace s3proxy::s3
