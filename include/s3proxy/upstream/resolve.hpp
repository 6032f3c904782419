#pragma once

#include "s3proxy/base/error.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace s3proxy::upstream {

/// The addresses of `host` (a name or a literal without brackets), asked of the system's resolver, which
/// cannot be interrupted: it is left to finish on its own, and nobody waits longer than `most`. Errors:
/// origin_unresolved (the log says why).
boost::asio::awaitable<base::result<boost::asio::ip::tcp::resolver::results_type>> resolve(
    std::string host, std::uint16_t port, std::chrono::milliseconds most);

}  // namespace s3proxy::upstream
