#pragma once

#include "counters.hpp"
#include "framing.hpp"
#include "pace.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

namespace rig {

struct link_settings {
  boost::asio::ip::tcp::endpoint store;
  std::chrono::nanoseconds first_byte{};
  double bytes_per_second = 0;
  std::chrono::nanoseconds set_up{};  ///< what a new connection costs before its first request gets through
};

/// What all connections of the link share; it outlives them.
struct link_state {
  link_settings settings;
  counters counted;
  std::optional<shared_wire> wire;   // none unless the total is capped
  std::unique_ptr<request_log> log;  // none unless asked for
  pace::clock::time_point started = pace::clock::now();
  pace::clock::time_point last_byte = started;  // when the newest one came in or went out
  std::uint64_t connections_ever = 0;
};

/// One client connection and its own connection to the store. Bytes pass unchanged; the response stream alone
/// is held back: a response's first byte leaves no sooner than `first_byte` after the newest byte of its
/// request came (and the connection was set up), and what follows is paced.
class connection : public std::enable_shared_from_this<connection> {
 public:
  connection(boost::asio::ip::tcp::socket client, link_state& state);

  /// Runs until either side is gone; keeps itself alive.
  void start();

 private:
  struct exchange {
    pace::clock::time_point newest_request_byte;
    bool is_head = false;
    bool is_list = false;
    bool is_speculative = false;
  };

  boost::asio::awaitable<void> run();
  boost::asio::awaitable<void> carry_requests();
  boost::asio::awaitable<void> carry_responses();
  boost::asio::awaitable<bool> forward_responses(std::string_view bytes);
  boost::asio::awaitable<bool> send_in_turns(std::string_view bytes);
  bool observe_requests(std::string_view bytes);
  void begin_exchange(message_head const& head);
  pace::clock::time_point request_byte_came();
  void begin_response_body();
  void finish_response();
  void reset();
  void close();

  boost::asio::awaitable<void> wait_until(pace::clock::time_point when);

  static constexpr std::size_t step = std::size_t{64} * 1024;

  static constexpr std::chrono::seconds longest_linger{2};

  link_state& state_;
  std::uint64_t number_;
  boost::asio::ip::tcp::socket client_;
  boost::asio::ip::tcp::socket store_;
  boost::asio::steady_timer timer_;
  pace pace_;
  pace::clock::time_point set_up_at_;  // when a first request could be on its way
  message_framing request_framing_;
  message_framing response_framing_;
  std::deque<exchange> exchanges_;  // asked and not yet answered, in order
  bool interim_ = false;            // the response at hand is a 1xx: the real one is still to come
  bool client_done_ = false;        // it sends no more
  bool lingering_ = false;          // the store is gone: what the client still sends is read and dropped
  std::array<char, step> upward_;
  std::array<char, step> downward_;
};

}  // namespace rig
