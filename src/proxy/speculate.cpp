#include "s3proxy/http/target.hpp"
#include "s3proxy/observe/log.hpp"
#include "s3proxy/proxy/speculator.hpp"
#include "s3proxy/read_ahead/parquet_footer.hpp"
#include "s3proxy/s3/identity.hpp"
#include "s3proxy/s3/storage_class.hpp"

#include "counted_task.hpp"
#include "speculator_record.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace s3proxy::proxy {
namespace {

using base::byte_count;
using base::byte_span;
using boost::asio::awaitable;

cache::object_id id_of(speculation_reader const& by, read_ahead::file_content const& file) {
  return {by.bucket, file.key, std::nullopt};
}

std::string path_of(speculation_reader const& by, base::object_key const& key) {
  return "/" + by.bucket.str() + "/" + http::uri_encode(key.str(), http::slash::keep);
}

/// What is known of the object now, if it is the content that the guess was made for and this reader may read
/// it: by its rules, and as quickly and cheaply as any other.
cache::entry_view fit_to_guess(services& shared, speculation_reader const& by,
                               read_ahead::file_content const& file) {
  auto view = shared.index.look(id_of(by, file), by.principal);
  auto const& facts = view.facts;
  auto const is_current = facts && !view.unstorable && !view.doubted &&
                          cache::stands(view.evidence, view.raised) && facts->id.size == file.size &&
                          (file.version == 0 || facts->generation == file.version);
  auto const may = !by.known || s3::allows(*by.known, s3::access::read, by.bucket, file.key.str());
  auto const is_quick =
      is_current && (!facts->headers || s3::is_quick_to_read(s3::told_storage_class(facts->headers->fields)));
  if (!is_current || !may || !is_quick) {
    view.facts = nullptr;
  }
  return view;
}

awaitable<void> pause(boost::asio::any_io_executor executor) {
  boost::asio::steady_timer timer(executor, std::chrono::milliseconds(1));
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

/// Sleeps until the flight's next step after `seen`, for a second at most.
awaitable<void> next_step(boost::asio::any_io_executor executor, store::flight& flight, std::uint64_t seen) {
  auto const timer = std::make_shared<boost::asio::steady_timer>(executor, std::chrono::seconds(1));
  auto const wake = [timer] { boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); }); };
  if (flight.wait(seen, wake)) {
    co_await timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

}  // namespace

void speculator::fetch(worker_services& worker, speculation_reader_ptr const& by,
                       read_ahead::guess const& wanted) {
  auto const refuse = [&](std::string_view why) {
    shared_.read_ahead_counts.refused.add(why);
    ended(by, wanted.number, {.status = 0, .fault = base::errc::origin_busy, .abandoned = true});
  };
  auto const id = id_of(*by, wanted.file);
  auto const view = fit_to_guess(shared_, *by, wanted.file);
  if (!view.facts) {
    return refuse("not_fit");
  }
  auto missing = shared_.blocks.missing(*view.facts, wanted.span);
  auto const spans = cache::plan_fetches(missing, shared_.config.limits.fetch);
  // Who comes meanwhile and has no right yet waits for this answer, which tells it.
  std::unique_ptr<store::flight_table::question> question;
  if (!view.right && !spans.empty()) {
    question = shared_.questions.ask_or_wait(id, by->principal).mine;
  }
  std::vector<fill_order> orders;
  for (auto const& span : spans) {
    if (!rate_.take(by->bucket, span.size(), shared_.clock.now())) {
      shared_.read_ahead_counts.refused.add("rate");
      break;
    }
    auto flight = std::make_shared<store::flight>();
    auto permit = shared_.blocks.claim(*view.facts, span, flight, store::purpose::speculation);
    if (permit.empty()) {
      break;
    }
    flight->join();
    auto errand = std::make_shared<upstream::errand>(upstream::urgency::speculation, by->number);
    orders.push_back({id, by->principal, by->signer, path_of(*by, wanted.file.key), view.facts,
                      std::move(permit), std::move(flight), std::make_shared<upstream::call_count>(),
                      std::move(errand)});
    orders.back().on_end = [this, by, which = wanted.number](fill_end const& how) { ended(by, which, how); };
  }
  if (orders.empty()) {
    if (spans.empty()) {  // somebody was faster: it is there, or comes
      return ended(by, wanted.number, {});
    }
    return refuse("no_room");
  }
  shared_.read_ahead_counts.requests.add(to_text(wanted.kind), orders.size());
  if (question) {
    question->asked().on_wanted([errand = orders.front().errand](std::uint64_t client) {
      errand->promote(upstream::client_number{client});
    });
    orders.front().question = std::move(question);
  }
  std::vector<std::shared_ptr<store::flight>> flights;
  for (auto const& one : orders) {
    flights.push_back(one.flight);
  }
  auto cancelled = false;
  {
    auto& home = shard_of(by->table);
    std::lock_guard const lock(home.mutex);
    auto& ongoing = record_of(home, by).under_way[wanted.number];
    ongoing.left = orders.size();
    cancelled = ongoing.cancelled;
    if (!cancelled) {
      ongoing.flights = flights;
    }
  }
  for (auto& one : orders) {
    start_fill(worker, std::move(one));
  }
  if (cancelled) {
    for (auto const& flight : flights) {
      flight->leave();
    }
  }
}

