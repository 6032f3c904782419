#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/upstream/connection.hpp"
#include "s3proxy/upstream/endpoint.hpp"
#include "s3proxy/upstream/errand.hpp"
#include "s3proxy/upstream/limits.hpp"
#include "s3proxy/upstream/tls_context.hpp"
#include "s3proxy/upstream/turn_queue.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace s3proxy::upstream {

class connection_pool;

/// A borrowed connection. Given back when it dies: kept for the next one if its answer was read to the end,
/// closed otherwise.
class lease {
 public:
  lease(std::shared_ptr<connection_pool> pool, std::unique_ptr<connection> lent, errand_ptr borrower);
  lease(lease&& other) noexcept = default;
  lease& operator=(lease&&) = delete;
  ~lease();

  connection& operator*() const { return *lent_; }
  connection* operator->() const { return lent_.get(); }

 private:
  // Lifetimes: a coroutine that never ends (shutdown) may outlive the client that owns the pool.
  std::shared_ptr<connection_pool> pool_;
  std::unique_ptr<connection> lent_;
  errand_ptr borrower_;
};

/// Addresses that are known without asking the resolver, as a hosts file knows them; for tests. Gives nothing
/// for a host that it does not know.
using address_book = std::function<std::optional<boost::asio::ip::address>(std::string const& host)>;

enum class connection_choice { any, fresh };

/// The connections of one worker to the store, under all the names that it has in its regions: at most `most`
/// in all, the last used of a name first. Who finds none free waits: demand goes before speculation, and
/// among equals each client has its turn. Speculation never takes the last part of them, so that demand
/// nearly always finds one. Lives on one worker; not thread-safe, but an errand may change on any thread.
class connection_pool : public std::enable_shared_from_this<connection_pool> {
 public:
  /// `tls` is null for plain HTTP; both it and `limits` outlive the pool.
  connection_pool(boost::asio::any_io_executor executor, endpoint where, tls_context* tls, std::size_t most,
                  origin_limits const& limits, address_book known = {});

  /// A connection to `host`, which has the endpoint's scheme and port.
  /// Errors: origin_busy, origin_unresolved, client_gone (withdrawn), and those of connection::connect.
  boost::asio::awaitable<base::result<lease>> borrow(connection_choice choice, std::string host,
                                                     errand_ptr who);

  /// Closes every connection, lent ones under their users, and lends none from now on: whoever waits for the
  /// store fails at once. For the end of the process.
  void shut();

 private:
  friend class lease;
  struct waiter {
    boost::asio::steady_timer turn;
    errand_ptr who;
    bool called = false;  ///< it has a place
  };

  void give_back(std::unique_ptr<connection> returned, errand_ptr const& borrower);
  /// Whether a place is free for such an errand.
  bool has_place(urgency how) const;
  std::size_t speculating() const;
  std::size_t speculation_most() const;
  /// Gives free places to those whose turn it is.
  void call_waiting();
  void enqueue(std::shared_ptr<waiter> const& one);
  void dequeue(std::shared_ptr<waiter> const& one);
  /// An errand that waits was promoted or withdrawn.
  void look_again_at(std::shared_ptr<waiter> const& one);
  std::unique_ptr<connection> take_idle(std::string_view host);
  boost::asio::awaitable<base::result<void>> wait_for_turn(errand_ptr who);
  using addresses = boost::asio::ip::tcp::resolver::results_type;
  boost::asio::awaitable<base::result<addresses>> resolve(std::string const& host);
  void remember(std::string const& host, addresses const& found);

  boost::asio::any_io_executor executor_;
  endpoint where_;
  tls_context* tls_;
  std::size_t most_;
  origin_limits const& limits_;
  std::vector<errand_ptr> places_;  // who holds a connection, or is about to
  std::unordered_set<connection*> in_use_;
  bool shut_ = false;
  std::vector<std::unique_ptr<connection>> idle_;  // the last used at the back
  turn_queue<waiter> demand_;
  turn_queue<waiter> speculation_;
  struct resolved {
    addresses found;
    std::chrono::steady_clock::time_point until;
  };
  std::map<std::string, resolved, std::less<>> resolved_;
  address_book known_;
};

}  // namespace s3proxy::upstream
