#include "s3proxy/cache/cells.hpp"
#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/proxy/answer.hpp"
#include "s3proxy/proxy/ask_store.hpp"
#include "s3proxy/proxy/handlers.hpp"
#include "s3proxy/proxy/object_reader.hpp"
#include "s3proxy/proxy/read_request.hpp"
#include "s3proxy/proxy/relay.hpp"
#include "s3proxy/proxy/speculator.hpp"
#include "s3proxy/s3/storage_class.hpp"

#include "wake_up.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace s3proxy::proxy {
namespace {

using base::byte_count;
using base::byte_span;
using base::errc;
using base::result;
using boost::asio::awaitable;

/// What one read has been through so far.
struct course {
  cache::read_request read;
  std::vector<first_fill> fills;
  bool asked_store = false;
  bool brought_bytes = false;  ///< an ask_get did: what it serves was not held before
  bool waited_for_question = false;
  bool head_first = false;
  bool told_of_read = false;  ///< who reads ahead knows of it
  byte_span tail{};           ///< of the object: it comes with what a HEAD asked for
};

std::string object_fields(exchange const& ex, cache::object_facts const& facts,
                          cache::read_request const& read) {
  auto const& headers = *facts.headers;
  auto out = override_fields(ex.query, headers);
  if (!read.range && read.checksums == cache::checksum_wish::wanted) {
    out += headers.rendered_checksums;
  }
  return out;
}

answer_head success_head(std::string& fields, cache::read_request const& read, byte_span span,
                         byte_count size) {
  auto const partial =
      read.range && !span.empty();  // the last n bytes of an empty object are the whole of it
  if (partial) {
    fields.append("Content-Range: ").append(http::content_range(span, size)).append("\r\n");
  }
  return {.status = partial ? 206U : 200U,
          .fields = fields,
          .framing = answer_framing::length,
          .length = span.size(),
          .request_id = {}};
}

void note_phase(exchange& ex, course const& way, object_reader* reader) {
  if (reader && reader->lacks_some()) {
    ex.phase = reader->served_held() ? cache::phase::partial : cache::phase::miss;
    if (ex.reason == cache::reason::none) {
      ex.reason = cache::reason::cells_missing;
    }
  } else if (way.brought_bytes || (way.asked_store && ex.reason == cache::reason::unknown_object)) {
    ex.phase = cache::phase::miss;
  } else {
    ex.phase = way.asked_store ? cache::phase::revalidate : cache::phase::hit;
  }
}

constexpr std::size_t most_lent_pieces = 5;  // a mebibyte that begins within a block

/// Sends `first`, and what follows it and is held: lent to the kernel where that may be.
awaitable<result<void>> send_pieces(exchange& ex, object_reader& reader, std::string_view head,
                                    object_reader::piece first) {
  auto const left = first.bytes.size() + static_cast<std::size_t>(reader.left());
  if (!first.held || !ex.client.may_lend(left) || !first.pin.lend()) {
    co_return co_await send(ex, head, first.bytes);
  }
  std::array<object_reader::piece, most_lent_pieces> held;
  std::array<std::string_view, most_lent_pieces> bytes;
  std::size_t count = 0;
  std::size_t total = first.bytes.size();
  bytes[count] = first.bytes;
  held[count++] = std::move(first);
  auto const most = ex.shared().config.limits.client.zero_copy.at_once;
  std::optional<object_reader::piece> not_lent;
  while (!not_lent && count < most_lent_pieces && total < most) {
    auto next = reader.at_hand();
    if (!next) {
      break;
    }
    if (!next->pin.lend()) {
      not_lent = std::move(next);
      break;
    }
    total += next->bytes.size();
    bytes[count] = next->bytes;
    held[count++] = *std::move(next);
  }
  auto sent = co_await send_lent(ex, head, {bytes.data(), count}, total);
  if (sent && not_lent) {
    co_return co_await send(ex, {}, not_lent->bytes);
  }
  co_return sent;
}

enum class served { whole, changed_before_first_byte, store_knows_better };

/// Sends the span. The head goes out with the first bytes, so that a fault before them is still an error
/// answer.
awaitable<result<served>> serve_body(exchange& ex, course& way, cache::facts_ptr facts, byte_span span) {
  auto const& range = way.read.range;
  auto const closed = range && std::holds_alternative<http::open_range>(*range) == false;
  object_reader reader(ex, way.read.id, facts, span,
                       closed ? cache::read_extent::closed : cache::read_extent::open_ended);
  if (way.told_of_read) {
    reader.is_told_of();
  }
  way.told_of_read = true;
  for (auto& fill : std::exchange(way.fills, {})) {
    reader.start(std::move(fill.order), std::move(fill.from));
  }
  std::string head;
  auto fields = object_fields(ex, *facts, way.read);
  auto const answer = success_head(fields, way.read, span, facts->id.size);
  if (span.empty()) {
    note_phase(ex, way, nullptr);
    head = render_head(ex, answer);
    auto sent = co_await send(ex, head, {});
    if (!sent) {
      co_return sent.error();
    }
  }
  while (!reader.done()) {
    auto piece = co_await reader.next();
    if (!piece) {
      auto const why = base::to_errc(piece.error());
      if (!ex.answer_started && why == errc::version_changed) {
        co_return served::changed_before_first_byte;
      }
      if (!ex.answer_started && why == errc::origin_bad_response) {
        co_return served::store_knows_better;
      }
      co_return piece.error();
    }
    if (!ex.answer_started) {
      note_phase(ex, way, &reader);
      head = render_head(ex, answer);
    }
    auto sent = co_await send_pieces(ex, reader, head, *std::move(piece));
    if (!sent) {
      co_return sent.error();
    }
    head.clear();
  }
  co_return served::whole;
}

awaitable<result<void>> serve_head(exchange& ex, course const& way, cache::object_facts const& facts,
                                   byte_span span) {
  note_phase(ex, way, nullptr);
  auto fields = object_fields(ex, facts, way.read);
  auto const head = render_head(ex, success_head(fields, way.read, span, facts.id.size));
  co_return co_await send(ex, head, {});
}

awaitable<result<void>> serve_not_modified(exchange& ex, course const& way,
                                           cache::object_facts const& facts) {
  note_phase(ex, way, nullptr);
  auto const fields = not_modified_fields(*facts.headers);
  auto const head = render_head(
      ex, {.status = 304, .fields = fields, .framing = answer_framing::none, .length = 0, .request_id = {}});
  co_return co_await send(ex, head, {});
}

/// How much of the object's end to ask for instead of its head: see speculator::tail_for_head. What a HEAD
/// tells and a GET of a part does not is asked for by a HEAD.
byte_count tail_wanted(exchange& ex, course const& way) {
  auto const& read = way.read;
  auto& shared = ex.shared();
  auto const fit = shared.ahead && read.kind == cache::read_kind::head && !read.range &&
                   read.checksums == cache::checksum_wish::none && !ex.query.contains("partNumber");
  auto const wanted = fit ? shared.ahead->tail_for_head(ex) : 0;
  auto const believed = shared.index.look(read.id, ex.principal).facts;
  if (wanted == 0 || !believed) {
    return wanted;
  }
  auto const& headers = believed->headers;
  auto const is_slow = headers && !s3::is_quick_to_read(s3::told_storage_class(headers->fields));
  auto const size = believed->id.size;
  auto const begin = base::round_up(size - std::min(size, wanted), cache::cell_size);  // as it is kept
  auto const is_held = shared.blocks.holds(*believed, {std::min(begin, size), size});
  return is_slow || is_held ? 0 : wanted;
}

/// Tells who reads ahead what a client waits for, before the store is asked for it: where a listing has told
/// the object's size, what comes next can be asked for at the same time.
void tell_early(exchange& ex, course& way, cache::object_facts const& facts) {
  auto const& read = way.read;
  if (!ex.shared().ahead || read.kind != cache::read_kind::get || std::exchange(way.told_of_read, true)) {
    return;
  }
  auto const whole = byte_span{0, facts.id.size};
  auto const span = read.range ? http::resolve(*read.range, facts.id.size) : whole;
  if (span && !span->empty()) {
    ex.shared().ahead->reads(ex, facts, *span, read_ahead::held::no);
  }
}

cache::plan plan_for(exchange& ex, course const& way, cache::entry_view const& known) {
  auto& shared = ex.shared();
  auto const holds = [&](cache::object_facts const& facts, byte_span span) {
    auto const found = shared.blocks.find(facts, span, store::block_store::use::peeks);
    return !found.bytes.empty() || found.coming != nullptr;
  };
  return cache::plan_get(way.read, known, shared.config.policy, holds);
}

/// Asks the store, or waits for the answer to the same question of another request of the same principal.
awaitable<result<asked>> ask(exchange& ex, course& way, cache::plan const& plan) {
  store::flight_table::turn turn;
  if (!way.waited_for_question) {
    turn = ex.shared().questions.ask_or_wait(way.read.id, ex.principal);
  }
  if (turn.theirs) {
    turn.theirs->want(static_cast<std::uint64_t>(ex.client_number()));  // it may be begun for nobody
  }
  if (turn.theirs) {
    way.waited_for_question = true;  // once: a verdict that was no help is not waited for again
    ex.collapsed = true;
    wake_up wake(ex.client);
    while (!turn.theirs->finished()) {
      auto const seen = turn.theirs->progress();
      if (!turn.theirs->finished()) {
        co_await wake.wait(*turn.theirs, seen);
      }
      if (wake.client_gone()) {
        co_return errc::client_gone;
      }
    }
    co_return asked::learnt;
  }
  // One that was open when we looked may have been answered before we asked.
  auto const now = plan_for(ex, way, ex.shared().index.look(way.read.id, ex.principal));
  if (now.step != plan.step && !way.head_first) {
    co_return asked::learnt;
  }
  way.asked_store = true;
  ex.phase = cache::phase::miss;  // until it is known to be better
  if (auto const length = tail_wanted(ex, way); length > 0) {
    if (auto const tail = co_await ask_tail(ex, way.read, length)) {
      way.tail = *tail;
      co_return asked::learnt;
    }
  }
  if (plan.step == cache::step::ask_head || way.head_first) {
    co_return co_await ask_head(ex, way.read);
  }
  way.brought_bytes = true;
  co_return co_await ask_get(ex, way.read, plan.if_match, way.fills);
}

/// Passes the client's own request through. What the answer says, a refusal first of all, takes effect before
/// the client hears of it.
awaitable<result<void>> bypass(exchange& ex, cache::reason why) {
  ex.phase = cache::phase::bypass;
  ex.reason = why;
  auto const began = ex.shared().begin();
  auto request = forwarded_request(ex);
  auto answer = co_await ex.worker.origin.read(std::move(request), ex.errand(), ex.origin);
  if (!answer) {
    co_return answer.error();
  }
  learn_in_passing(ex, answer->head, began);
  auto const look = [](std::string_view) {};
  co_return co_await relay_answer(ex, std::move(*answer), look);
}

}  // namespace

