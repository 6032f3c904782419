#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/cache/moment.hpp"
#include "s3proxy/cache/plan.hpp"
#include "s3proxy/proxy/exchange.hpp"
#include "s3proxy/proxy/fill.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <vector>

namespace s3proxy::proxy {

/// What asking the store about an object came to.
enum class asked {
  learnt,           ///< the index knows more: plan again
  answered,         ///< the client has the store's own answer (an error)
  pass_through,     ///< only the client's own request gets the store's own answer
  ask_with_a_head,  ///< the range lies beyond the object: its size is wanted first
};

/// The bytes that came with the answer to a GET, or that were asked for with it: not started yet, which is
/// for the reader to do (object_reader::start).
struct first_fill {
  fill_order order;
  first_answer from;
};

/// Sends a HEAD for the object with the asking principal's credentials, and learns from the answer.
boost::asio::awaitable<base::result<asked>> ask_head(exchange& ex, cache::read_request const& read);

/// Sends a GET for the cells of the asked range. Its headers are evidence, its bytes the first fill. The
/// further parts of a long closed range are asked for at the same moment, within the read's window: their
/// fills follow. Takes: the tag for If-Match, when a version is believed to be current.
boost::asio::awaitable<base::result<asked>> ask_get(exchange& ex, cache::read_request const& read,
                                                    std::optional<base::etag> const& if_match,
                                                    std::vector<first_fill>& fills);

/// Instead of a HEAD of a columnar file: sends a GET for the last `length` bytes, whose headers are evidence
/// and whose bytes answer the reads of its footer that follow. Any answer but a clean 206 says nothing here:
/// a HEAD has to be sent, and nothing is given. Else: the tail that is on its way, empty if none is.
boost::asio::awaitable<std::optional<base::byte_span>> ask_tail(exchange& ex, cache::read_request const& read,
                                                                base::byte_count length);

/// What the answer to the client's own request, which passed the cache by, says of the object: which version
/// is there, or that the principal may not read it. It gives no right and no headers: the request may have
/// paid, held a key, or asked for a part.
void learn_in_passing(exchange& ex, upstream::response_head const& head, cache::moment began);

}  // namespace s3proxy::proxy
