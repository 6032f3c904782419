#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/proxy/exchange.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string_view>

namespace s3proxy::proxy {

/// The client's own request as it goes to the store: its path and query bytes, and of its headers those that
/// mean something to a store (Range, If-*, Content-*, Cache-Control, Expires, x-amz-* but for the signature's
/// own). Signed where the client signed, should parameters depend on that.
upstream::origin_request forwarded_request(exchange const& ex);

/// Called with every piece of an answer's body before it is forwarded, and once with an empty piece before
/// the head.
using before_forwarding = std::function<void(std::string_view piece)>;

/// Sends the store's answer to the client, head and body, piece by piece: the store is read no faster than
/// the client takes it. An answer that blames *our* credentials is not shown: it is our fault, and its body
/// names our key; neither is one that says which region we should have asked. Errors:
/// origin_rejected_credentials, wrong_region (and exchange::advice) and faults of the store before anything
/// was sent; afterwards any error means that the client's connection must be aborted.
boost::asio::awaitable<base::result<void>> relay_answer(exchange& ex, upstream::origin_answer answer,
                                                        before_forwarding look);

}  // namespace s3proxy::proxy
