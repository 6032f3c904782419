#include "s3proxy/proxy/fill.hpp"

#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/observe/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <utility>
#include <vector>

namespace s3proxy::proxy {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::byte_count;
using base::byte_span;
using base::errc;
using base::result;

upstream::origin_request range_request(fill_order const& order, byte_span span) {
  upstream::origin_request request;
  request.method = "GET";
  request.path = order.path;
  request.query = query_of(order.id);
  request.signer = order.signer;
  request.headers.add("Range", http::range_header(span));
  request.headers.add("If-Match", order.facts->id.tag.str());
  request.headers.add("x-amz-checksum-mode", "ENABLED");
  return request;
}

/// Where the body of an answer begins in the object, if it is the version and the range that was asked for.
std::optional<byte_count> begin_of(fill_order const& order, upstream::response_head const& head,
                                   byte_span asked) {
  auto const& facts = *order.facts;
  auto const version = base::version_id(head.headers.find("x-amz-version-id").value_or(""));
  if (head.headers.find("etag") != facts.id.tag.str() || (facts.id.version && *facts.id.version != version)) {
    return std::nullopt;
  }
  if (head.status == 200) {  // a store that ignores Range sends it all: the bytes before are passed over
    return head.content_length == facts.id.size ? std::optional<byte_count>(0) : std::nullopt;
  }
  auto const range = http::parse_content_range(head.headers.find("content-range").value_or(""));
  auto const is_it = head.status == 206 && range && range->size == facts.id.size &&
                     range->span.begin == asked.begin && range->span.end == asked.end &&
                     head.content_length.value_or(asked.size()) == asked.size();
  return is_it ? std::optional(range->span.begin) : std::nullopt;
}

/// What a refused fill says about the object. The waiters look again and ask for themselves.
errc learn_from_refusal(services& shared, fill_order const& order, unsigned status, cache::moment began) {
  switch (status) {
    case 401:
    case 403:
      shared.index.revoke(order.id, order.principal, began);
      return errc::version_changed;
    case 404:
    case 412:
    case 416:
      shared.index.learn_absence(order.id, cache::absence::not_found, began);
      return errc::version_changed;
    case 200:
    case 206:
      // Another version, or a range that we did not ask for.
      shared.index.learn_absence(order.id, cache::absence::not_found, began);
      return errc::version_changed;
    default:
      return errc::origin_bad_response;
  }
}

awaitable<result<coming_answer>> ask_for(worker_services& worker, fill_order const& order, byte_span span) {
  auto const began = worker.shared.begin();
  auto request = range_request(order, span);
  auto answer = co_await worker.origin.read(std::move(request), *order.calls);
  if (!answer) {
    co_return answer.error();
  }
  auto const begin = begin_of(order, answer->head, span);
  if (!begin) {
    observe::info(observe::room::proxy,
                  "a fill of " + order.path + " was refused: status " + std::to_string(answer->head.status));
    co_return learn_from_refusal(worker.shared, order, answer->head.status, began);
  }
  auto const kind = answer->head.status == 206 ? cache::answer_kind::part : cache::answer_kind::whole;
  auto const told =
      cache::read_answer(answer->head.headers, order.facts->id.size, kind, kept_cors_fields(worker.shared));
  if (auto const* what = std::get_if<cache::told>(&told)) {
    worker.shared.index.learn(order.id, {cache::evidence_source::answer, began, *what}, order.principal);
  }
  co_return coming_answer{std::move(*answer), *begin};
}

/// Stores what comes until the permit's span is full. Gives where it stopped, and why.
struct progress {
  byte_count at;
  std::optional<errc> fault;
};
awaitable<progress> store_body(fill_order& order, coming_answer& from, std::vector<char>& buffer) {
  auto at = from.begins_at;
  auto const end = order.permit.span().end;
  while (at < end) {
    auto got = co_await from.answer.body->read_body(buffer);
    if (!got) {
      co_return progress{at, base::to_errc(got.error())};
    }
    if (*got == 0) {
      co_return progress{at, errc::origin_short_body};
    }
    order.permit.write(at, {buffer.data(), *got});
    at += *got;
    order.flight->advance();
  }
  // Reads the end of the answer, so that its connection can be used again; nobody waits for this.
  if (from.answer.head.content_length == end - from.begins_at) {
    co_await from.answer.body->read_body(buffer);
  }
  co_return progress{at, std::nullopt};
}

/// Counts a task for as long as its frame lives.
class counted_task {
 public:
  explicit counted_task(services& shared) : shared_(shared) { ++shared_.open_fills; }
  counted_task(counted_task const&) = delete;
  counted_task& operator=(counted_task const&) = delete;
  ~counted_task() { --shared_.open_fills; }

 private:
  services& shared_;
};

awaitable<void> run(worker_services& worker, fill_order order, std::optional<coming_answer> coming) {
  counted_task const counted(worker.shared);
  std::vector<char> buffer(worker.shared.config.limits.relay_bytes);
  auto const end = order.permit.span().end;
  auto at = order.permit.span().begin;
  std::optional<errc> fault;

  // The task owns the answer it reads; whoever abandons it may be on another worker, so the word is posted.
  auto const current = std::make_shared<upstream::origin_exchange*>(nullptr);
  std::weak_ptr<store::flight> const flight = order.flight;
  order.flight->on_abandoned([current, flight, executor = worker.executor] {
    asio::post(executor, [current, flight] {
      auto const waited_for = flight.lock();
      if (*current && waited_for && waited_for->abandoned()) {
        (*current)->cancel();
      }
    });
  });

  for (unsigned resumes = 0; at < end && !order.flight->abandoned(); ++resumes) {
    if (!coming) {
      auto answered = co_await ask_for(worker, order, {at, end});
      if (!answered) {
        fault = base::to_errc(answered.error());
        break;
      }
      coming = std::move(*answered);
      if (order.flight->abandoned()) {
        break;  // everybody left while the store was thinking
      }
    }
    *current = coming->answer.body.get();
    auto const got = co_await store_body(order, *coming, buffer);
    *current = nullptr;
    coming.reset();
    at = std::max(at, base::round_down(got.at, cache::cell_size));  // a cell begun is fetched again
    fault = got.fault;
    if (!fault || resumes >= worker.shared.config.limits.resumes ||
        base::describe(*fault).retry != base::retry_kind::read) {
      break;
    }
  }
  order.permit.release();
  order.flight->finish(fault);
}

}  // namespace

void start_fill(worker_services& worker, fill_order order, std::optional<coming_answer> coming) {
  asio::co_spawn(worker.executor, run(worker, std::move(order), std::move(coming)), asio::detached);
}

std::string query_of(cache::object_id const& id) {
  return id.version ? "versionId=" + http::uri_encode(id.version->str(), http::slash::encode) : std::string();
}

}  // namespace s3proxy::proxy
