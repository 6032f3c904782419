#pragma once

#include "s3proxy/net/server_connection.hpp"
#include "s3proxy/proxy/exchange.hpp"
#include "s3proxy/proxy/services.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace s3proxy::proxy {

/// A wall clock that stands at Fri, 01 Mar 2024 00:00:00 GMT.
class standing_clock : public observe::clock {
 public:
  http::wall_time wall_now() const override { return std::chrono::sys_days{std::chrono::year{2024} / 3 / 1}; }
};

inline settings small_settings() {
  settings out;
  out.memory = 8 << 20;
  out.roster = [] { return proxy::roster_of_one(nullptr, proxy::unsigned_access::refused); };
  return out;
}

/// One exchange that no socket stands behind: for what is decided from its data alone.
struct idle_exchange {
  explicit idle_exchange(http::request_head of = {})
      : log(observe::access_format::off, {}),
        shared(config, clock, log),
        worker(shared, io.get_executor(), 1),
        client(std::make_shared<net::server_connection>(boost::asio::ip::tcp::socket(io),
                                                        boost::asio::ip::tcp::endpoint(),
                                                        config.limits.client, config.limits.head.head_bytes)),
        head(std::move(of)),
        ex(worker, *client, head) {
    ex.request_id = "OURS";
  }

  boost::asio::io_context io;
  settings config = small_settings();
  standing_clock clock;
  observe::access_log log;
  services shared;
  worker_services worker;
  std::shared_ptr<net::server_connection> client;
  http::request_head head;
  exchange ex;
};

}  // namespace s3proxy::proxy
