#include "s3proxy/proxy/ask_store.hpp"

#include "s3proxy/cache/cells.hpp"
#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/proxy/read_request.hpp"
#include "s3proxy/proxy/relay.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace s3proxy::proxy {
namespace {

using base::byte_count;
using base::byte_span;
using base::errc;
using base::result;
using boost::asio::awaitable;

upstream::origin_request object_request(exchange const& ex, cache::read_request const& read,
                                        std::string method) {
  upstream::origin_request request;
  request.method = std::move(method);
  request.path = ex.store_path;
  request.query = query_of(read.id);
  request.signer = ex.signer;
  request.headers.add("x-amz-checksum-mode", "ENABLED");
  return request;
}

byte_span cells_of(byte_count first, byte_count length) {
  auto const begin = base::round_down(first, cache::cell_size);
  return {begin, std::max(base::round_up(first + length, cache::cell_size), begin + cache::cell_size)};
}

/// What to ask for when the object's size may not be known: the client's range, widened to whole cells, as
/// far as a read may be ahead of its client. Empty for a suffix, which begins nobody knows where.
struct parts_asked {
  services const& shared;

  std::vector<byte_span> operator()(http::closed_range r) const {
    auto const& fetch = shared.config.limits.fetch;
    auto const room = base::round_down(room_in_flight(shared), cache::cell_size);
    auto const most = std::max(fetch.part, std::min(fetch.window, room));
    return cache::parts_of(cells_of(r.first, std::min(r.last - r.first, most - 1) + 1), fetch);
  }
  std::vector<byte_span> operator()(http::open_range r) const {
    return {cells_of(r.first, shared.config.limits.fetch.open_window)};
  }
  std::vector<byte_span> operator()(http::suffix_range) const { return {}; }
};

/// One cell more than a suffix, so that the first byte asked for lies in a whole cell.
std::string suffix_field(http::range_spec const& range) {
  auto const length = std::get<http::suffix_range>(range).length;
  return "bytes=-" + std::to_string(std::max<byte_count>(length, 1) + cache::cell_size);
}

/// Asks for the parts behind the first. Of the version that is believed to be current nothing is asked for
/// that is held, or lies behind its end.
std::vector<early_part> ask_for_parts(exchange& ex, upstream::origin_request const& like,
                                      std::span<byte_span const> parts, cache::object_facts const* believed,
                                      std::shared_ptr<upstream::call_count> const& calls) {
  std::vector<early_part> out;
  for (auto const& part : parts) {
    if (believed && ex.shared().blocks.missing(*believed, part).empty()) {
      continue;
    }
    auto request = like;
    request.headers.set("Range", http::range_header(part));
    out.push_back(early_part::ask(ex.worker, std::move(request), part, ex.errand(), calls));
  }
  return out;
}

bool is_huge(http::range_spec const& range) {
  constexpr byte_count nonsense = byte_count{1} << 62;
  auto const first = std::visit(
      [](auto const& r) {
        if constexpr (requires { r.first; }) {
          return r.first;
        } else {
          return r.length;
        }
      },
      range);
  return first >= nonsense;
}

std::optional<byte_span> span_told(upstream::response_head const& head, std::optional<byte_count>& size) {
  if (head.status == 200) {
    size = head.content_length;
    return size ? std::optional(byte_span{0, *size}) : std::nullopt;
  }
  auto const range = http::parse_content_range(head.headers.find("content-range").value_or(""));
  if (!range) {
    return std::nullopt;
  }
  size = range->size;
  return range->span;
}

/// Takes the evidence of a 200 or 206. Gives the facts that hold now if they are those of this answer.
cache::facts_ptr learn(exchange& ex, cache::read_request const& read, upstream::response_head const& head,
                       std::optional<byte_count> size, cache::moment began) {
  auto& index = ex.shared().index;
  auto const kind = head.status == 206 ? cache::answer_kind::part : cache::answer_kind::whole;
  auto const told = cache::read_answer(head.headers, size, kind, kept_cors_fields(ex.shared()));
  auto const* what = std::get_if<cache::told>(&told);
  if (!what) {
    index.learn_absence(read.id, cache::absence::unstorable, began);
    return nullptr;
  }
  index.learn(read.id, {cache::evidence_source::answer, began, *what}, ex.principal);
  auto view = index.look(read.id, ex.principal);
  return view.facts && cache::same_version(view.facts->id, what->id) ? view.facts : nullptr;
}

void learn_refusal(exchange& ex, cache::read_request const& read, unsigned status, cache::moment began) {
  if (status == 401 || status == 403) {
    ex.shared().index.revoke(read.id, ex.principal, began);
  }
  // 405: the version that was named is a delete marker now.
  if (status == 404 || status == 405 || status == 412) {
    ex.shared().index.learn_absence(read.id, cache::absence::not_found, began);
  }
}

void add_fill(exchange& ex, cache::read_request const& read, cache::facts_ptr facts, byte_span span,
              first_answer from, std::vector<first_fill>& out, store::purpose why = store::purpose::demand) {
  auto flight = std::make_shared<store::flight>();
  auto permit = ex.shared().blocks.claim(*facts, span, flight, why);
  if (permit.empty()) {
    return;
  }
  out.push_back(
      {fill_order{read.id, ex.principal, ex.signer, ex.store_path, std::move(facts), std::move(permit),
                  std::move(flight), std::make_shared<upstream::call_count>(), ex.errand()},
       std::move(from)});
}

void make_fills(exchange& ex, cache::read_request const& read, cache::facts_ptr const& facts, byte_span span,
                upstream::origin_answer answer, std::vector<early_part> parts, std::vector<first_fill>& out) {
  // Of a long answer only the first window is taken here; the reader fetches the rest as its client takes it.
  // What is under way behind it is lost, with its connection: a longer first bite makes that rarer.
  auto const begin = base::round_up(span.begin, cache::cell_size);
  auto const reaches_end = span.end == facts->id.size;
  auto const whole_cells = reaches_end ? span.end : base::round_down(span.end, cache::cell_size);
  auto const most = std::min(ex.shared().config.limits.fetch.window, room_in_flight(ex.shared()));
  auto const end = std::min(whole_cells, begin + most);
  if (begin < end) {
    add_fill(ex, read, facts, {begin, end}, coming_answer{std::move(answer), span.begin}, out);
  }
  for (auto& part : parts) {
    auto const asked = part.span();
    part.free_room();
    add_fill(ex, read, facts, asked, std::move(part), out);
  }
}

}  // namespace

