#include "s3proxy/upstream/http_call.hpp"

#include "s3proxy/upstream/connection.hpp"
#include "s3proxy/upstream/resolve.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace s3proxy::upstream {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::errc;
using base::result;

/// What the connection needs to know. One deadline counts for all that follows the handshake.
origin_limits limits_of(call_limits const& from) {
  origin_limits out;
  out.resolve = std::min(from.resolve, from.total);
  out.connect = from.connect;
  out.handshake = from.total;
  out.first_byte = from.total;
  out.idle = from.total;
  out.head_bytes = from.head_bytes;
  out.receive_bytes = std::max(from.head_bytes, from.body_bytes);
  return out;
}

/// One call under way. Owned by the coroutine and by the handler of its deadline, whoever ends last.
struct under_way {
  under_way(asio::any_io_executor const& executor, callee whom, call_limits const& bounds)
      : to(std::move(whom)),
        limits(limits_of(bounds)),
        line(executor, to.tls.get(), limits),
        deadline(executor, bounds.total) {}

  callee to;
  origin_limits limits;
  connection line;
  asio::steady_timer deadline;
  bool over = false;
  bool expired = false;
};

std::string head_of(callee const& to, call_request const& request) {
  auto headers = request.headers;
  if (!headers.contains("Host")) {
    headers.set("Host", to.endpoint.host_field());
  }
  std::string head = request.method + ' ' + request.target + " HTTP/1.1\r\n";
  for (auto const& field : headers) {
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (request.method != "GET") {
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  return head + "Connection: close\r\n\r\n";
}

bool leads_where_allowed(peers allowed, asio::ip::tcp::resolver::results_type const& found) {
  return allowed == peers::any || std::ranges::all_of(found, [](auto const& entry) {
           return entry.endpoint().address().is_loopback();
         });
}

awaitable<result<std::string>> read_all(connection& line, std::size_t most) {
  std::string body;
  std::array<char, 4096> buffer{};
  for (;;) {
    auto const got = co_await line.read_body(buffer);
    if (!got) {
      co_return got.error();
    }
    if (*got == 0) {
      co_return body;
    }
    if (body.size() + *got > most) {
      co_return errc::origin_bad_response;
    }
    body.append(buffer.data(), *got);
  }
}

awaitable<result<call_answer>> exchange(under_way& mine, std::string head, std::string body,
                                        std::size_t most) {
  auto const& where = mine.to.endpoint;
  auto found = co_await resolve(where.host, where.port, mine.limits.resolve);
  if (!found) {
    co_return found.error();
  }
  if (mine.expired || !leads_where_allowed(mine.to.peers, *found)) {
    co_return errc::origin_refused;
  }
  auto connected = co_await mine.line.connect(*found);
  if (!connected) {
    co_return connected.error();
  }
  auto sent = co_await mine.line.write(head, body);
  if (!sent) {
    co_return sent.error();
  }
  auto answered = co_await mine.line.read_head(body_expected::yes);
  if (!answered) {
    co_return answered.error();
  }
  auto read = co_await read_all(mine.line, most);
  if (!read) {
    co_return read.error();
  }
  co_return call_answer{answered->status, std::move(answered->headers), std::move(*read)};
}

}  // namespace

callee callee_at(upstream::endpoint endpoint) {
  auto tls = endpoint.scheme == scheme::https ? std::make_shared<tls_context>(endpoint.host) : nullptr;
  return {std::move(endpoint), std::move(tls)};
}

std::string_view describe_call_fault(errc why) {
  static constexpr std::array<std::pair<errc, std::string_view>, 7> clauses{{
      {errc::origin_unresolved, "its name has no address"},
      {errc::origin_refused, "it refused the connection"},
      {errc::origin_connect_timeout, "it took no connection in time"},
      {errc::origin_tls_failed, "TLS with it could not be set up"},
      {errc::origin_first_byte_timeout, "it did not answer in time"},
      {errc::origin_stalled, "it did not answer in time"},
      {errc::origin_bad_response, "its answer is not one that s3proxy can use"},
  }};
  auto const* const found = std::ranges::find(clauses, why, &std::pair<errc, std::string_view>::first);
  return found == clauses.end() ? "it closed the connection before it answered" : found->second;
}

awaitable<result<call_answer>> call(callee to, call_request request, call_limits limits) {
  auto const executor = co_await asio::this_coro::executor;
  auto const mine = std::make_shared<under_way>(executor, std::move(to), limits);
  auto const too_late = [mine](boost::system::error_code ec) {
    if (!ec && !mine->over) {
      mine->expired = true;
      mine->line.close();
    }
  };
  mine->deadline.async_wait(too_late);
  auto head = head_of(mine->to, request);
  auto outcome = co_await exchange(*mine, std::move(head), std::move(request.body), limits.body_bytes);
  mine->over = true;
  mine->deadline.cancel();
  if (mine->expired) {
    co_return errc::origin_first_byte_timeout;
  }
  co_return outcome;
}

}  // namespace s3proxy::upstream
