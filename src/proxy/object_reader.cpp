#include "s3proxy/proxy/object_reader.hpp"

#include "s3proxy/proxy/speculator.hpp"
#include "s3proxy/read_ahead/table_name.hpp"

#include "wake_up.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace s3proxy::proxy {
namespace {

using base::byte_count;
using base::byte_span;
using base::errc;
using base::result;
using boost::asio::awaitable;

/// Names the scan that a request belongs to, so that its reads of one block are one use.
store::scan_tag scan_tag_of(exchange const& ex) {
  auto const table = std::hash<std::string_view>{}(read_ahead::table_of(ex.where.key.str()));
  auto const mixed = (table ^ static_cast<std::uint64_t>(ex.client_number())) * 0x9e3779b97f4a7c15ULL;
  return store::scan_tag{static_cast<std::uint32_t>(mixed >> 32) | 1U};
}

}  // namespace

object_reader::object_reader(exchange& ex, cache::object_id id, cache::facts_ptr facts, byte_span span,
                             cache::read_extent extent)
    : ex_(ex),
      id_(std::move(id)),
      facts_(std::move(facts)),
      span_(span),
      extent_(extent),
      at_(span.begin),
      scheduled_(span.begin),
      wake_(std::make_unique<wake_up>(ex.client)) {
  if (ex.shared().ahead) {
    tag_ = scan_tag_of(ex);
  }
}

object_reader::~object_reader() {
  for (auto const& flight : joined_) {
    flight->leave();
  }
  ex_.origin.calls += calls_->calls;
}

void object_reader::join(std::shared_ptr<store::flight> flight) {
  if (std::ranges::find(joined_, flight) == joined_.end()) {
    flight->join();
    flight->want(static_cast<std::uint64_t>(ex_.client_number()));
    joined_.push_back(std::move(flight));
  }
}

// Joined before it is started, so that it does not end for want of a waiter.
void object_reader::start(fill_order order, first_answer first) {
  order.calls = calls_;
  fetched_.push_back(order.permit.span());
  join(order.flight);
  start_fill(ex_.worker, std::move(order), std::move(first));
}

bool object_reader::lacks_some() {
  waited_ = waited_ || !joined_.empty() || !ex_.shared().blocks.missing(*facts_, {at_, span_.end}).empty();
  return waited_;
}

byte_count object_reader::window() const {
  auto const& shared = ex_.shared();
  auto const& limits = shared.config.limits;
  return cache::window_of(extent_, at_ - span_.begin, room_in_flight(shared), limits.fetch);
}

// Claims what is missing up to the window's end and starts a fill for each run of it.
void object_reader::fetch_ahead() {
  auto const& limits = ex_.shared().config.limits;
  scheduled_ = std::max(scheduled_, at_);
  auto const horizon = std::min(at_ + window(), span_.end);
  auto const worthwhile =
      horizon == span_.end || horizon >= scheduled_ + limits.fetch.part || scheduled_ == at_;
  if (question_ || scheduled_ >= horizon || !worthwhile) {
    return;
  }
  auto& blocks = ex_.shared().blocks;
  auto const missing = blocks.missing(*facts_, {scheduled_, horizon});
  auto const lacked = !missing.empty();
  if (lacked && !std::exchange(looked_for_question_, true)) {
    question_ = ex_.shared().questions.open(id_, ex_.principal);
    if (question_) {
      return;  // whoever asked knows what the object is, and is about to claim what comes of it
    }
  }
  for (auto const& span : cache::plan_fetches(missing, limits.fetch)) {
    auto flight = std::make_shared<store::flight>();
    auto permit = blocks.claim(*facts_, span, flight);
    if (permit.empty()) {
      continue;  // another read was faster
    }
    ex_.stored = true;
    start({id_, ex_.principal, ex_.signer, ex_.store_path, facts_, std::move(permit), flight, calls_,
           ex_.errand()});
  }
  scheduled_ = std::max(scheduled_, horizon);
  if (lacked) {
    tell_of_read(read_ahead::held::no);
  }
}

