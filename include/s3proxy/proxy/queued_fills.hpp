#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/fetch.hpp"
#include "s3proxy/cache/object.hpp"
#include "s3proxy/upstream/errand.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace s3proxy::proxy {

/// An answer whose body is already coming, and where in the object it begins.
struct coming_answer {
  upstream::origin_answer answer;
  base::byte_count begins_at = 0;
};

class queued_fill;

/// Fills whose bytes come with the answer to another, in the object's order. Who holds it owes the first of
/// them an answer, or the word that there is none, which its death gives to all. Movable.
class fill_chain {
 public:
  fill_chain() = default;
  explicit fill_chain(std::vector<std::shared_ptr<queued_fill>> behind) : behind_(std::move(behind)) {}
  fill_chain(fill_chain&&) noexcept = default;
  fill_chain& operator=(fill_chain&& other) noexcept;
  ~fill_chain() { break_off(); }

  bool empty() const { return behind_.empty(); }
  /// Where the last of them ends in the object. Not of an empty one.
  base::byte_count end() const;
  /// Gives the first what is left of the answer, and the others to look after. Not of an empty one.
  void hand_on(coming_answer rest);
  /// Tells them all that nothing comes.
  void break_off();

 private:
  std::vector<std::shared_ptr<queued_fill>> behind_;
};

struct handed_on {
  coming_answer rest;
  fill_chain behind;
};

/// What a fill is of, for those who may ask for its bytes along with theirs.
struct fill_subject {
  cache::object_id id;
  cache::facts_ptr facts;
  base::principal_id principal;
  base::byte_span span;
};

/// A fill that may have to wait for a connection. Lives on its worker.
class queued_fill {
 public:
  queued_fill(boost::asio::any_io_executor const& on, fill_subject what, upstream::errand_ptr who)
      : subject_(std::move(what)), who_(std::move(who)), wake_(on) {}

  fill_subject const& subject() const { return subject_; }
  /// Another asks for its bytes: its own request never went out, and receive() tells what became of theirs.
  bool taken() const { return taken_; }
  /// The rest of the other's answer; nothing when that failed or was given up. It comes when the fill in
  /// front ends, whose own waits have deadlines. Called once.
  boost::asio::awaitable<std::optional<handed_on>> receive();

 private:
  friend class fill_chain;
  friend class queued_fills;

  void end(std::optional<handed_on> what);

  fill_subject subject_;
  upstream::errand_ptr who_;
  boost::asio::steady_timer wake_;
  std::optional<handed_on> handed_;
  bool taken_ = false;
  bool ended_ = false;
};

/// The fills of one worker that have not gone out yet. When all connections are in use, misses of one version
/// that lie side by side queue one behind another; the first that gets a connection then asks for all of
/// them. None waits for others to come. Not thread-safe.
class queued_fills {
 public:
  /// Says that a fill is about to ask. It is known until it goes out, is taken, or dies.
  std::shared_ptr<queued_fill> enter(boost::asio::any_io_executor const& on, fill_subject what,
                                     upstream::errand_ptr who);

  /// For a fill that goes out now: takes those that stand in line for a connection, are of its version and
  /// principal, and follow it with gaps of at most `limits.gap`, up to one part in all.
  fill_chain go_out(queued_fill const& first, cache::fetch_limits const& limits);

 private:
  std::vector<std::weak_ptr<queued_fill>> waiting_;
};

}  // namespace s3proxy::proxy
