#include "s3proxy/proxy/handlers.hpp"

namespace s3proxy::proxy {

handler dispatch(exchange const& ex) {
  switch (s3::describe(ex.op).how) {
    case s3::treatment::cached_get:
    case s3::treatment::cached_head:
      return get_object;
    case s3::treatment::scanned_list:
      return list_objects;
    case s3::treatment::streamed:
      break;
  }
  auto const reads = ex.head.method == http::method::get || ex.head.method == http::method::head ||
                     ex.head.method == http::method::options;
  return reads ? pass_through : write_through;
}

}  // namespace s3proxy::proxy
