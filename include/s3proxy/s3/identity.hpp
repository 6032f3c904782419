#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/s3/credentials.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::s3 {

/// What an operation does to what it names, as far as permissions are concerned.
enum class access {
  none,   ///< it needs no permission: a CORS preflight
  list,   ///< it shows names
  read,   ///< it shows content or settings
  write,  ///< it changes something
};

/// What an operator lets a client do: operations of the listed kinds on keys of one bucket that start with
/// a prefix.
struct allow_rule {
  base::bucket_name bucket;  ///< `*`: every bucket but `minio` and `admin`, which some stores reserve
  std::string prefix;        ///< of the decoded key; empty: every key, and the bucket itself
  bool read = false;
  bool write = false;
  bool list = false;

  friend bool operator==(allow_rule const&, allow_rule const&) = default;
};

/// One who may come: the keys it signs with, and who signs for it towards the store.
struct identity {
  credentials keys;
  base::principal_id principal;
  enum class limit {
    as_the_principal,  ///< whatever the store lets the principal do
    by_rules,          ///< that, and only what a rule allows
  } may = limit::as_the_principal;
  std::vector<allow_rule> rules;
};

/// Whether `who` may do `what` to `key` of `bucket`; an empty key is the bucket itself, which only a rule
/// without a prefix covers. A key with an empty, `.` or `..` segment is never covered: a store that folds it
/// would act on another one. One slash at the end is (`dir/`, the mark of a directory), if the key without it
/// is covered too. Not the whole answer for an operation that names several objects: each is asked for.
bool allows(identity const& who, access what, base::bucket_name const& bucket, std::string_view key);

/// Whether `who` may list the keys of `bucket` that start with `prefix`.
bool allows_listing(identity const& who, base::bucket_name const& bucket, std::string_view prefix);

/// Whether a rule lets `who` do `what` to every bucket there is.
bool allows_everywhere(identity const& who, access what);

}  // namespace s3proxy::s3
