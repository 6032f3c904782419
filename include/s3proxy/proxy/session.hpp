#pragma once

#include "s3proxy/net/server_connection.hpp"
#include "s3proxy/proxy/services.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace s3proxy::proxy {

/// One client connection from its first request to its last: read a head, guard its framing, authorize,
/// dispatch, tell. The only place that catches exceptions, and the only one that aborts a connection.
boost::asio::awaitable<void> run_session(worker_services& worker,
                                         std::shared_ptr<net::server_connection> client);

}  // namespace s3proxy::proxy
