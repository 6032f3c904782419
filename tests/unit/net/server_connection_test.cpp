#include "s3proxy/net/server_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace s3proxy::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

TEST(server_connection, lets_others_of_its_worker_have_their_turn_when_its_own_is_over) {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  tcp::socket client(context);
  client.connect(acceptor.local_endpoint());
  client_limits limits;
  limits.turn = 4096;
  auto const served =
      std::make_shared<server_connection>(acceptor.accept(), client.local_endpoint(), limits, 8192);

  std::vector<std::string> order;
  auto const answer = [&]() -> asio::awaitable<void> {
    std::string const piece(2048, 'x');
    for (int i = 0; i < 4; ++i) {
      auto const written = co_await served->write({}, piece);  // the socket has room for all of them
      order.emplace_back(written ? "piece" : "fault");
    }
  };
  asio::co_spawn(context, answer(), asio::detached);
  asio::post(context, [&] { order.emplace_back("another"); });
  context.run();
  EXPECT_EQ(order, (std::vector<std::string>{"piece", "piece", "another", "piece", "piece"}));
}

}  // namespace
}  // namespace s3proxy::net
