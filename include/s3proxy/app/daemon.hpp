#pragma once

#include "s3proxy/app/admin.hpp"
#include "s3proxy/app/parse_value.hpp"
#include "s3proxy/net/listener.hpp"
#include "s3proxy/net/worker.hpp"
#include "s3proxy/observe/access_line.hpp"
#include "s3proxy/observe/clock.hpp"
#include "s3proxy/proxy/services.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace s3proxy::app {

/// How bytes that are held get to clients that speak plain HTTP.
enum class sending {
  by_copy,
  zero_copy,  ///< where net::test_zero_copy has found that it is safe
};

struct daemon_settings {
  proxy::settings proxy;
  std::string address = "::";
  std::uint16_t port = 0;  ///< 0: the kernel chooses
  unsigned threads = 1;
  app::sending sending = app::sending::by_copy;
  std::shared_ptr<net::tls_context> tls;  ///< towards clients; null for plain HTTP
  std::optional<listen_place> admin;      ///< nothing: no admin listener
  observe::access_format access = observe::access_format::off;
  observe::access_log::sink access_sink;
};

/// The whole proxy, wired: services, workers, listener. Tests start it in their own process with a clock of
/// theirs.
class daemon {
 public:
  /// Listens and serves at once. Gives the daemon, or a sentence that says why it cannot and what to change.
  /// `clock` outlives it.
  static std::variant<std::unique_ptr<daemon>, std::string> start(daemon_settings settings,
                                                                  observe::clock const& clock);
  /// Aborts what is open, waits for its end (a second or two at most) and joins every thread.
  ~daemon();

  std::string const& address() const { return address_; }
  std::uint16_t port() const { return listener_->port(); }
  /// Where the admin listener listens; nothing without one.
  std::optional<listen_place> admin() const;
  proxy::services& services() { return *services_; }
  /// Null where all is sent by copy.
  net::zero_copy const* lending() const { return lending_.get(); }
  /// For tasks that are no request.
  boost::asio::io_context& control() { return control_.context(); }

  /// Stops accepting, lets open requests finish, aborts what is left after limits::client.drain. Calls
  /// `ended` once, on the control thread, when no connection is left. Any thread.
  void drain(std::function<void()> ended);
  /// Resets every client's connection and closes every one to the store: what is open ends at once. Any
  /// thread.
  void abort();

  std::size_t open_connections() const;

 private:
  daemon(daemon_settings settings, observe::clock const& clock);
  boost::asio::awaitable<void> drain_task(std::function<void()> ended);
  bool is_quiet() const;
  /// A sentence when it cannot listen.
  std::optional<std::string> start_admin();

  // In the order of their lives: what stands below uses what stands above.
  daemon_settings settings_;
  std::string address_;
  std::unique_ptr<observe::access_log> access_;
  std::unique_ptr<proxy::services> services_;
  std::vector<std::unique_ptr<proxy::worker_services>> worker_services_;
  std::unique_ptr<net::zero_copy> lending_;
  std::vector<std::unique_ptr<net::worker>> workers_;
  admin_limits const admin_limits_;
  std::unique_ptr<admin_pages const> admin_pages_;
  net::worker control_;
  std::unique_ptr<net::listener> listener_;
  std::unique_ptr<net::listener> admin_listener_;
};

}  // namespace s3proxy::app
