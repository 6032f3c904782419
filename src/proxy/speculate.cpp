#include "s3proxy/http/target.hpp"
#include "s3proxy/proxy/speculator.hpp"
#include "s3proxy/s3/identity.hpp"
#include "s3proxy/s3/storage_class.hpp"

#include "speculator_record.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace s3proxy::proxy {
namespace {

using base::byte_span;

std::string path_of(speculation_reader const& by, base::object_key const& key) {
  return "/" + by.bucket.str() + "/" + http::uri_encode(key.str(), http::slash::keep);
}

fill_end const given_up{.status = 0, .fault = std::nullopt, .abandoned = true};

}  // namespace

cache::object_id id_of(speculation_reader const& by, read_ahead::file_content const& file) {
  return {by.bucket, file.key, std::nullopt};
}

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

void speculator::fetch(worker_services& worker, speculation_reader_ptr const& by,
                       read_ahead::guess const& wanted) {
  auto const refuse = [&](std::string_view why) {
    shared_.read_ahead_counts.refused.add(why);
    ended(by, wanted.number, given_up);
  };
  if (is_cancelled(*by, wanted.number)) {
    return ended(by, wanted.number, given_up);
  }
  auto const view = fit_to_guess(shared_, *by, wanted.file);
  if (!view.facts) {
    return refuse("not_fit");
  }
  auto const missing = shared_.blocks.missing(*view.facts, wanted.span);
  if (missing.empty()) {  // somebody was faster: it is there, or comes
    shared_.read_ahead_counts.speculated += wanted.span.size();
    return ended(by, wanted.number, {});
  }
  // Who comes meanwhile and has no right yet waits for this answer, which tells it.
  std::unique_ptr<store::flight_table::question> question;
  if (!view.right) {
    question = shared_.questions.ask_or_wait(id_of(*by, wanted.file), by->principal).mine;
  }
  auto const tell = [this, by, which = wanted.number](fill_end const& how) { ended(by, which, how); };
  std::vector<fill_order> orders;
  for (auto const& span : cache::plan_fetches(missing, shared_.config.limits.fetch)) {
    auto made = order(by, wanted.file.key, view.facts, span, tell);
    if (!made) {
      break;
    }
    orders.push_back(std::move(*made));
  }
  if (orders.empty()) {
    return ended(by, wanted.number, given_up);  // order() has counted why
  }
  shared_.read_ahead_counts.requests.add(to_text(wanted.kind), orders.size());
  shared_.read_ahead_counts.speculated += wanted.span.size();
  if (question) {
    question->asked().on_wanted([errand = orders.front().errand](std::uint64_t client) {
      errand->promote(upstream::client_number{client});
    });
    orders.front().question = std::move(question);
  }
  start_all(worker, by, wanted.number, std::move(orders));
}

/// A request for a part of a guess, joined so that it can be ended from here; nothing, counted, where the
/// rate or the memory does not allow it.
std::optional<fill_order> speculator::order(speculation_reader_ptr const& by, base::object_key const& key,
                                            cache::facts_ptr const& facts, byte_span span,
                                            std::function<void(fill_end const&)> on_end) {
  if (!rate_.take(by->bucket, span.size(), shared_.clock.now())) {
    shared_.read_ahead_counts.refused.add("rate");
    return std::nullopt;
  }
  auto flight = std::make_shared<store::flight>();
  auto permit = shared_.blocks.claim(*facts, span, flight, store::purpose::speculation);
  if (permit.empty()) {
    rate_.give_back(span.size(), shared_.clock.now());
    shared_.read_ahead_counts.refused.add("no_room");
    return std::nullopt;
  }
  flight->join();
  auto errand = std::make_shared<upstream::errand>(upstream::urgency::speculation, by->number);
  auto const account = [this, by, size = span.size(), on_end = std::move(on_end)](fill_end const& how) {
    auto const now = shared_.clock.now();
    if (how.status == 429 || how.status == 503) {
      rate_.slow_down(by->bucket, now - how.first_byte, now);
    } else if (how.status == 0 && how.abandoned) {
      rate_.give_back(size, now);  // it never went out, or nothing came of it
    }
    on_end(how);
  };
  return fill_order{{by->bucket, key, std::nullopt},
                    by->principal,
                    by->signer,
                    path_of(*by, key),
                    facts,
                    std::move(permit),
                    std::move(flight),
                    std::make_shared<upstream::call_count>(),
                    std::move(errand),
                    account};
}

bool speculator::is_cancelled(speculation_reader const& by, read_ahead::ticket which) {
  auto& home = shard_of(by.table);
  std::lock_guard const lock(home.mutex);
  auto const* const one = find_ongoing(home, by, which);
  return !one || one->cancelled;
}

// Whoever cancels a guess finds its flights here, or has come before them.
void speculator::start_all(worker_services& worker, speculation_reader_ptr const& by,
                           read_ahead::ticket which, std::vector<fill_order> orders) {
  std::vector<std::shared_ptr<store::flight>> flights;
  for (auto const& one : orders) {
    flights.push_back(one.flight);
  }
  auto cancelled = true;
  {
    auto& home = shard_of(by->table);
    std::lock_guard const lock(home.mutex);
    if (auto* const one = find_ongoing(home, *by, which)) {
      cancelled = one->cancelled;
      one->left = orders.size();
      one->flights = cancelled ? decltype(flights){} : flights;
    }
  }
  for (auto const& flight : flights) {
    if (cancelled) {
      flight->leave();  // before it begins: it asks for nothing
    }
  }
  for (auto& one : orders) {
    start_fill(worker, std::move(one));
  }
}

void speculator::ended(speculation_reader_ptr const& by, read_ahead::ticket which, fill_end const& how) {
  read_ahead::event what;
  {
    auto& home = shard_of(by->table);
    std::lock_guard const lock(home.mutex);
    auto* const found = find_ongoing(home, *by, which);
    if (!found) {
      return;
    }
    auto& one = *found;
    one.forbidden = one.forbidden || is_forbidden(how);
    one.failed = one.failed || how.fault || how.abandoned;
    one.took = std::max(one.took, how.total);
    if (one.left > 1) {
      --one.left;
      return;
    }
    using why = read_ahead::refused::why;
    if (one.failed || one.forbidden) {
      what = read_ahead::refused{which, one.forbidden ? why::forbidden : why::other};
    } else {
      what = read_ahead::landed{which, one.took};
    }
    find(home, *by)->under_way.erase(which);
  }
  step(by, what);
}

}  // namespace s3proxy::proxy