void object_reader::tell_of_read(read_ahead::held bytes) {
  if (ex_.shared().ahead && !std::exchange(told_of_read_, true)) {
    ex_.shared().ahead->reads(ex_, *facts_, span_, bytes);
  }
}

// Between an answer's head and its claim another worker can see the facts and not yet who brings the bytes.
awaitable<void> object_reader::wait_for_question() {
  while (!question_->finished() && !wake_->client_gone()) {
    auto const seen = question_->progress();
    if (!question_->finished()) {
      co_await wake_->wait(*question_, seen);
    }
  }
  question_.reset();
}

object_reader::piece object_reader::take(store::block_store::look found, found_when when) {
  auto const waited = when == found_when::later;
  auto const count = std::min<byte_count>(found.bytes.size(), span_.end - at_);
  if (found.guessed > 0) {
    ex_.guessed_bytes += std::min(found.guessed, count);  // it counts whole cells
    tell_of_read(waited ? read_ahead::held::no : read_ahead::held::yes);
  }
  // A fill may be faster than its reader: what it brought was not held before.
  auto const fetched = std::ranges::any_of(fetched_, [&](byte_span own) { return own.contains(at_); });
  at_ += count;
  auto const was_held = !waited && !fetched;
  (was_held ? served_held_ : waited_) = true;
  awaited_block_ = store::block_pin();
  return {std::move(found.pin), found.bytes.substr(0, static_cast<std::size_t>(count)), was_held};
}

std::optional<object_reader::piece> object_reader::at_hand() {
  if (done() || waited_) {
    return std::nullopt;
  }
  fetch_ahead();
  // What a fill of another reader brings is streamed: its bytes are hot, and copying them is right.
  if (question_ || !joined_.empty()) {
    return std::nullopt;
  }
  auto found = ex_.shared().blocks.find(*facts_, {at_, span_.end}, store::block_store::use::counts, tag_);
  if (found.bytes.empty()) {
    return std::nullopt;
  }
  return take(std::move(found), found_when::at_once);
}

awaitable<result<object_reader::piece>> object_reader::next() {
  auto& shared = ex_.shared();
  unsigned faults = 0;
  bool asleep_before = false;
  std::shared_ptr<store::flight> awaited;
  fetch_ahead();
  if (question_) {
    co_await wait_for_question();
    if (wake_->client_gone()) {
      co_return errc::client_gone;
    }
    fetch_ahead();
  }
  for (;;) {
    auto const seen = awaited ? awaited->progress() : 0;
    auto found = shared.blocks.find(*facts_, {at_, span_.end}, store::block_store::use::counts, tag_);
    if (!found.bytes.empty()) {
      co_return take(std::move(found), asleep_before ? found_when::later : found_when::at_once);
    }
    if (found.coming && found.coming != awaited) {
      awaited = found.coming;
      if (std::ranges::find(joined_, awaited) == joined_.end()) {
        ex_.collapsed = true;
      }
      join(awaited);
      continue;  // its progress is read before the cell is looked at again
    }
    if (found.coming) {
      asleep_before = true;
      awaited_block_ = std::move(found.pin);
      tell_of_read(read_ahead::held::no);
      co_await wake_->wait(*awaited, seen);
      if (wake_->client_gone()) {
        co_return errc::client_gone;
      }
      continue;
    }
    // Nobody brings it: a fill gave up, or the block was evicted before we came to it.
    auto const outcome = awaited ? awaited->outcome() : std::nullopt;
    if (outcome == errc::version_changed || outcome == errc::origin_bad_response) {
      co_return *outcome;
    }
    if (outcome && ++faults >= shared.config.limits.refetches) {
      co_return *outcome;
    }
    awaited.reset();
    scheduled_ = at_;
    fetch_ahead();
  }
}

}  // namespace s3proxy::proxy
