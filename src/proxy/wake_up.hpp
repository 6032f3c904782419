#pragma once

#include "s3proxy/net/server_connection.hpp"
#include "s3proxy/store/flight.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace s3proxy::proxy {

/// What a request sleeps on while another task works for it: a step of a flight, or its client's hang-up.
/// Lifetimes: wakers may outlive the request, so they share the state and not the request.
class wake_up {
 public:
  explicit wake_up(net::server_connection& client)
      : client_(client), state_(std::make_shared<state>(client.executor())) {}

  /// Returns at the flight's next step after `seen`, or when the client is gone.
  boost::asio::awaitable<void> wait(store::flight& flight, std::uint64_t seen) {
    if (!watching_) {
      watching_ = true;
      client_.watch_hangup([weak = std::weak_ptr(state_)] {
        if (auto const self = weak.lock()) {
          self->client_gone = true;
          self->timer.cancel();
        }
      });
    }
    auto const wake = [self = state_] {
      boost::asio::post(self->timer.get_executor(), [self] { self->timer.cancel(); });
    };
    if (state_->client_gone || !flight.wait(seen, wake)) {
      co_return;
    }
    state_->timer.expires_at(boost::asio::steady_timer::time_point::max());
    co_await state_->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

  bool client_gone() const { return state_->client_gone; }

 private:
  struct state {
    explicit state(boost::asio::any_io_executor executor) : timer(std::move(executor)) {}
    boost::asio::steady_timer timer;
    bool client_gone = false;
  };

  net::server_connection& client_;
  std::shared_ptr<state> state_;
  bool watching_ = false;
};

}  // namespace s3proxy::proxy
