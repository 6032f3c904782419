#pragma once

#include "s3proxy/app/probe.hpp"
#include "s3proxy/observe/clock.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <boost/asio/awaitable.hpp>

namespace s3proxy::app {

/// Asks the store for its root once, signed by `signer` (null: unsigned), and gives what came of it.
/// `settings` and `clock` outlive the task.
boost::asio::awaitable<probe_outcome> check_store(upstream::origin_settings const& settings,
                                                  std::shared_ptr<s3::credentials const> signer,
                                                  observe::clock const& clock);

}  // namespace s3proxy::app