awaitable<result<asked>> ask_head(exchange& ex, cache::read_request const& read) {
  auto const began = ex.shared().begin();
  auto request = object_request(ex, read, "HEAD");
  auto answer = co_await ex.worker.origin.read(std::move(request), ex.errand(), ex.origin);
  if (!answer) {
    co_return answer.error();
  }
  auto const& head = answer->head;
  if (head.status == 200) {
    // The end of a HEAD's answer is its head: reading on lets the connection be used again.
    char none = 0;
    co_await answer->body->read_body({&none, 1});
    learn(ex, read, head, head.content_length, began);
    co_return asked::learnt;
  }
  learn_refusal(ex, read, head.status, began);
  if (read.kind == cache::read_kind::get) {
    co_return asked::pass_through;  // a HEAD has no error document
  }
  auto const look = [](std::string_view) {};
  auto relayed = co_await relay_answer(ex, std::move(*answer), look);
  if (!relayed) {
    co_return relayed.error();
  }
  co_return asked::answered;
}

awaitable<std::optional<byte_span>> ask_tail(exchange& ex, cache::read_request const& read,
                                             byte_count length) {
  auto const began = ex.shared().begin();
  auto request = object_request(ex, read, "GET");
  request.headers.add("Range", "bytes=-" + std::to_string(length));
  auto answer = co_await ex.worker.origin.read(std::move(request), ex.errand(), ex.origin);
  if (!answer || answer->head.status != 206) {
    co_return std::nullopt;
  }
  std::optional<byte_count> size;
  auto const span = span_told(answer->head, size);
  auto const is_tail = span && span->end == size && span->size() == std::min(length, *size);
  auto facts = is_tail ? learn(ex, read, answer->head, size, began) : nullptr;
  if (!facts) {
    co_return std::nullopt;
  }
  std::vector<first_fill> fills;
  byte_span const whole_cells{base::round_up(span->begin, cache::cell_size), span->end};
  add_fill(ex, read, std::move(facts), whole_cells, coming_answer{std::move(*answer), span->begin}, fills,
           store::purpose::speculation);
  if (fills.empty()) {
    co_return byte_span{};  // others bring it, or there is no room for it
  }
  ex.stored = true;
  auto const coming = fills.front().order.permit.span();
  start_fill(ex.worker, std::move(fills.front().order), std::move(fills.front().from));
  co_return coming;
}

