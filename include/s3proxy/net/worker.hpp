#pragma once

#include "s3proxy/net/server_connection.hpp"
#include "s3proxy/net/worker_load.hpp"
#include "s3proxy/net/zero_copy.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_set>

namespace s3proxy::net {

/// One thread with its own io_context. A connection lives and dies on one worker (docs/decisions/0003), so
/// nothing here needs a lock: all members but those said to be for any thread, and the constructor, run on
/// the worker's thread.
class worker {
 public:
  worker();
  ~worker();  ///< stops and joins

  boost::asio::io_context& context() { return context_; }
  void start();
  void stop();
  void join();

  /// Its connections may lend memory to the kernel. Before start(); `shared` outlives the worker.
  void lend_by(zero_copy& shared) { pipes_.emplace(shared); }

  /// Any thread. `weight`: the acceptor gives the next connection to the lightest.
  std::size_t connections() const { return load_.connections(); }
  std::size_t weight() const { return load_.weight(); }

  /// Tracks a connection from accept to end.
  class tracked {
   public:
    tracked(worker& home, std::shared_ptr<server_connection> connection);
    tracked(tracked const&) = delete;
    tracked& operator=(tracked const&) = delete;
    ~tracked();

   private:
    worker& home_;
    std::shared_ptr<server_connection> connection_;
  };
  void expect() { load_.connection_came(); }  ///< one is on its way; any thread

  /// Draining, stage one: idle connections close, the others end with their request. Those still on their way
  /// count as idle.
  void finish_all();
  /// Stage two: whatever is left is reset.
  void abort_all();

 private:
  std::unordered_set<server_connection*> open_;
  bool finishing_ = false;
  bool aborting_ = false;
  worker_load load_;
  std::optional<pipe_pool> pipes_;
  std::thread thread_;
  // Last, so that it goes first: coroutines that never ended die with it, and they name the members above.
  boost::asio::io_context context_{1};
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
};

}  // namespace s3proxy::net
