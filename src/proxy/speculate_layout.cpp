#include "s3proxy/proxy/speculator.hpp"
#include "s3proxy/read_ahead/parquet_footer.hpp"

#include "counted_task.hpp"
#include "speculator_record.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace s3proxy::proxy {

using base::byte_count;
using base::byte_span;
using boost::asio::awaitable;

/// A footer that is being read: what of it is still to come, and how long it was waited for.
struct speculator::footer_search {
  speculation_reader_ptr by;
  read_ahead::file_content file;
  cache::facts_ptr facts;
  byte_span left;
  unsigned waits = 0;
  /// What to do where nobody brings what is left.
  enum class otherwise { wait_a_little, ask_for_it, give_up } then = otherwise::wait_a_little;
};

namespace {

constexpr byte_count ending = 8;  // the footer's length and the magic

awaitable<void> pause(boost::asio::any_io_executor executor) {
  boost::asio::steady_timer timer(executor, std::chrono::milliseconds(1));
  co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

/// Sleeps until the flight's next step after `seen`, for a second at most.
awaitable<void> next_step(boost::asio::any_io_executor executor, store::flight& flight, std::uint64_t seen) {
  auto const timer = std::make_shared<boost::asio::steady_timer>(executor, std::chrono::seconds(1));
  auto const wake = [timer] { boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); }); };
  if (!flight.finished() && flight.wait(seen, wake)) {
    co_await timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

}  // namespace

// The footer passes as any other bytes do: it is read from the store of blocks as soon as it is there, and
// fetched as far as it is longer than what came. The end of a file is not asked for here: where it did not
// come, whoever guessed it was refused. A copy: its block may go while it is read.
awaitable<std::string> speculator::next_piece(worker_services& worker, footer_search& at) {
  auto const& limits = shared_.config.limits.speculation;
  for (; at.waits < limits.footer_waits; ++at.waits) {
    auto found = shared_.blocks.find(*at.facts, at.left, store::block_store::use::peeks);
    if (!found.bytes.empty()) {
      auto const length = std::min<byte_count>({found.bytes.size(), limits.footer_piece, at.left.size()});
      at.left.begin += length;
      co_return std::string(found.bytes.substr(0, static_cast<std::size_t>(length)));
    }
    if (found.coming) {
      auto const seen = found.coming->progress();
      auto const again = shared_.blocks.find(*at.facts, at.left, store::block_store::use::peeks);
      if (again.coming == found.coming) {
        co_await next_step(worker.executor, *found.coming, seen);
      }
    } else if (auto const question = shared_.questions.open(id_of(*at.by, at.file), at.by->principal)) {
      auto const seen = question->progress();
      co_await next_step(worker.executor, *question, seen);  // its answer may bring it
    } else if (at.then == footer_search::otherwise::wait_a_little && at.waits < limits.footer_patience) {
      co_await pause(worker.executor);  // whoever reads the file's end is about to ask for it
    } else if (at.then == footer_search::otherwise::ask_for_it) {
      at.then = footer_search::otherwise::give_up;
      complete_footer(worker, at);
    } else {
      break;
    }
  }
  co_return std::string();
}

awaitable<void> speculator::read_layout(worker_services& worker, speculation_reader_ptr by,
                                        read_ahead::file_content file) {
  counted_task const counted(shared_);
  footer_search at{by, file, fit_to_guess(shared_, *by, file).facts, {}};
  auto const missed = read_ahead::layout_missed{file};
  if (!at.facts) {
    co_return step(by, missed);
  }
  at.file.version = at.facts->generation;
  at.left = {file.size - std::min(file.size, ending), file.size};
  std::string last;
  while (!at.left.empty()) {
    auto const piece = co_await next_piece(worker, at);
    if (piece.empty()) {
      co_return step(by, missed);
    }
    last += piece;
  }
  auto const where = read_ahead::find_footer(last, file.size, planner_.limits.footer);
  if (auto const* why = std::get_if<read_ahead::no_layout>(&where)) {
    co_return no_layout_of(at, *why);
  }
  at.left = std::get<byte_span>(where);
  at.then = footer_search::otherwise::ask_for_it;
  read_ahead::parquet_footer_reader reader(at.left, file.size, planner_.limits.footer);
  auto said = read_ahead::parquet_footer_reader::progress::more;
  while (said == read_ahead::parquet_footer_reader::progress::more && !at.left.empty()) {
    auto const piece = co_await next_piece(worker, at);
    if (piece.empty()) {
      co_return step(by, missed);
    }
    said = reader.feed(piece);
    co_await boost::asio::post(worker.executor, boost::asio::use_awaitable);  // others have their turn
  }
  auto result = std::move(reader).result();
  if (auto const* why = std::get_if<read_ahead::no_layout>(&result)) {
    co_return no_layout_of(at, *why);
  }
  auto shape =
      std::make_shared<read_ahead::file_shape const>(std::get<read_ahead::layout>(std::move(result)));
  step(by, read_ahead::layout_read{at.file, std::move(shape)});
}

void speculator::no_layout_of(footer_search const& at, read_ahead::no_layout why) {
  shared_.read_ahead_counts.no_layout.add(to_text(why));
  step(at.by, read_ahead::layout_read{at.file, nullptr});
}

/// Fetches what of a footer the tail did not bring.
void speculator::complete_footer(worker_services& worker, footer_search const& at) {
  auto const number = begin_footer(*at.by);
  if (!number) {
    return;  // nobody reads the table any more
  }
  auto const tell = [this, by = at.by, which = *number](fill_end const& how) { ended(by, which, how); };
  auto const missing = shared_.blocks.missing(*at.facts, at.left);
  std::vector<fill_order> orders;
  for (auto const& span : cache::plan_fetches(missing, shared_.config.limits.fetch)) {
    auto made = order(at.by, at.file.key, at.facts, span, tell);
    if (!made) {
      break;
    }
    orders.push_back(std::move(*made));
  }
  if (orders.empty()) {
    return ended(at.by, *number, {.status = 0, .fault = std::nullopt, .abandoned = true});
  }
  shared_.read_ahead_counts.requests.add("footer", orders.size());
  start_all(worker, at.by, *number, std::move(orders));
}

/// A number for it among the guesses, so that it ends with them.
std::optional<read_ahead::ticket> speculator::begin_footer(speculation_reader const& by) {
  constexpr read_ahead::ticket not_the_tables = read_ahead::ticket{1} << 63;
  auto& home = shard_of(by.table);
  std::lock_guard const lock(home.mutex);
  auto* const at = find(home, by);
  if (!at || !at->has_scans) {
    return std::nullopt;
  }
  auto const number = not_the_tables | at->footers++;
  at->under_way.try_emplace(number);
  return number;
}

}  // namespace s3proxy::proxy
