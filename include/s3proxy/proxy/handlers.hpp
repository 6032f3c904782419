#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/proxy/exchange.hpp"

#include <boost/asio/awaitable.hpp>

namespace s3proxy::proxy {

// One handler a kind of operation; dispatch() chooses. Each answers the client, or gives an error: before the
// first byte of an answer the session turns it into an S3 error document, afterwards it aborts the
// connection.
using handler = boost::asio::awaitable<base::result<void>> (*)(exchange&);

/// GET and HEAD of an object, from the cache where the plan allows. Source files: get_object, ask_store,
/// object_reader.
boost::asio::awaitable<base::result<void>> get_object(exchange& ex);
/// Whatever may list objects: byte for byte from the store, read on its way as evidence.
boost::asio::awaitable<base::result<void>> list_objects(exchange& ex);
/// Any other request without a body to send and without an effect: streams through, may be asked again.
boost::asio::awaitable<base::result<void>> pass_through(exchange& ex);
/// Multi-delete: its document is read whole, every key that it names is asked for and marked, then it is
/// forwarded as it came.
boost::asio::awaitable<base::result<void>> delete_objects(exchange& ex);
/// Any other request that may change something or has a body: streams both ways, marks its keys' epochs.
boost::asio::awaitable<base::result<void>> write_through(exchange& ex);

/// The handler of a verified and named request.
handler dispatch(exchange const& ex);

}  // namespace s3proxy::proxy
