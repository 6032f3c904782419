#pragma once

#include "connection.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace rig {

/// The counters over HTTP, one request a connection: `GET /counters` reads them, `POST /reset` reads them and
/// sets them to zero; `GET /quiet` tells for how long no byte has passed. Runs until the acceptor is closed;
/// `state` must outlive it.
boost::asio::awaitable<void> serve_control(boost::asio::ip::tcp::acceptor& acceptor, link_state& state);

}  // namespace rig
