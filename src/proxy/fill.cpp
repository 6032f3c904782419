#include "s3proxy/proxy/fill.hpp"

#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/observe/log.hpp"

#include "counted_task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <span>
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

// Of what comes without being kept: gaps that were not worth a request of their own, mostly a cell long.
constexpr std::size_t passed_over_bytes = 64 * 1024;

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

/// Asks for `span`, and for what is in line behind it; or gets what is left of the answer to a neighbour that
/// asked for it, where there is no need to ask.
awaitable<result<handed_on>> ask_for(worker_services& worker, fill_order const& order, byte_span span,
                                     fill_end& end) {
  auto const& clock = worker.shared.clock;
  auto const began = worker.shared.begin();
  auto request = range_request(order, span);
  auto const place =
      worker.queued.enter(worker.executor, {order.id, order.facts, order.principal, span}, order.errand);
  fill_chain behind;
  request.going_out = [&](upstream::origin_request& goes) {
    behind = worker.queued.go_out(*place, worker.shared.config.limits.fetch);
    if (!behind.empty()) {
      span.end = behind.end();
      goes.headers.set("Range", http::range_header(span));
    }
  };
  auto answer = co_await worker.origin.read(std::move(request), order.errand, *order.calls);
  if (!answer && place->taken()) {
    --order.calls->calls;  // it never went out
    auto handed = co_await place->receive();
    if (handed) {
      end.status = handed->rest.answer.head.status;
      co_return std::move(*handed);
    }
    if (order.flight->abandoned()) {
      co_return errc::client_gone;
    }
    // It came to nothing: now on its own.
    request = range_request(order, span);
    answer = co_await worker.origin.read(std::move(request), order.errand, *order.calls);
  }
  if (!answer) {
    co_return answer.error();
  }
  end.status = answer->head.status;
  end.waited = answer->asked - began.at;
  end.first_byte = clock.now() - answer->asked;
  auto const begin = begin_of(order, answer->head, span);
  if (!begin) {
    auto const what = "a fill of " + order.path + " was refused: status " + std::to_string(end.status);
    if (order.errand->how_urgent() == upstream::urgency::demand) {
      observe::info(observe::room::proxy, what);
    } else {
      observe::debug(observe::room::proxy, what);
    }
    co_return learn_from_refusal(worker.shared, order, answer->head.status, began);
  }
  auto const kind = answer->head.status == 206 ? cache::answer_kind::part : cache::answer_kind::whole;
  auto const told =
      cache::read_answer(answer->head.headers, order.facts->id.size, kind, kept_cors_fields(worker.shared));
  if (auto const* what = std::get_if<cache::told>(&told)) {
    worker.shared.index.learn(order.id, {cache::evidence_source::answer, began, *what}, order.principal);
  }
  co_return handed_on{{std::move(*answer), *begin}, std::move(behind)};
}

/// What is left of an answer behind `end`; nothing where the store did not say how long it is.
std::optional<coming_answer> rest_behind(byte_count end, coming_answer from) {
  auto& length = from.answer.head.content_length;
  if (!length || *length <= end - from.begins_at) {
    return std::nullopt;
  }
  *length -= end - from.begins_at;
  return coming_answer{std::move(from.answer), end};
}

/// Stores what comes until the permit's span is full. Gives where it stopped, and why.
struct progress {
  byte_count at;
  std::optional<errc> fault;
};
awaitable<progress> store_body(fill_order& order, coming_answer& from, std::vector<char>& passed_over) {
  auto at = from.begins_at;
  auto const end = order.permit.span().end;
  while (at < end) {
    auto const place = order.permit.room(at);
    if (place.empty()) {
      passed_over.resize(passed_over_bytes);
    }
    // Not a byte beyond the end: another fill may take the answer over from there.
    auto const most = static_cast<std::size_t>(std::min<byte_count>(passed_over.size(), end - at));
    auto got =
        co_await from.answer.body->read_body(place.empty() ? std::span(passed_over).first(most) : place);
    if (!got) {
      co_return progress{at, base::to_errc(got.error())};
    }
    if (*got == 0) {
      co_return progress{at, errc::origin_short_body};
    }
    auto const landed =
        place.empty() ? order.permit.write(at, {passed_over.data(), *got}) : order.permit.written(at, *got);
    at += *got;
    if (landed) {
      order.flight->advance();
    }
  }
  // Reads the end of the answer, so that its connection can be used again; nobody waits for this.
  if (from.answer.head.content_length == end - from.begins_at) {
    char none = 0;
    co_await from.answer.body->read_body({&none, 1});
  }
  co_return progress{at, std::nullopt};
}

/// What the task has in hand, for those who end it from outside. Lives on the worker.
struct in_hand {
  upstream::errand_ptr errand;
  upstream::origin_exchange* reading = nullptr;
  early_part const* awaited = nullptr;

  void give_up() {
    errand->withdraw();
    if (awaited) {
      awaited->give_up();
    }
    if (reading) {
      reading->cancel();
    }
  }
};

