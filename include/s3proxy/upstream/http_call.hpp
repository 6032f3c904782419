#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/http/header_list.hpp"
#include "s3proxy/upstream/endpoint.hpp"
#include "s3proxy/upstream/limits.hpp"
#include "s3proxy/upstream/tls_context.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace s3proxy::upstream {

/// Which addresses a name may lead to.
enum class peers {
  any,
  loopback,  ///< every one that it resolves to is a loopback address, or the call is not made
};

/// Whom to call.
struct callee {
  upstream::endpoint endpoint;
  std::shared_ptr<tls_context> tls;  ///< null for plain HTTP
  upstream::peers peers = upstream::peers::any;
};

/// `endpoint` with a TLS context of its own (the system's CA bundle) where it needs one.
callee callee_at(upstream::endpoint endpoint);

/// A request with its whole body, unsigned unless the caller signed it.
struct call_request {
  std::string method = "GET";
  std::string target = "/";  ///< path and query, as sent
  /// `Host` (endpoint::host_field) is added when it is missing; never Content-Length.
  http::header_list headers{};
  std::string body{};  ///< sent with its length, unless the method is GET
};

struct call_answer {
  unsigned status = 0;
  http::header_list headers;
  std::string body;
};

/// Makes one request on a connection of its own and reads the whole answer, on the coroutine's executor.
/// Never asks again, follows no redirect. Nothing of the request or of the answer is logged. Errors:
/// origin_unresolved, origin_refused (also a name that leads elsewhere than allowed), origin_connect_timeout,
/// origin_tls_failed, origin_first_byte_timeout (limits.total has passed, wherever it was), origin_reset,
/// origin_stalled, origin_short_body, origin_bad_response (also a head or body that is too long).
boost::asio::awaitable<base::result<call_answer>> call(callee to, call_request request, call_limits limits);

/// Why a call got no answer, as a clause for people: `it refused the connection`.
std::string_view describe_call_fault(base::errc why);

}  // namespace s3proxy::upstream
