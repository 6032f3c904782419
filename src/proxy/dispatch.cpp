#include "s3proxy/proxy/handlers.hpp"

namespace s3proxy::proxy {
namespace {

boost::asio::awaitable<base::result<void>> no_session(exchange&) {
  co_return base::errc::express_session;
}

boost::asio::awaitable<base::result<void>> no_form(exchange&) {
  co_return base::errc::post_policy_form;
}

/// Some store may look at the parameter alone.
bool asks_for_session(exchange const& ex) {
  return ex.where.is_bucket() && ex.query.contains("session");
}

}  // namespace

handler dispatch(exchange const& ex) {
  if (asks_for_session(ex)) {
    return no_session;
  }
  switch (s3::treatment_of(ex.op, ex.head.method, ex.where)) {
    case s3::treatment::cached_get:
    case s3::treatment::cached_head:
      return get_object;
    case s3::treatment::scanned_list:
      return list_objects;
    case s3::treatment::refused:
      return no_form;
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
