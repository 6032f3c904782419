#include "s3proxy/proxy/handlers.hpp"
#include "s3proxy/proxy/upload.hpp"

#include <utility>

namespace s3proxy::proxy {

boost::asio::awaitable<base::result<void>> write_through(exchange& ex) {
  write_mark mark(ex);
  request_body received(ex);
  store_body body(ex, received);
  // A connection to the store is borrowed only when there is something to send: a client that is slow to
  // begin, or whose short body is wrong, takes none from the others.
  auto first = co_await body.next();
  if (!first) {
    co_return first.error();
  }
  auto request = body.request();
  auto const next = [&body] { return body.next(); };
  co_return co_await send_upload(ex, mark, std::move(request), std::move(*first), next);
}

}  // namespace s3proxy::proxy
