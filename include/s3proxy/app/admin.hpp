#pragma once

#include "s3proxy/http/request_head.hpp"
#include "s3proxy/net/limits.hpp"
#include "s3proxy/net/server_connection.hpp"
#include "s3proxy/proxy/services.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace s3proxy::app {

/// Bounds of the admin address. docs/configuration.md lists them.
struct admin_limits {
  std::size_t connections = 16;      ///< at a time: a scraper, and people who look; more are closed unheard
  std::size_t head_bytes = 8 << 10;  ///< of a request; browsers send 1 KiB
  /// One request a connection, sent at once, and pages of some KiB.
  net::client_limits client = [] {
    net::client_limits short_ones;
    short_ones.head = short_ones.idle = short_ones.answer = std::chrono::seconds(5);
    short_ones.lingering = std::chrono::milliseconds(500);
    return short_ones;
  }();
};

/// Who can reach the admin address.
enum class admin_reach { this_machine, network };

/// What the admin address shows: numbers, and names of objects and identities; never a secret, and nothing
/// can be changed there. Lives on the control thread; `shared` outlives it.
class admin_pages {
 public:
  struct page {
    unsigned status = 200;
    std::string_view type = "text/plain; charset=utf-8";
    std::string body;
  };

  /// `connections`: how many clients there are.
  admin_pages(proxy::services& shared, admin_reach reach, std::function<std::size_t()> connections);

  /// The page that was asked for; 405 for anything but a GET, 404 for what is none, and 403 for what a web
  /// page in somebody's browser may have asked for where only this machine is meant to.
  page answer(http::request_head const& asked) const;

 private:
  std::string metrics() const;
  std::string read_ahead() const;

  proxy::services& shared_;
  admin_reach reach_;
  std::function<std::size_t()> connections_;
};

/// Answers one request and closes.
boost::asio::awaitable<void> serve_admin(admin_pages const& pages, admin_limits const& limits,
                                         std::shared_ptr<net::server_connection> client);

}  // namespace s3proxy::app
