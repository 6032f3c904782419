#pragma once

#include "s3proxy/proxy/fill.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include "support/scripted_origin.hpp"
#include "support/world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace s3proxy::test {

/// A loop on a thread of its own.
class lone_loop {
 public:
  lone_loop() : thread_([this] { context_.run(); }) {}
  ~lone_loop() { join(); }

  auto executor() { return context_.get_executor(); }
  /// Waits until all that was begun so far has come to where it waits for the network or its turn.
  void settle() { boost::asio::post(context_, boost::asio::use_future).get(); }
  void join() {
    work_.reset();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
};

/// A client of the store with no proxy before it.
class lone_asker {
 public:
  struct outcome {
    unsigned status = 0;
    base::errc fault{};
    unsigned calls = 0;
  };

  lone_asker(
      scripted_origin& store, std::size_t connections,
      std::function<void(upstream::origin_limits&)> const& adjust = [](auto&) {})
      : settings_(settings_for(store, adjust)), client_(loop_.executor(), settings_, clock_, connections) {}
  ~lone_asker() {
    boost::asio::post(loop_.executor(), [this] { client_.pool().shut(); });
    loop_.join();
  }

  /// Begins a GET, which is queued or under way when this returns.
  std::future<outcome> begin(std::string path, upstream::errand_ptr who) {
    auto asked = boost::asio::co_spawn(loop_.executor(), ask(std::move(path), std::move(who)),
                                       boost::asio::use_future);
    loop_.settle();
    return asked;
  }
  outcome get(std::string path, upstream::errand_ptr who) {
    return begin(std::move(path), std::move(who)).get();
  }

 private:
  static upstream::origin_settings settings_for(scripted_origin& store,
                                                std::function<void(upstream::origin_limits&)> const& adjust) {
    upstream::origin_settings out;
    out.endpoint = {upstream::scheme::http, "127.0.0.1", store.port()};
    out.region = "us-east-1";
    out.limits.backoff = out.limits.backoff_most = std::chrono::milliseconds(1);
    adjust(out.limits);
    return out;
  }

  boost::asio::awaitable<outcome> ask(std::string path, upstream::errand_ptr who) {
    upstream::origin_request request;
    request.method = "GET";
    request.path = std::move(path);
    upstream::call_count count;
    auto answer = co_await client_.read(std::move(request), std::move(who), count);
    if (!answer) {
      co_return outcome{0, base::to_errc(answer.error()), count.calls};
    }
    std::vector<char> buffer(64 * 1024);
    for (std::size_t got = 1; got > 0;) {
      auto const piece = co_await answer->body->read_body(buffer);
      got = piece ? *piece : 0;
    }
    co_return outcome{answer->head.status, {}, count.calls};
  }

  manual_clock clock_;
  upstream::origin_settings settings_;
  lone_loop loop_;
  upstream::origin_client client_;
};

/// One more worker of a running proxy, which begins fills that nobody has asked for.
class speculator {
 public:
  speculator(world& of, std::size_t connections)
      : world_(of), worker_(of.proxy->services(), loop_.executor(), connections) {}
  ~speculator() {
    boost::asio::post(loop_.executor(), [this] { worker_.origin.pool().shut(); });
    loop_.join();
  }

  struct begun {
    std::shared_ptr<store::flight> flight;
    upstream::errand_ptr errand;
    std::future<proxy::fill_end> end;
  };
  /// Begins to fill `span` of an object of which the proxy knows; queued or under way when this returns.
  begun begin(std::string const& bucket, std::string const& key, base::byte_span span) {
    auto& services = world_.proxy->services();
    cache::object_id const id{base::bucket_name(bucket), base::object_key(key), std::nullopt};
    base::principal_id const principal(world_.keys.key_id.str());
    auto const facts = services.index.look(id, principal).facts;
    auto const flight = std::make_shared<store::flight>();
    auto const errand =
        std::make_shared<upstream::errand>(upstream::urgency::speculation, upstream::client_number{});
    auto const told = std::make_shared<std::promise<proxy::fill_end>>();
    proxy::fill_order order{id,
                            principal,
                            std::make_shared<s3::credentials const>(world_.keys),
                            "/" + bucket + "/" + key,
                            facts,
                            services.blocks.claim(*facts, span, flight),
                            flight,
                            std::make_shared<upstream::call_count>(),
                            errand,
                            [told](proxy::fill_end const& end) { told->set_value(end); }};
    auto const start = [&] { start_fill(worker_, std::move(order), std::nullopt); };
    boost::asio::post(loop_.executor(), boost::asio::use_future(start)).get();
    loop_.settle();
    return {flight, errand, told->get_future()};
  }

 private:
  world& world_;
  lone_loop loop_;
  proxy::worker_services worker_;
};

}  // namespace s3proxy::test
