#include "s3proxy/cache/entry.hpp"
#include "s3proxy/proxy/handlers.hpp"
#include "s3proxy/proxy/relay.hpp"
#include "s3proxy/proxy/speculator.hpp"
#include "s3proxy/s3/document_scanner.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::proxy {

// A listing is evidence of every object in it, as of the moment it was asked for. DuckDB trusts it, sends no
// HEAD, and fails a query whose ranges later show another entity tag: so what it says takes effect before the
// client sees it.
boost::asio::awaitable<base::result<void>> list_objects(exchange& ex) {
  auto& shared = ex.shared();
  auto const began = shared.begin();
  auto request = forwarded_request(ex);
  auto answer = co_await ex.worker.origin.read(std::move(request), ex.errand(), ex.origin);
  if (!answer) {
    co_return answer.error();
  }
  std::vector<s3::listed_object> in_order;
  auto const learn = [&](s3::listed_object const& listed) {
    if (!base::is_strong(listed.tag)) {
      return;
    }
    if (shared.ahead) {
      in_order.push_back(listed);
    }
    cache::told const told{{listed.tag, listed.size, std::nullopt}, listed.last_modified, nullptr};
    shared.index.learn({ex.where.bucket, listed.key, std::nullopt},
                       {cache::evidence_source::listing, began, told}, std::nullopt);
  };
  s3::list_scanner scanner(learn);
  // Twice the parameter: which of the two counts is the store's to say.
  auto const asks_for_url = [](auto const& p) { return p.name == "encoding-type" && p.value == "url"; };
  if (std::ranges::any_of(ex.query, asks_for_url)) {
    scanner.expect_url_encoding();
  }
  auto const is_listing = answer->head.status == 200;
  auto const look = [&](std::string_view piece) {
    if (!is_listing) {
      return;
    }
    scanner.feed(piece);
    if (!in_order.empty()) {
      shared.ahead->listed(ex, std::exchange(in_order, {}));
    }
  };
  co_return co_await relay_answer(ex, std::move(*answer), look);
}

}  // namespace s3proxy::proxy
