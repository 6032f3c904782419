#include "s3proxy/net/worker.hpp"

#include "s3proxy/observe/log.hpp"

#include <exception>
#include <string>
#include <vector>

namespace s3proxy::net {

worker::worker() : work_(boost::asio::make_work_guard(context_)) {}

worker::~worker() {
  stop();
  join();
}

void worker::join() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void worker::start() {
  thread_ = std::thread([this] {
    // A handler that throws is a defect; the other connections of this worker go on.
    for (;;) {
      try {
        context_.run();
        return;
      } catch (std::exception const& defect) {
        observe::error(observe::room::net, std::string("a handler threw: ") + defect.what());
      }
    }
  });
}

void worker::stop() {
  work_.reset();
  context_.stop();
}

worker::tracked::tracked(worker& home, std::shared_ptr<server_connection> connection)
    : home_(home), connection_(std::move(connection)) {
  home_.open_.insert(connection_.get());
  connection_->count_in(&home_.load_);
  connection_->lend_through(home_.pipes_ ? &*home_.pipes_ : nullptr);
  if (home_.aborting_) {
    connection_->abort();
  } else if (home_.finishing_) {
    connection_->finish();
  }
}

worker::tracked::~tracked() {
  home_.open_.erase(connection_.get());
  connection_->count_in(nullptr);
  home_.load_.connection_left();
}

void worker::finish_all() {
  finishing_ = true;
  std::vector<server_connection*> const open(open_.begin(), open_.end());
  for (auto* connection : open) {
    connection->finish();
  }
}

void worker::abort_all() {
  aborting_ = true;
  std::vector<server_connection*> const open(open_.begin(), open_.end());
  for (auto* connection : open) {
    connection->abort();
  }
}

}  // namespace s3proxy::net