/// The task owns the answer it reads; whoever abandons it may be on another worker, so the word is posted.
std::shared_ptr<in_hand> listen_to_readers(worker_services& worker, fill_order& order) {
  auto const now = std::make_shared<in_hand>(in_hand{order.errand});
  std::weak_ptr<store::flight> const flight = order.flight;
  order.flight->on_abandoned([now, flight, executor = worker.executor] {
    asio::post(executor, [now, flight] {
      auto const waited_for = flight.lock();
      if (waited_for && !waited_for->finished() && waited_for->abandoned()) {
        now->give_up();
      }
    });
  });
  order.flight->on_wanted(
      [errand = order.errand](std::uint64_t client) { errand->promote(upstream::client_number{client}); });
  return now;
}

unsigned resumes_left(worker_services const& worker, fill_order const& order, unsigned made) {
  auto const allowed =
      order.errand->how_urgent() == upstream::urgency::demand ? worker.shared.config.limits.resumes : 0;
  return allowed - std::min(allowed, made);
}

/// What the readers are told. Of what was begun as speculation they hear only that the object is another: the
/// rest may be no answer to them, so they ask for themselves, as they do when everybody had left before them.
std::optional<errc> for_readers(fill_order const& order, upstream::urgency begun_as, fill_end const& end) {
  if (order.errand->withdrawn()) {
    return std::nullopt;
  }
  auto const refused = end.status == 401 || end.status == 403;
  if (begun_as == upstream::urgency::speculation && (end.fault != errc::version_changed || refused)) {
    return std::nullopt;
  }
  return end.fault;
}

/// The answer to a request that went out before the version was known, if it is of the one that we fill.
awaitable<std::optional<coming_answer>> take_early(worker_services& worker, fill_order const& order,
                                                   early_part& part, in_hand& now) {
  now.awaited = &part;
  auto answer = co_await part.take(worker.shared.config.limits.early_part);
  now.awaited = nullptr;
  if (!answer) {
    co_return std::nullopt;
  }
  auto const begin = begin_of(order, answer->head, base::intersect(part.span(), {0, order.facts->id.size}));
  if (!begin) {
    co_return std::nullopt;
  }
  co_return coming_answer{std::move(*answer), *begin};
}

awaitable<void> run(worker_services& worker, fill_order order, first_answer first,
                    std::shared_ptr<in_hand> now) {
  counted_task const counted(worker.shared);
  auto const begun_as = order.errand->how_urgent();
  std::vector<char> passed_over;
  fill_chain behind;
  auto const span = order.permit.span();
  auto at = span.begin;
  std::optional<cache::time_point> asked;
  fill_end end;
  end.asked = span.size();

  std::optional<coming_answer> coming;
  if (auto* const here = std::get_if<coming_answer>(&first)) {
    coming = std::move(*here);
  } else if (auto* const part = std::get_if<early_part>(&first)) {
    coming = co_await take_early(worker, order, *part, *now);
  }
  for (unsigned resumed = 0; at < span.end && !order.flight->abandoned(); ++resumed) {
    if (!coming) {
      auto answered = co_await ask_for(worker, order, {at, span.end}, end);
      order.question.reset();
      if (!answered) {
        end.fault = base::to_errc(answered.error());
        break;
      }
      coming = std::move(answered->rest);
      behind = std::move(answered->behind);
      if (order.flight->abandoned()) {
        break;  // everybody left while the store was thinking
      }
    }
    asked = asked.value_or(coming->answer.asked);
    now->reading = coming->answer.body.get();
    auto const got = co_await store_body(order, *coming, passed_over);
    now->reading = nullptr;
    auto rest = got.fault || behind.empty() ? std::nullopt : rest_behind(span.end, std::move(*coming));
    if (rest) {
      behind.hand_on(std::move(*rest));
    }
    behind.break_off();
    coming.reset();
    // A cell begun is fetched again.
    at = std::max(at, got.at >= span.end ? span.end : base::round_down(got.at, cache::cell_size));
    end.fault = got.fault;
    if (!end.fault || resumes_left(worker, order, resumed) == 0 ||
        base::describe(*end.fault).retry != base::retry_kind::read) {
      break;
    }
  }
  end.stored = at - span.begin;
  end.abandoned = order.flight->abandoned() || order.errand->withdrawn();
  end.total = asked ? worker.shared.clock.now() - *asked : cache::duration{};
  auto const told = for_readers(order, begun_as, end);
  order.permit.release();
  order.flight->finish(told);
  if (order.on_end) {
    order.on_end(end);
  }
}

}  // namespace

void start_fill(worker_services& worker, fill_order order, first_answer first) {
  auto now = listen_to_readers(worker, order);
  asio::co_spawn(worker.executor, run(worker, std::move(order), std::move(first), std::move(now)),
                 asio::detached);
}

std::string query_of(cache::object_id const& id) {
  return id.version ? "versionId=" + http::uri_encode(id.version->str(), http::slash::encode) : std::string();
}

}  // namespace s3proxy::proxy