awaitable<result<void>> get_object(exchange& ex) {
  auto& shared = ex.shared();
  auto understood = read_request_of(ex);
  if (!understood) {
    co_return co_await bypass(ex, cache::reason::not_understood);
  }
  course way{.read = std::move(*understood), .fills = {}};
  for (unsigned questions = 0; questions < shared.config.limits.questions;) {
    auto const known = shared.index.look(way.read.id, ex.principal);
    auto const plan = plan_for(ex, way, known);
    if (plan.reason != cache::reason::none && ex.reason == cache::reason::none) {
      ex.reason = plan.reason;
    }
    switch (plan.step) {
      case cache::step::bypass:
        co_return co_await bypass(ex, plan.reason);
      case cache::step::not_modified:
        co_return co_await serve_not_modified(ex, way, *known.facts);
      // The store says no in its own words: how they read, and what headers come with them, differs.
      case cache::step::precondition_failed:
        co_return co_await bypass(ex, cache::reason::condition);
      case cache::step::unsatisfiable:
        co_return co_await bypass(ex, cache::reason::unsatisfiable);
      case cache::step::serve: {
        if (way.read.kind == cache::read_kind::head) {
          if (shared.ahead && way.asked_store) {
            shared.ahead->opened(ex, *known.facts, way.tail);
          }
          co_return co_await serve_head(ex, way, *known.facts, plan.span);
        }
        auto done = co_await serve_body(ex, way, known.facts, plan.span);
        if (!done) {
          co_return done.error();
        }
        if (*done == served::whole) {
          co_return result<void>{};
        }
        if (*done == served::store_knows_better) {
          co_return co_await bypass(ex, cache::reason::store_error);
        }
        ex.reason = cache::reason::version_changed;
        ++questions;
        break;
      }
      case cache::step::ask_head:
      case cache::step::ask_get: {
        ++questions;
        way.fills.clear();  // of an earlier question: nobody will read it
        if (known.facts) {
          tell_early(ex, way, *known.facts);
        }
        auto outcome = co_await ask(ex, way, plan);
        if (!outcome) {
          co_return outcome.error();
        }
        if (*outcome == asked::answered) {
          co_return result<void>{};
        }
        if (*outcome == asked::pass_through) {
          co_return co_await bypass(ex, plan.reason);
        }
        way.head_first = *outcome == asked::ask_with_a_head;
        break;
      }
    }
  }
  co_return errc::version_changed;
}

}  // namespace s3proxy::proxy
