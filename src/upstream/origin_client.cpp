#include "s3proxy/upstream/origin_client.hpp"

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstring>

namespace s3proxy::upstream {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::errc;
using base::result;

}  // namespace

awaitable<result<void>> origin_exchange::write_body(std::string_view framing, std::string_view bytes) {
  return lease_->write(framing, bytes);
}

awaitable<result<response_head>> origin_exchange::read_head(body_expected body) {
  return lease_->read_head(body);
}

awaitable<result<std::size_t>> origin_exchange::read_body(std::span<char> into) {
  return lease_->read_body(into);
}

origin_client::origin_client(asio::any_io_executor executor, origin_settings const& settings,
                             observe::clock const& clock, std::size_t connections)
    : executor_(executor),
      settings_(settings),
      clock_(clock),
      pool_(std::make_shared<connection_pool>(executor, settings.endpoint, settings.tls.get(), connections,
                                              settings.limits)),
      budget_(settings.limits) {
  auto const seed = base::random_bytes();
  std::memcpy(&random_state_, seed.data(), sizeof random_state_);
}

std::string origin_client::sign(origin_request const& request, http::header_list& headers) {
  if (!request.signer) {
    return request.query;
  }
  auto const now = clock_.wall_now();
  switch (request.form) {
    case signature_form::header:
      s3::sign(request.method, request.path, request.query, headers, *request.signer, settings_.region,
               request.payload_hash, now, keys_);
      return request.query;
    case signature_form::query:
      // As long as a store believes a header signature: clocks may differ as much.
      return s3::presign(
          {request.method, request.path, request.query, request.payload_hash, s3::allowed_skew}, headers,
          *request.signer, settings_.region, now, keys_);
  }
  return {};
}

std::string origin_client::signed_head(origin_request const& request) {
  auto headers = request.headers;
  headers.set("Host", settings_.endpoint.host_field());
  auto const query = sign(request, headers);
  std::string head;
  head.reserve(1024);
  head.append(request.method).append(" ").append(request.path);
  if (!query.empty()) {
    head.append("?").append(query);
  }
  head.append(" HTTP/1.1\r\n");
  for (auto const& field : headers) {
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (request.content_length) {
    head.append("Content-Length: ").append(std::to_string(*request.content_length)).append("\r\n");
  }
  head.append("\r\n");
  return head;
}

awaitable<result<origin_answer>> origin_client::read_once(origin_request const& request,
                                                          connection_choice choice, connection_age& age) {
  age = connection_age::fresh;
  auto borrowed = co_await pool_->borrow(choice);
  if (!borrowed) {
    co_return borrowed.error();
  }
  age = (*borrowed)->used_before ? connection_age::reused : connection_age::fresh;
  auto asked = std::make_unique<origin_exchange>(std::move(*borrowed));
  auto const head = signed_head(request);
  auto sent = co_await asked->write_body(head, {});
  if (!sent) {
    co_return sent.error();
  }
  auto const expected = request.method == "HEAD" ? body_expected::no : body_expected::yes;
  auto answered = co_await asked->read_head(expected);
  if (!answered) {
    co_return answered.error();
  }
  co_return origin_answer{std::move(*answered), std::move(asked)};
}

awaitable<result<origin_answer>> origin_client::read(origin_request request, call_count& count) {
  auto choice = connection_choice::any;
  for (unsigned made = 1;; ++made) {
    auto age = connection_age::fresh;
    ++count.calls;
    auto answer = co_await read_once(request, choice, age);
    auto const passing = answer && is_passing_fault(answer->head.status);
    if (answer && !passing) {
      budget_.earn();
      co_return answer;
    }
    auto const why = answer ? errc::origin_reset : base::to_errc(answer.error());
    // A status is an answer over a live connection: it costs a wait even when the connection was reused.
    auto const wait = next_attempt(made, why, repeatable::read, passing ? connection_age::fresh : age,
                                   jitter(), settings_.limits);
    if (!wait || !budget_.spend()) {
      co_return answer;
    }
    observe::debug(observe::room::upstream, request.method + " " + request.path + " is asked again: " +
                                                (passing ? "status " + std::to_string(answer->head.status)
                                                         : std::string(base::describe(why).sentence)));
    choice = age == connection_age::reused ? connection_choice::fresh : connection_choice::any;
    answer = errc::origin_reset;  // lets the connection go before the wait
    co_await pause(*wait);
  }
}

awaitable<result<std::unique_ptr<origin_exchange>>> origin_client::open(origin_request request,
                                                                        call_count& count) {
  for (unsigned made = 1;; ++made) {
    ++count.calls;
    auto why = errc::origin_reset;
    auto kind = repeatable::unwritten;
    auto borrowed = co_await pool_->borrow(connection_choice::any);
    if (borrowed) {
      auto& line = **borrowed;
      auto const head = signed_head(request);
      auto sent = co_await line.write(head, {});
      if (sent) {
        co_return std::make_unique<origin_exchange>(std::move(*borrowed));
      }
      kind = line.written() ? repeatable::no : repeatable::unwritten;
      why = line.written() ? errc::outcome_unknown : errc::origin_refused;
    } else {
      why = base::to_errc(borrowed.error());
    }
    auto const wait = next_attempt(made, why, kind, connection_age::fresh, jitter(), settings_.limits);
    if (!wait || !budget_.spend()) {
      co_return why;
    }
    co_await pause(*wait);
  }
}

awaitable<void> origin_client::pause(std::chrono::milliseconds length) {
  if (length.count() == 0) {
    co_return;
  }
  asio::steady_timer timer(executor_, length);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

double origin_client::jitter() {
  random_state_ = random_state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return static_cast<double>(random_state_ >> 11) / static_cast<double>(1ULL << 53);
}

}  // namespace s3proxy::upstream
