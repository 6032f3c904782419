#include "s3proxy/app/store_check.hpp"

#include "s3proxy/s3/xml.hpp"

#include <boost/asio/this_coro.hpp>

#include <string>
#include <utility>
#include <vector>

namespace s3proxy::app {

boost::asio::awaitable<probe_outcome> check_store(upstream::origin_settings const& settings,
                                                  std::shared_ptr<s3::credentials const> signer,
                                                  observe::clock const& clock) {
  auto const executor = co_await boost::asio::this_coro::executor;
  upstream::origin_client client(executor, settings, clock, 1);
  upstream::call_count count;
  upstream::origin_request request;
  request.method = "GET";
  request.path = "/";
  request.signer = std::move(signer);
  auto errand = upstream::demand_of({});
  auto answer = co_await client.read(std::move(request), std::move(errand), count);
  if (!answer) {
    co_return probe_failure{base::to_errc(answer.error()), {}};
  }
  probe_answer told;
  told.status = answer->head.status;
  told.bucket_region = answer->head.headers.find("x-amz-bucket-region").value_or("");
  if (auto const date = http::parse_http_date(answer->head.headers.find("date").value_or(""))) {
    told.ahead = *date - clock.wall_now();
  }
  constexpr std::size_t enough =
      64 * 1024;  // an error document is short; a list of buckets is of no interest
  std::string body;
  std::vector<char> buffer(16 * 1024);
  while (told.status >= 300 && body.size() < enough) {
    auto got = co_await answer->body->read_body(buffer);
    if (!got || *got == 0) {
      break;
    }
    body.append(buffer.data(), *got);
  }
  told.error = s3::parse_error_document(body);
  co_return told;
}

}  // namespace s3proxy::app
