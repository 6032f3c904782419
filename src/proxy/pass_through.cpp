#include "s3proxy/proxy/ask_store.hpp"
#include "s3proxy/proxy/handlers.hpp"
#include "s3proxy/proxy/relay.hpp"

#include <string_view>

namespace s3proxy::proxy {

boost::asio::awaitable<base::result<void>> pass_through(exchange& ex) {
  auto const began = ex.shared().begin();
  auto request = forwarded_request(ex);
  auto answer = co_await ex.worker.origin.read(std::move(request), ex.errand(), ex.origin);
  if (!answer) {
    co_return answer.error();
  }
  // Clients learn from one part which version the next reads are of.
  if (ex.op == s3::operation::get_object_part || ex.op == s3::operation::head_object_part) {
    learn_in_passing(ex, answer->head, began);
  }
  auto const look = [](std::string_view) {};
  co_return co_await relay_answer(ex, std::move(*answer), look);
}

}  // namespace s3proxy::proxy
