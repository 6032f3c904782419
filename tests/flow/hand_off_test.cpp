#include "s3proxy/net/listener.hpp"

#include "support/client.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace s3proxy::test {
namespace {

namespace asio = boost::asio;

constexpr std::size_t head_bytes = 32 * 1024;

std::string head_of(std::size_t bytes) {
  std::string head = "GET /";
  head.append(bytes - head.size() - 4, 'k');
  return head + "\r\n\r\n";
}

enum class requests { end_at_once, stay_under_way };

/// Two workers behind one listener. What comes is told and never answered.
class two_workers {
 public:
  explicit two_workers(requests how = requests::end_at_once) : how_(how) {
    auto bound = net::listener::bind(workers_[0].context(), "127.0.0.1", 0, limits_, head_bytes, nullptr);
    listener_ = std::move(std::get<std::unique_ptr<net::listener>>(bound));
    auto const serve = [this](std::shared_ptr<net::server_connection> client, std::size_t worker) {
      return this->serve(std::move(client), worker);
    };
    listener_->start({&workers_[0], &workers_[1]}, serve);
    for (auto& worker : workers_) {
      worker.start();
    }
  }
  ~two_workers() {
    for (auto& worker : workers_) {
      worker.stop();
      worker.join();
    }
  }

  net::worker& operator[](std::size_t index) { return workers_[index]; }
  /// Opens one, which begins a request; gives the worker that has it, once it has.
  std::size_t open() {
    auto const before = told().size();
    clients_.push_back(std::make_unique<client>(listener_->port()));
    clients_.back()->send(head_of(100));
    return wait_for(before + 1).back().worker;
  }
  client& newest() { return *clients_.back(); }
  std::uint16_t port() const { return listener_->port(); }

  struct arrival {
    std::size_t worker;
    std::string head;
  };
  std::vector<arrival> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(10), [&] { return arrivals_.size() >= count; });
    EXPECT_GE(arrivals_.size(), count);
    arrivals_.resize(std::max(arrivals_.size(), count));
    return arrivals_;
  }

 private:
  std::vector<arrival> told() {
    std::lock_guard const lock(mutex_);
    return arrivals_;
  }
  asio::awaitable<void> serve(std::shared_ptr<net::server_connection> client, std::size_t worker) {
    for (;;) {
      auto head = co_await client->read_head();
      if (!head) {
        co_return;
      }
      {
        std::lock_guard const lock(mutex_);
        arrivals_.push_back({worker, std::string(*head)});
      }
      changed_.notify_all();
      if (how_ == requests::stay_under_way) {
        std::array<char, 1> more{};
        auto const got = co_await client->read_body(more);
        if (!got) {
          co_return;
        }
      }
    }
  }

  requests how_;
  net::client_limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<arrival> arrivals_;
  std::array<net::worker, 2> workers_;
  std::unique_ptr<net::listener> listener_;
  std::vector<std::unique_ptr<client>> clients_;
};

TEST(hand_off, connections_that_wait_are_spread_evenly) {
  two_workers w;
  std::array<int, 2> count{};
  for (int i = 0; i < 20; ++i) {
    // Told of a head before its worker waits for the next one: until it does, it is not idle.
    auto const worker = w.open();
    ++count[worker];
    asio::post(w[worker].context(), asio::use_future).get();
  }
  EXPECT_EQ(count[0], 10);
  EXPECT_EQ(count[1], 10);
}

TEST(hand_off, a_worker_with_a_request_under_way_gets_nothing_while_the_other_only_waits) {
  two_workers w(requests::stay_under_way);
  auto const busy = w.open();
  EXPECT_EQ(w[busy].weight(), 1 + net::worker_load::weight_of_request);
  std::vector<std::unique_ptr<client>> idle;
  for (std::size_t i = 0; i < net::worker_load::weight_of_request; ++i) {
    idle.push_back(std::make_unique<client>(w.port()));
  }
  // It has come behind them, so that they have been handed out.
  EXPECT_EQ(w.open(), 1 - busy);
  EXPECT_EQ(w[busy].connections(), 1U);
}

TEST(hand_off, a_request_that_breaks_off_weighs_nothing_any_more) {
  two_workers w(requests::stay_under_way);
  auto const busy = w.open();
  w.newest().reset();
  std::size_t next = 0;
  while (w[busy].connections() > 0) {
    asio::post(w[busy].context(), asio::use_future).get();
    ASSERT_LT(++next, 1'000'000U);
  }
  EXPECT_EQ(w[busy].weight(), 0U);
}

TEST(hand_off, a_connection_that_comes_to_a_draining_worker_is_closed_at_once) {
  two_workers w;
  for (std::size_t i = 0; i < 2; ++i) {
    auto& worker = w[i];
    auto const finish = [&worker] { worker.finish_all(); };
    asio::post(worker.context(), asio::use_future(finish)).get();
  }
  client late(w.port());
  EXPECT_TRUE(late.at_end());
  EXPECT_FALSE(late.was_reset());
}

TEST(hand_off, a_head_may_be_longer_than_what_a_waiting_connection_keeps_for_it) {
  two_workers w;
  std::vector<std::string> const heads{head_of(100),        head_of(2047), head_of(2048), head_of(2049),
                                       head_of(head_bytes), head_of(300),  head_of(5000), head_of(2048)};
  std::string together;
  for (auto const& head : heads) {
    together += head;
  }
  client one(w.port());
  one.send(together);
  auto const told = w.wait_for(heads.size());
  for (std::size_t i = 0; i < heads.size(); ++i) {
    EXPECT_EQ(told[i].head, heads[i]);
  }
}

}  // namespace
}  // namespace s3proxy::test
