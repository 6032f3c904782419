#include "s3proxy/s3/identity.hpp"

#include <algorithm>

namespace s3proxy::s3 {
namespace {

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

}  // namespace

bool allows(identity const& who, access what, base::bucket_name const& bucket, std::string_view key) {
  if (who.may == identity::limit::as_the_principal) {
    return true;
  }
  return std::ranges::any_of(who.rules, [&](allow_rule const& rule) {
    auto const covers = rule.bucket.str() == "*" || rule.bucket == bucket;
    return covers && grants(rule, what) && key.starts_with(rule.prefix);
  });
}

}  // namespace s3proxy::s3
