#include "s3proxy/proxy/handlers.hpp"

#include <algorithm>

namespace s3proxy::proxy {
namespace {

boost::asio::awaitable<base::result<void>> not_offered(exchange&) {
  co_return base::errc::not_implemented;
}

/// CreateSession answers with credentials, which would be ours; a browser form carries a signature of its
/// own, in a body that nobody here verifies.
bool would_lend_our_rights(exchange const& ex) {
  return ex.op == s3::operation::post_form || (ex.where.is_bucket() && ex.query.contains("session"));
}

/// Some stores take the first of a repeated parameter and some the last: either may make it a listing.
bool is_list(exchange const& ex) {
  return ex.head.method == http::method::get && ex.where.is_bucket() &&
         std::ranges::any_of(ex.query, [](auto const& p) { return p.name == "list-type" && p.value == "2"; });
}

}  // namespace

handler dispatch(exchange const& ex) {
  if (would_lend_our_rights(ex)) {
    return not_offered;
  }
  if (is_list(ex)) {
    return list_objects;
  }
  switch (s3::describe(ex.op).how) {
    case s3::treatment::cached_get:
    case s3::treatment::cached_head:
      return get_object;
    case s3::treatment::scanned_list:
      return list_objects;
    case s3::treatment::streamed:
      break;
  }
  if (s3::describe(ex.op).changes == s3::effect::writes_keys) {
    return delete_objects;
  }
  auto const reads = ex.head.method == http::method::get || ex.head.method == http::method::head;
  return reads ? pass_through : write_through;
}

}  // namespace s3proxy::proxy
