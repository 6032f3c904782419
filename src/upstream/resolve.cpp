#include "s3proxy/upstream/resolve.hpp"

#include "s3proxy/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace s3proxy::upstream {

namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<base::result<tcp::resolver::results_type>> resolve(std::string host, std::uint16_t port,
                                                                   std::chrono::milliseconds most) {
  struct lookup {
    tcp::resolver resolver;
    asio::steady_timer done;
    boost::system::error_code failed = asio::error::timed_out;
    tcp::resolver::results_type found;
  };
  auto const executor = co_await asio::this_coro::executor;
  auto state = std::make_shared<lookup>(
      lookup{tcp::resolver(executor), asio::steady_timer(executor, most), asio::error::timed_out, {}});
  auto const finished = [state](boost::system::error_code ec, tcp::resolver::results_type found) {
    state->failed = ec;
    state->found = std::move(found);
    state->done.cancel();
  };
  state->resolver.async_resolve(host, std::to_string(port), finished);
  co_await state->done.async_wait(asio::as_tuple(asio::use_awaitable));
  if (state->failed) {
    observe::warn(observe::room::upstream, "cannot resolve " + host + ": " + state->failed.message());
    co_return base::errc::origin_unresolved;
  }
  co_return state->found;
}

}  // namespace s3proxy::upstream
