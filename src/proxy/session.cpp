#include "s3proxy/proxy/session.hpp"

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/http/cors.hpp"
#include "s3proxy/http/request_head.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/proxy/answer.hpp"
#include "s3proxy/proxy/authorize.hpp"
#include "s3proxy/proxy/handlers.hpp"
#include "s3proxy/proxy/speculator.hpp"

#include <array>
#include <exception>
#include <string>
#include <utility>

namespace s3proxy::proxy {
namespace {

using base::errc;
using base::result;
using boost::asio::awaitable;

// Unique in the process by its counter, and among processes by the random start.
std::string next_request_id(services& shared) {
  static auto const start = base::random_bytes();
  auto number = shared.request_numbers.fetch_add(1, std::memory_order_relaxed);
  auto bytes = start;
  for (auto& byte : bytes) {
    byte = static_cast<unsigned char>(byte + (number & 0xff));
    number >>= 8;
  }
  auto text = base::to_hex(bytes);
  for (auto& c : text) {
    c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

std::chrono::microseconds since(cache::time_point from, cache::time_point to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
}

void tell(exchange const& ex) {
  auto& shared = ex.worker.shared;
  auto const now = shared.clock.now();
  observe::access_record line;
  line.at = shared.clock.wall_now();
  line.request_id = ex.request_id;
  line.peer = ex.client.peer();
  line.method = ex.head.method_text;
  line.operation = s3::describe(ex.op).name;
  line.bucket = ex.where.bucket.str();
  line.key = ex.where.key.str();
  line.range = ex.head.fields.find("range").value_or("");
  line.status = ex.status;
  line.bytes = ex.sent;
  line.phase = cache::to_text(ex.phase);
  line.reason = cache::to_text(ex.reason);
  line.origin_calls = ex.origin.calls;
  line.first_byte = ex.answer_started ? since(ex.began.at, ex.first_byte) : std::chrono::microseconds(0);
  line.total = since(ex.began.at, now);
  if (ex.failure != errc{}) {
    line.error = base::describe(ex.failure).s3_code;
  } else if (!ex.store_error.empty()) {
    line.error = ex.store_error;
  }
  line.ahead = ex.ahead_bytes;
  line.guessed = ex.guessed_bytes;
  shared.requests.count({ex.op, ex.phase, ex.status, ex.sent, ex.origin.calls});
  shared.access.record(std::move(line));
}

error_details details_of(exchange const& ex, errc code) {
  if (code == errc::request_time_too_skewed) {
    return {{"ServerTime", http::format_iso_date(ex.worker.shared.clock.wall_now())},
            {"MaxAllowedSkewMilliseconds", "900000"}};
  }
  if (code == errc::request_expired || code == errc::request_not_yet_valid) {
    return {{"ServerTime", http::format_iso_date(ex.worker.shared.clock.wall_now())}};
  }
  return {};
}

/// Answers a browser that asks whether a page may send its request: without authentication, since it cannot
/// sign.
awaitable<result<void>> answer_preflight(exchange& ex) {
  auto const& config = ex.shared().config;
  ex.op = s3::operation::preflight;
  auto const fields = http::preflight_fields(ex.head, config.cors_origins, config.limits.preflight);
  if (!fields) {
    co_return errc::cors_forbidden;
  }
  auto const head = render_head(
      ex,
      {.status = 200, .fields = *fields, .framing = answer_framing::length, .length = 0, .request_id = {}});
  co_return co_await send(ex, head, {});
}

/// Runs the handler. A defect is caught here, once: its request fails, the process lives.
awaitable<result<void>> handle(exchange& ex) {
  try {
    if (!ex.shared().config.cors_origins.empty() && http::is_preflight(ex.head)) {
      co_return co_await answer_preflight(ex);
    }
    auto named = authorize(ex);
    if (!named) {
      co_return named.error();
    }
    if (ex.bearer) {
      auto lent = co_await ex.shared().tokens->pair_for(ex.client, ex.principal, *ex.bearer);
      if (!lent) {
        co_return lent.error();
      }
      ex.signer = std::move(*lent);
    }
    co_return co_await dispatch(ex)(ex);
  } catch (std::exception const& defect) {
    observe::error(observe::room::proxy, "request " + ex.request_id + " threw: " + defect.what());
    co_return errc::internal_error;
  }
}

/// What becomes of a failed request: an error answer while that is possible, else a reset, so that the client
/// cannot take what it has for a whole answer.
awaitable<void> fail(exchange& ex, errc code) {
  ex.failure = code;
  if (ex.answer_started || code == errc::client_gone) {
    observe::info(observe::room::proxy,
                  "request " + ex.request_id + " was aborted: " + std::string(base::describe(code).sentence));
    ex.fate = connection_fate::close;
    ex.client.abort();
    co_return;
  }
  if (!ex.body_ended) {
    ex.fate = connection_fate::close;
  }
  auto sent = co_await send_error(ex, code, details_of(ex, code));
  if (!sent) {
    ex.fate = connection_fate::close;
  }
}

/// A head that the framing guard refused: one answer, and the end of the connection.
awaitable<void> refuse(worker_services& worker, net::server_connection& client, errc code) {
  http::request_head nothing_known;
  nothing_known.keep_alive = false;
  exchange ex(worker, client, nothing_known);
  ex.request_id = next_request_id(worker.shared);
  ex.began = worker.shared.begin();
  ex.fate = connection_fate::close;
  co_await fail(ex, code);
  tell(ex);
  co_await client.close_lingering();
}

struct request_end {
  connection_fate fate;
  departure client;
};

awaitable<request_end> run_request(worker_services& worker, net::server_connection& client,
                                   http::request_head const& head) {
  exchange ex(worker, client, head);
  ex.request_id = next_request_id(worker.shared);
  ex.began = worker.shared.begin();
  auto done = co_await handle(ex);
  if (!done) {
    co_await fail(ex, base::to_errc(done.error()));
  }
  tell(ex);
  auto const how = ex.failure == errc::client_gone ? departure::amid_an_answer : departure::between_requests;
  co_return request_end{ex.body_ended ? ex.fate : connection_fate::close, how};
}

/// Tells who reads ahead that a client is there, for as long as its session lives.
class presence {
 public:
  presence(services& shared, net::server_connection const& client) : shared_(shared), client_(client) {
    if (shared_.ahead) {
      shared_.ahead->client_came(client_.peer());
    }
  }
  presence(presence const&) = delete;
  presence& operator=(presence const&) = delete;
  ~presence() { end(departure::with_us); }

  void end(departure how) {
    if (shared_.ahead && !std::exchange(ended_, true)) {
      shared_.ahead->client_left(client_.peer(), how);
    }
  }

 private:
  services& shared_;
  net::server_connection const& client_;
  bool ended_ = false;
};

awaitable<departure> serve_requests(worker_services& worker, net::server_connection& client) {
  auto const& limits = worker.shared.config.limits;
  for (;;) {
    auto raw = co_await client.read_head();
    if (!raw) {
      auto const code = base::to_errc(raw.error());
      if (code != errc::client_gone) {
        co_await refuse(worker, client, code);
      }
      co_return departure::between_requests;
    }
    auto head = http::parse_request_head(*raw, limits.head);
    if (!head) {
      co_await refuse(worker, client, base::to_errc(head.error()));
      co_return departure::between_requests;
    }
    auto const [fate, how] = co_await run_request(worker, client, *head);
    if (fate == connection_fate::close || client.is_finishing()) {
      co_await client.close_lingering();
      co_return how;
    }
  }
}

}  // namespace

awaitable<void> run_session(worker_services& worker, std::shared_ptr<net::server_connection> client) {
  presence there(worker.shared, *client);
  auto const how = co_await serve_requests(worker, *client);
  there.end(how);
}

}  // namespace s3proxy::proxy