void speculator::ended(speculation_reader_ptr const& by, read_ahead::ticket which, fill_end const& how) {
  if (how.status == 429 || how.status == 503) {
    rate_.slow_down(by->bucket, shared_.clock.now());
  }
  read_ahead::event what;
  {
    auto& home = shard_of(by->table);
    std::lock_guard const lock(home.mutex);
    auto& at = record_of(home, by);
    auto const found = at.under_way.find(which);
    if (found == at.under_way.end()) {
      return;
    }
    auto& ongoing = found->second;
    ongoing.forbidden = ongoing.forbidden || how.status == 401 || how.status == 403;
    ongoing.failed = ongoing.failed || how.fault || how.abandoned;
    ongoing.took = std::max(ongoing.took, how.total);
    if (ongoing.left > 1) {
      --ongoing.left;
      return;
    }
    using why = read_ahead::refused::why;
    if (ongoing.failed || ongoing.forbidden) {
      what = read_ahead::refused{which, ongoing.forbidden ? why::forbidden : why::other};
    } else {
      what = read_ahead::landed{which, ongoing.took};
    }
    at.under_way.erase(found);
  }
  step(by, what, nullptr);
}

// The footer passes as any other bytes do: it is read from the store of blocks as soon as it is there, and
// fetched as far as it is longer than what came.
awaitable<void> speculator::read_layout(worker_services& worker, speculation_reader_ptr by,
                                        read_ahead::file_content file) {
  constexpr byte_count ending = 8;
  counted_task const counted(shared_);
  auto const view = fit_to_guess(shared_, *by, file);
  if (!view.facts || file.size < ending) {
    co_return;
  }
  auto const facts = view.facts;
  file.version = facts->generation;
  std::optional<read_ahead::parquet_footer_reader> reader;
  byte_span left{file.size - ending, file.size};
  std::string last_eight;
  auto done = false;
  auto asked_for_rest = false;
  for (unsigned waits = 0; !done && !left.empty();) {
    auto found = shared_.blocks.find(*facts, left, store::block_store::use::peeks);
    if (!found.bytes.empty()) {
      auto const piece = found.bytes.substr(0, shared_.config.limits.speculation.footer_piece);
      left.begin += piece.size();
      if (reader) {
        done = reader->feed(piece) == read_ahead::parquet_footer_reader::progress::done;
        co_await boost::asio::post(worker.executor, boost::asio::use_awaitable);
        continue;
      }
      last_eight += piece;
      if (!left.empty()) {
        continue;
      }
      auto const where = read_ahead::find_footer(last_eight, file.size, planner_.limits.footer);
      if (auto const* why = std::get_if<read_ahead::no_layout>(&where)) {
        shared_.read_ahead_counts.no_layout.add(to_text(*why));
        step(by, read_ahead::layout_read{file, nullptr}, nullptr);
        co_return;
      }
      left = std::get<byte_span>(where);
      reader.emplace(left, file.size, planner_.limits.footer);
      continue;
    }
    if (found.coming) {
      auto const seen = found.coming->progress();
      auto const again = shared_.blocks.find(*facts, left, store::block_store::use::peeks);
      if (again.coming == found.coming) {
        co_await next_step(worker.executor, *found.coming, seen);
      }
    } else if (auto const question = shared_.questions.open(id_of(*by, file), by->principal)) {
      co_await next_step(worker.executor, *question, question->progress());  // its answer may bring it
    } else if (waits < 2) {
      co_await pause(worker.executor);  // whoever reads the tail is about to ask for it
    } else if (!std::exchange(asked_for_rest, true)) {
      complete_footer(worker, by, file, facts, left);
    } else {
      co_return;  // it did not come: the next reader of the tail tries again
    }
    if (++waits > shared_.config.limits.speculation.footer_waits) {
      co_return;
    }
  }
  auto result = std::move(*reader).result();
  if (auto const* why = std::get_if<read_ahead::no_layout>(&result)) {
    shared_.read_ahead_counts.no_layout.add(to_text(*why));
    step(by, read_ahead::layout_read{file, nullptr}, nullptr);
    co_return;
  }
  auto shape = std::make_shared<read_ahead::layout const>(std::get<read_ahead::layout>(std::move(result)));
  step(by, read_ahead::layout_read{file, std::move(shape)}, nullptr);
}

/// Fetches what of a footer the tail did not bring.
void speculator::complete_footer(worker_services& worker, speculation_reader_ptr const& by,
                                 read_ahead::file_content const& file, cache::facts_ptr const& facts,
                                 byte_span rest) {
  for (auto const& span :
       cache::plan_fetches(shared_.blocks.missing(*facts, rest), shared_.config.limits.fetch)) {
    if (!rate_.take(by->bucket, span.size(), shared_.clock.now())) {
      return;
    }
    auto flight = std::make_shared<store::flight>();
    auto permit = shared_.blocks.claim(*facts, span, flight, store::purpose::speculation);
    if (permit.empty()) {
      return;
    }
    flight->join();
    auto errand = std::make_shared<upstream::errand>(upstream::urgency::speculation, by->number);
    start_fill(worker,
               {id_of(*by, file), by->principal, by->signer, path_of(*by, file.key), facts, std::move(permit),
                std::move(flight), std::make_shared<upstream::call_count>(), std::move(errand)});
  }
}

}  // namespace s3proxy::proxy
