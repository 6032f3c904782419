#include "s3proxy/proxy/services.hpp"

#include "s3proxy/proxy/speculator.hpp"

namespace s3proxy::proxy {

services::services(settings const& with, observe::clock const& clocks, observe::access_log& log)
    : config(with),
      clock(clocks),
      access(log),
      index(epochs, static_cast<std::size_t>(with.memory / with.limits.metadata_part)),
      blocks(with.memory - with.memory / with.limits.metadata_part, with.recycling) {
  if (with.token_exchange) {
    tokens = std::make_unique<proxy::token_exchange>(*with.token_exchange, with.limits.tokens, clocks);
  }
  if (with.read_ahead.mode != read_ahead::mode::off) {
    ahead = std::make_unique<speculator>(*this);
    read_ahead_page = [this] { return ahead->explain(); };
  }
}

services::~services() = default;

}  // namespace s3proxy::proxy
