#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/proxy/services.hpp"
#include "s3proxy/upstream/errand.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace s3proxy::proxy {

/// A part of an object that is asked for at the same moment as its beginning, while nothing is known of it:
/// without a version there is no If-Match, so what comes is only worth something if the answer to the
/// beginning, which alone decides what the client sees, tells the same version. Whatever else the store says
/// is forgotten. Its death ends the request. Movable; lives on one worker.
class early_part {
 public:
  /// Asks for `span`, as soon as the caller waits for something: the beginning goes first.
  /// Takes: the request, with its Range.
  static early_part ask(worker_services& worker, upstream::origin_request request, base::byte_span span,
                        upstream::errand_ptr who, std::shared_ptr<upstream::call_count> calls);
  early_part(early_part&&) noexcept = default;
  early_part& operator=(early_part&&) = delete;
  ~early_part();

  base::byte_span span() const;
  /// Its bytes count as in flight until somebody claims cells for them: then these do.
  void free_room();
  /// The answer, whatever it says; nothing when there is none. A request that has gone out is waited for no
  /// longer than `bound`, or twice that when it goes out meanwhile: then asking anew is quicker. One that
  /// waits for a connection is waited for, since another would stand behind it. Called once.
  boost::asio::awaitable<std::optional<upstream::origin_answer>> take(std::chrono::milliseconds bound);
  /// Ends the request, and a wait for it. On the worker.
  void give_up() const;

 private:
  struct state;
  explicit early_part(std::shared_ptr<state> made) : state_(std::move(made)) {}
  static boost::asio::awaitable<void> bring(worker_services& worker, std::shared_ptr<state> into,
                                            upstream::origin_request request,
                                            std::shared_ptr<upstream::call_count> calls);

  std::shared_ptr<state> state_;  // null: moved from
};

}  // namespace s3proxy::proxy
