#include "s3proxy/s3/identity.hpp"

#include <algorithm>

namespace s3proxy::s3 {
namespace {

constexpr std::string_view every_bucket = "*";

bool grants(allow_rule const& rule, access what) {
  switch (what) {
    case access::none:
      return true;
    case access::list:
      return rule.list;
    case access::read:
      return rule.read;
    case access::write:
      return rule.write;
  }
  return false;
}

/// True when no segment of `text` is empty, `.` or `..`; what follows the last slash may be empty.
bool is_plain(std::string_view text) {
  for (;;) {
    auto const slash = text.find('/');
    auto const segment = text.substr(0, slash);
    if (segment == "." || segment == ".." || (segment.empty() && slash != std::string_view::npos)) {
      return false;
    }
    if (slash == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(slash + 1);
  }
}

/// Paths below these are the administration of some stores (MinIO, Ceph), on the port of their S3.
bool is_reserved(base::bucket_name const& bucket) {
  return bucket.str() == "minio" || bucket.str() == "admin";
}

bool covers(identity const& who, access what, base::bucket_name const& bucket, std::string_view text) {
  return std::ranges::any_of(who.rules, [&](allow_rule const& rule) {
    auto const is_of_it =
        rule.bucket == bucket || (rule.bucket.str() == every_bucket && !is_reserved(bucket));
    return is_of_it && grants(rule, what) && text.starts_with(rule.prefix);
  });
}

}  // namespace

bool allows(identity const& who, access what, base::bucket_name const& bucket, std::string_view key) {
  if (who.may == identity::limit::as_the_principal) {
    return true;
  }
  auto const without_slash = key.ends_with('/') ? key.substr(0, key.size() - 1) : key;
  return is_plain(key) && covers(who, what, bucket, without_slash);
}

bool allows_listing(identity const& who, base::bucket_name const& bucket, std::string_view prefix) {
  return who.may == identity::limit::as_the_principal ||
         (is_plain(prefix) && covers(who, access::list, bucket, prefix));
}

bool allows_everywhere(identity const& who, access what) {
  return who.may == identity::limit::as_the_principal ||
         std::ranges::any_of(who.rules, [&](allow_rule const& rule) {
           return rule.bucket.str() == every_bucket && rule.prefix.empty() && grants(rule, what);
         });
}

}  // namespace s3proxy::s3
