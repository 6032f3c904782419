#include "s3proxy/app/daemon.hpp"

#include "s3proxy/proxy/session.hpp"
#include "s3proxy/proxy/speculator.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace s3proxy::app {
namespace {

namespace asio = boost::asio;
using listening = std::variant<std::unique_ptr<net::listener>, std::string>;

constexpr std::chrono::milliseconds look_again{2};
constexpr std::chrono::seconds end_at_the_latest{2};  // aborted coroutines end within one turn of their loops

// A host without IPv6 cannot have the dual-stack socket: all interfaces means IPv4's there.
listening listen_on(asio::io_context& context, std::string& address, std::uint16_t port,
                    proxy::limits const& limits, std::shared_ptr<net::tls_context> const& tls) {
  auto bound = net::listener::bind(context, address, port, limits.client, limits.head.head_bytes, tls);
  if (std::holds_alternative<std::string>(bound) && address == "::") {
    auto again = net::listener::bind(context, "0.0.0.0", port, limits.client, limits.head.head_bytes, tls);
    if (std::holds_alternative<std::unique_ptr<net::listener>>(again)) {
      address = "0.0.0.0";
      return again;
    }
  }
  return bound;
}

}  // namespace

std::variant<std::unique_ptr<daemon>, std::string> daemon::start(daemon_settings settings,
                                                                 observe::clock const& clock) {
  std::unique_ptr<daemon> made(new daemon(std::move(settings), clock));
  auto& with = made->settings_;
  auto bound =
      listen_on(made->workers_.front()->context(), made->address_, with.port, with.proxy.limits, with.tls);
  if (auto* why = std::get_if<std::string>(&bound)) {
    return *why + ". Choose another with --port or --address.";
  }
  if (auto why = made->start_admin()) {
    return *why + ". Choose another with --admin-address.";
  }
  made->listener_ = std::move(std::get<std::unique_ptr<net::listener>>(bound));
  auto const serve = [self = made.get()](std::shared_ptr<net::server_connection> client, std::size_t worker) {
    return proxy::run_session(*self->worker_services_[worker], std::move(client));
  };
  std::vector<net::worker*> workers;
  for (auto const& worker : made->workers_) {
    workers.push_back(worker.get());
  }
  made->listener_->start(std::move(workers), serve);
  for (auto const& worker : made->workers_) {
    worker->start();
  }
  made->control_.start();
  if (auto& ahead = made->services_->ahead) {
    asio::co_spawn(made->workers_.front()->context(), ahead->run(), asio::detached);
  }
  return made;
}

daemon::daemon(daemon_settings settings, observe::clock const& clock)
    : settings_(std::move(settings)),
      address_(settings_.address),
      access_(std::make_unique<observe::access_log>(settings_.access, settings_.access_sink)),
      services_(std::make_unique<proxy::services>(settings_.proxy, clock, *access_)) {
  auto const connections =
      std::max<std::size_t>(1, settings_.proxy.limits.origin.connections / settings_.threads);
  if (settings_.sending == sending::zero_copy) {
    auto& blocks = services_->blocks;
    lending_ = std::make_unique<net::zero_copy>(
        settings_.proxy.limits.client.zero_copy,
        net::zero_copy::owner{[&blocks] { return blocks.replaced(); }, [](base::byte_count) {}});
  }
  for (unsigned i = 0; i < settings_.threads; ++i) {
    auto const& worker = workers_.emplace_back(std::make_unique<net::worker>());
    if (lending_) {
      worker->lend_by(*lending_);
    }
    worker_services_.push_back(
        std::make_unique<proxy::worker_services>(*services_, worker->context().get_executor(), connections));
    if (services_->ahead) {
      services_->ahead->add(*worker_services_.back());
    }
  }
}

daemon::~daemon() {
  if (listener_) {
    listener_->stop();
    asio::post(control_.context(), [this] {
      if (admin_listener_) {
        admin_listener_->stop();
      }
      control_.abort_all();
    });
    abort();
    // Coroutines hold timers and sockets of their worker, and wakers of others: all end before the first
    // context goes.
    auto const deadline = std::chrono::steady_clock::now() + end_at_the_latest;
    while (!(is_quiet() && control_.connections() == 0) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(look_again);
    }
  }
  control_.stop();
  for (auto const& worker : workers_) {
    worker->stop();
  }
  control_.join();
  for (auto const& worker : workers_) {
    worker->join();
  }
  // The threads are gone, the contexts not yet: the last moment at which a socket can be closed.
  for (auto const& worker : worker_services_) {
    worker->origin.pool().shut();
  }
}

std::optional<std::string> daemon::start_admin() {
  if (!settings_.admin) {
    return std::nullopt;
  }
  auto const& [address, port] = *settings_.admin;
  auto bound = net::listener::bind(control_.context(), address, port, admin_limits_.client,
                                   admin_limits_.head_bytes, nullptr);
  if (auto* why = std::get_if<std::string>(&bound)) {
    return std::move(*why);
  }
  admin_listener_ = std::move(std::get<std::unique_ptr<net::listener>>(bound));
  auto const reach = is_loopback(address) ? admin_reach::this_machine : admin_reach::network;
  admin_pages_ =
      std::make_unique<admin_pages const>(*services_, reach, [this] { return open_connections(); });
  auto const serve = [this](std::shared_ptr<net::server_connection> client,
                            std::size_t) -> asio::awaitable<void> {
    if (control_.connections() > admin_limits_.connections) {
      co_return;
    }
    co_await serve_admin(*admin_pages_, admin_limits_, std::move(client));
  };
  admin_listener_->start({&control_}, serve);
  return std::nullopt;
}

std::optional<listen_place> daemon::admin() const {
  return admin_listener_ ? std::optional(listen_place{settings_.admin->address, admin_listener_->port()})
                         : std::nullopt;
}

void daemon::drain(std::function<void()> ended) {
  asio::co_spawn(control_.context(), drain_task(std::move(ended)), asio::detached);
}

asio::awaitable<void> daemon::drain_task(std::function<void()> ended) {
  co_await listener_->stopped();
  for (auto const& worker : workers_) {
    asio::post(worker->context(), [w = worker.get()] { w->finish_all(); });
  }
  auto const deadline = std::chrono::steady_clock::now() + settings_.proxy.limits.client.drain;
  asio::steady_timer timer(control_.context());
  bool aborted = false;
  while (!is_quiet()) {
    auto const now = std::chrono::steady_clock::now();
    // Without a client nobody wants what is still being fetched.
    if (!aborted && (now >= deadline || open_connections() == 0)) {
      aborted = true;
      abort();
    }
    if (now >= deadline + end_at_the_latest) {
      break;
    }
    timer.expires_after(look_again);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  ended();
}

void daemon::abort() {
  if (services_->tokens) {
    services_->tokens->shut();
  }
  for (auto const& worker : workers_) {
    asio::post(worker->context(), [w = worker.get()] { w->abort_all(); });
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    asio::post(workers_[i]->context(), [s = worker_services_[i].get()] { s->origin.pool().shut(); });
  }
}

bool daemon::is_quiet() const {
  return open_connections() == 0 && services_->open_fills == 0;
}

std::size_t daemon::open_connections() const {
  std::size_t total = 0;
  for (auto const& worker : workers_) {
    total += worker->connections();
  }
  return total;
}

}  // namespace s3proxy::app
