#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/read_ahead/event.hpp"
#include "s3proxy/read_ahead/spans.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace s3proxy::read_ahead {

using microseconds = std::chrono::microseconds;

/// What lies between the proxy and the store: the link that the recordings were made over.
struct link {
  microseconds first_byte{30'000};
  base::byte_count bytes_per_second = 80'000'000;  ///< of one connection
  unsigned guess_connections = 48;                 ///< demand has connections of its own
  base::byte_count part = base::byte_count{2} << 20;
  base::byte_count cell = 16 * 1024;  ///< what is held, is held in these

  microseconds transfer(base::byte_count bytes) const {
    return microseconds{static_cast<microseconds::rep>(bytes * 1'000'000 / bytes_per_second)};
  }
  microseconds request(base::byte_count bytes) const { return first_byte + transfer(bytes); }
};

/// What happens when, in order of time; at one time, in the order in which it was planned.
class agenda {
 public:
  void at(microseconds when, std::function<void()> what);
  void run();
  microseconds now() const { return now_; }

 private:
  std::map<std::pair<microseconds, std::size_t>, std::function<void()>> planned_;
  microseconds now_{};
  std::size_t count_ = 0;
};

/// Objects behind the link, and what of them has come through it or is on its way. Objects are numbers.
class modelled_link {
 public:
  modelled_link(link const& over, agenda& when, std::vector<base::byte_count> const& sizes);

  enum class purpose { demand, guess };
  struct read {
    bool lacked = false;          ///< some of it was neither held nor on its way
    bool waits = false;           ///< some of it was on its way
    base::byte_count guessed = 0;  ///< of it that nobody had read before and that guesses brought, or bring
    microseconds first{};         ///< its first byte
    microseconds last{};          ///< its last one
  };
  /// A client reads: waits for what comes, asks for the rest.
  read demand(std::size_t object, base::byte_span what);
  /// Asks for what is neither held nor on its way. `done` is told how long it took once all of it is there: at
  /// once where there was nothing to ask for, and not at all after cancel().
  void fetch(std::size_t object, base::byte_span what, ticket which, std::function<void(microseconds)> done);
  /// The end of an object comes with the answer to a HEAD, in one request that begins now.
  void fetch_tail(std::size_t object, base::byte_span what);
  void cancel(ticket which);

  /// When anything that is under way for an object tells that it is there, sooner for being waited for.
  std::optional<microseconds> answer(std::size_t object);
  void answered(std::size_t object, microseconds when);

  enum class state { absent, coming, held };
  state state_of(std::size_t object, base::byte_span what) const;

  struct sums {
    std::size_t demand_requests = 0;
    std::size_t guess_requests = 0;
    base::byte_count fetched = 0;
    base::byte_count guessed = 0;  ///< of what was fetched
    base::byte_count used = 0;     ///< of what was guessed: read by a client afterwards
    base::byte_count asked = 0;    ///< by clients, each byte once
  };
  sums const& totals() const { return sums_; }

 private:
  struct part {
    std::size_t object = 0;
    std::size_t first = 0, last = 0;  // cells
    ticket which = 0;
    std::optional<microseconds> begun;
  };
  struct order {
    std::size_t left = 0;
    microseconds took{};
    std::function<void(microseconds)> done;
  };
  static constexpr std::size_t nobody = ~std::size_t{0};
  struct cell {
    enum class how { absent, by_time, by_part } way = how::absent;
    microseconds at{};        // by_time: when its last byte comes
    std::size_t part = 0;     // by_part
    bool is_guessed = false;
  };
  struct content {
    base::byte_count size = 0;
    std::vector<cell> cells;
    span_set asked;
    std::optional<microseconds> answer;
    std::vector<std::size_t> parts;
  };

  std::vector<std::pair<std::size_t, std::size_t>> absent_runs(content const& of, base::byte_span what) const;
  base::byte_span bytes_of(content const& of, std::size_t first, std::size_t last) const;
  void bring(content& of, std::size_t first, std::size_t last, purpose why);
  microseconds arrival(cell const& of, std::size_t number);
  void begin(std::size_t part_number);
  void begin_next();
  void end(std::size_t part_number);
  void count(content& of, base::byte_span what, read& into);

  link const& link_;
  agenda& agenda_;
  std::vector<content> objects_;
  std::vector<part> parts_;
  std::deque<std::size_t> queue_;
  std::map<ticket, order> orders_;
  std::size_t busy_ = 0;
  sums sums_;
};

}  // namespace s3proxy::read_ahead
