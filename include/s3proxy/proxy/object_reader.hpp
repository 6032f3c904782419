#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/fetch.hpp"
#include "s3proxy/cache/object.hpp"
#include "s3proxy/proxy/exchange.hpp"
#include "s3proxy/proxy/fill.hpp"
#include "s3proxy/read_ahead/event.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace s3proxy::proxy {

class wake_up;

/// Reads a span of one version from the block store, and has fetched what is missing, ahead of its client by
/// a bounded window. One a request.
class object_reader {
 public:
  object_reader(exchange& ex, cache::object_id id, cache::facts_ptr facts, base::byte_span span,
                cache::read_extent extent);
  ~object_reader();
  object_reader(object_reader const&) = delete;
  object_reader& operator=(object_reader const&) = delete;

  struct piece {
    store::block_pin pin;  ///< keeps the bytes in place
    std::string_view bytes;
    bool held = false;  ///< before this read: nothing of it was waited for
  };
  /// The next bytes of the span, at most a block; waits until they are there. Not called again after the
  /// last. Errors: version_changed (the object is another now), client_gone, and faults of the store.
  boost::asio::awaitable<base::result<piece>> next();

  /// The same, where it waits for nothing and the bytes were held before this read; else nothing.
  std::optional<piece> at_hand();

  bool done() const { return at_ >= span_.end; }
  base::byte_count left() const { return span_.end - at_; }
  /// Whether something of the span has to come from the store, as far as can be told now; and whether
  /// something of it was held already. The phase is told from these.
  bool lacks_some();
  bool served_held() const { return served_held_; }

  /// Somebody has told of this read already (speculator::reads).
  void is_told_of() { told_of_read_ = true; }

  /// Starts a fill and waits for it, until the read ends.
  void start(fill_order order, first_answer first = {});

 private:
  /// Counts as a waiter of a flight until the read ends.
  void join(std::shared_ptr<store::flight> flight);
  void fetch_ahead();
  boost::asio::awaitable<void> wait_for_question();
  enum class found_when { at_once, later };
  piece take(store::block_store::look found, found_when when);
  void tell_of_read(read_ahead::held bytes);
  base::byte_count window() const;

  exchange& ex_;
  cache::object_id id_;
  cache::facts_ptr facts_;
  base::byte_span span_;
  cache::read_extent extent_;
  base::byte_count at_;
  base::byte_count scheduled_;  // up to here, what was missing has been claimed by someone
  std::vector<std::shared_ptr<store::flight>> joined_;
  std::vector<base::byte_span> fetched_;  // by fills of its own
  std::shared_ptr<upstream::call_count> calls_ = std::make_shared<upstream::call_count>();
  std::unique_ptr<wake_up> wake_;
  store::block_pin awaited_block_;  // what lands while we wait is not evicted before we have read it
  store::scan_tag tag_ = store::scan_tag::none;
  bool told_of_read_ = false;
  std::shared_ptr<store::flight> question_;  // open when bytes were found to be missing
  bool looked_for_question_ = false;
  bool waited_ = false;
  bool served_held_ = false;
};

}  // namespace s3proxy::proxy
