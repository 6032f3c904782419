#pragma once

#include "s3proxy/base/error.hpp"
#include "s3proxy/proxy/exchange.hpp"
#include "s3proxy/proxy/request_body.hpp"
#include "s3proxy/proxy/write_mark.hpp"
#include "s3proxy/s3/aws_chunked.hpp"
#include "s3proxy/upstream/origin_client.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::proxy {

/// Bytes for the store: the lines between chunks, where there are chunks, and then data.
struct outgoing {
  std::string framing;
  std::string_view data;

  bool empty() const { return framing.empty() && data.empty(); }
};

/// The client's request for a plain body of `length` bytes, under the hash that the client gave it.
upstream::origin_request upload_request(exchange const& ex, base::byte_count length);

/// A request's body in the form in which the store gets it. Without a trailer that is the plain body; with
/// one, chunks of our own framing, so that the checksum arrives and is stored. What makes the body whole (its
/// last byte, or the final chunk and the trailer) is given only when everything about it was verified.
class store_body {
 public:
  store_body(exchange& ex, request_body& body);

  /// The client's request with the fields that go with this form.
  upstream::origin_request request() const;
  /// The next bytes, empty at the end. Lifetime and errors: as of request_body::read.
  boost::asio::awaitable<base::result<outgoing>> next();

 private:
  outgoing frame(outgoing piece);
  outgoing last();

  exchange& ex_;
  request_body& body_;
  s3::streaming_payload const* trailed_;  // set when the body goes out with a trailer
  std::optional<s3::aws_chunked_framer> framer_;
  bool in_transfer_chunks_ = false;  // the length of the trailer's value is not known in advance
  bool transfer_begun_ = false;
  bool ended_ = false;
  std::string_view rest_;  // of the piece that was read last
};

/// Gives the next bytes of a body, empty at its end.
using body_source = std::function<boost::asio::awaitable<base::result<outgoing>>()>;

/// Sends a request and its body, `first` before what `next` gives, and relays the answer. When `next` fails,
/// the store's connection is reset: what it has is short of the announced length, or of its final chunk.
/// Errors: those of `next`; outcome_unknown; those of origin_client::open and relay_answer.
boost::asio::awaitable<base::result<void>> send_upload(exchange& ex, write_mark& mark,
                                                       upstream::origin_request request, outgoing first,
                                                       body_source next);

}  // namespace s3proxy::proxy