awaitable<result<asked>> ask_get(exchange& ex, cache::read_request const& read,
                                 std::optional<base::etag> const& if_match, std::vector<first_fill>& fills) {
  auto& shared = ex.shared();
  auto const began = shared.begin();
  auto request = object_request(ex, read, "GET");
  if (if_match) {
    request.headers.add("If-Match", if_match->str());
  }
  auto const calls = std::make_shared<upstream::call_count>();
  std::vector<byte_span> parts;
  std::vector<early_part> early;
  if (read.range) {
    if (is_huge(*read.range)) {
      co_return asked::ask_with_a_head;
    }
    parts = std::visit(parts_asked{shared}, *read.range);
    if (parts.size() > 1) {
      auto const believed = if_match ? shared.index.look(read.id, ex.principal).facts : nullptr;
      early = ask_for_parts(ex, request, std::span(parts).subspan(1), believed.get(), calls);
    }
    request.headers.add("Range",
                        parts.empty() ? suffix_field(*read.range) : http::range_header(parts.front()));
  }
  auto answer = co_await ex.worker.origin.read(std::move(request), ex.errand(), ex.origin);
  ex.origin.calls += calls->calls;
  if (!answer) {
    co_return answer.error();
  }
  auto const& head = answer->head;
  if (head.status == 200 || head.status == 206) {
    std::optional<byte_count> size;
    auto const span = span_told(head, size);
    auto facts = learn(ex, read, head, span ? size : std::nullopt, began);
    if (facts && span) {
      // Bytes that are not those we asked for are no bytes of the object that we can tell the place of.
      auto const as_asked =
          head.status == 200 || parts.empty() || *span == base::intersect(parts.front(), {0, facts->id.size});
      make_fills(ex, read, facts, as_asked ? *span : byte_span{}, std::move(*answer), std::move(early),
                 fills);
      ex.stored = ex.stored || !fills.empty();
    }
    co_return asked::learnt;
  }
  early.clear();
  learn_refusal(ex, read, head.status, began);
  if (head.status == 412 && if_match) {
    co_return asked::learnt;  // our own condition: the client never sees it
  }
  if (head.status == 416) {
    co_return asked::ask_with_a_head;
  }
  auto const look = [](std::string_view) {};
  auto relayed = co_await relay_answer(ex, std::move(*answer), look);
  if (!relayed) {
    co_return relayed.error();
  }
  co_return asked::answered;
}

void learn_in_passing(exchange& ex, upstream::response_head const& head, cache::moment began) {
  auto& index = ex.shared().index;
  cache::object_id const id{ex.where.bucket, ex.where.key, asked_version(ex.query)};
  switch (head.status) {
    case 200:
    case 206: {
      std::optional<byte_count> size;
      span_told(head, size);
      auto told = cache::read_answer(head.headers, size, cache::answer_kind::part);
      if (auto* what = std::get_if<cache::told>(&told)) {
        what->headers = nullptr;
        index.learn(id, {cache::evidence_source::listing, began, std::move(*what)}, std::nullopt);
      }
      return;
    }
    case 401:
    case 403:
      index.revoke(id, ex.principal, began);
      return;
    case 404:
    case 405:
      index.learn_absence(id, cache::absence::not_found, began);
      return;
    default:
      return;
  }
}

}  // namespace s3proxy::proxy
