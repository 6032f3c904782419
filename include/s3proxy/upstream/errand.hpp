#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace s3proxy::upstream {

/// Whether somebody waits for what is asked, or will perhaps want it.
enum class urgency { demand, speculation };

/// Whose share of the connections a request takes. Any number that stands for a client; 0 is our own.
enum class client_number : std::uint64_t {};

/// On whose behalf the store is asked, and how much it matters. It goes with each request: the pool lends by
/// it, and the client neither repeats nor hides faults of speculation. Shared by who asks and who queues, and
/// changed while the request waits: a speculation that a client turns out to want becomes that client's
/// demand. Thread-safe; `told` is called without its lock, on any thread.
class errand {
 public:
  using listener = std::function<void()>;

  errand(urgency how, client_number whose) : how_(how), whose_(whose) {}

  urgency how_urgent() const;
  client_number whose() const;
  /// It has a connection, and its request goes out.
  bool under_way() const;
  bool withdrawn() const;

  /// A client waits for it now: demand, and of that client's share. Demand stays whose it was.
  void promote(client_number joiner);
  /// Nobody wants it any more: what waits for a connection or for the head of its answer ends with
  /// client_gone; an answer that is being read goes on.
  void withdraw();
  /// Its request goes out with another's: where it stands in line for a connection it leaves the line, and
  /// the wait ends with client_gone. Elsewhere nothing happens.
  void leave_line();
  bool in_line() const;

  // For the pool and the client.

  /// Calls `told` at each promotion and withdrawal, and when it leaves the line, from now on; null: nobody.
  void on_change(listener told);
  void set_under_way();
  void enter_line();
  /// Says whether leave_line() was called since enter_line().
  bool end_line();

 private:
  mutable std::mutex mutex_;
  urgency how_;
  client_number whose_;
  bool under_way_ = false;
  bool withdrawn_ = false;
  enum class line { outside, inside, left } line_ = line::outside;
  listener told_;
};
using errand_ptr = std::shared_ptr<errand>;

inline errand_ptr demand_of(client_number whose) {
  return std::make_shared<errand>(urgency::demand, whose);
}

}  // namespace s3proxy::upstream
