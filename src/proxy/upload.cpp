#include "s3proxy/proxy/upload.hpp"

#include "s3proxy/proxy/relay.hpp"
#include "s3proxy/s3/document_scanner.hpp"

#include <array>
#include <charconv>
#include <utility>
#include <variant>

namespace s3proxy::proxy {
namespace {

using base::errc;
using base::result;
using boost::asio::awaitable;

constexpr std::string_view trailed_payload_word = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

s3::streaming_payload const* trailed(s3::payload_mode const& mode) {
  auto const* const streaming = std::get_if<s3::streaming_payload>(&mode);
  return streaming && !streaming->trailer.empty() ? streaming : nullptr;
}

std::string hex_line(std::size_t size) {
  std::array<char, 16> text;
  auto const end = std::to_chars(text.data(), text.data() + text.size(), size, 16).ptr;
  return std::string(text.data(), end).append("\r\n");
}

enum class upload_end { sent, refused_early };

/// The rest of the request, beginning with `piece`.
awaitable<result<upload_end>> send_body(upstream::origin_exchange& store, outgoing piece, body_source next) {
  store.begin_upload();
  while (!piece.empty()) {
    auto sent = co_await store.write_body(piece.framing, piece.data);
    if (!sent) {
      co_return upload_end::refused_early;  // the store may have said why before it stopped reading
    }
    auto more = co_await next();
    if (!more) {
      store.cancel();
      co_return more.error();
    }
    piece = std::move(*more);
  }
  co_return upload_end::sent;
}

/// These work for minutes and may fail behind a 200, sent early, with white space to keep the connection.
bool may_fail_behind_a_200(s3::operation op) {
  return op == s3::operation::complete_multipart_upload || op == s3::operation::copy_object ||
         op == s3::operation::upload_part_copy;
}

}  // namespace

upstream::origin_request upload_request(exchange const& ex, base::byte_count length) {
  auto out = forwarded_request(ex);
  out.content_length = length;
  auto const* const hashed = std::get_if<s3::hashed_payload>(&ex.payload);
  // The client's own hash, signed again: the store checks the body a second time.
  out.payload_hash = hashed ? base::to_hex(hashed->sha256) : std::string(s3::unsigned_payload_word);
  return out;
}

store_body::store_body(exchange& ex, request_body& body)
    : ex_(ex), body_(body), trailed_(trailed(ex.payload)) {
  if (trailed_) {
    framer_.emplace(trailed_->decoded_length);
    in_transfer_chunks_ = !s3::trailer_algorithm(trailed_->trailer);
  }
}

upstream::origin_request store_body::request() const {
  auto out = upload_request(ex_, body_.length());
  if (!trailed_) {
    return out;
  }
  out.payload_hash = trailed_payload_word;
  out.headers.set("x-amz-content-sha256", trailed_payload_word);  // without a signature nobody else says it
  out.headers.set("x-amz-trailer", trailed_->trailer);
  out.headers.set("x-amz-decoded-content-length", std::to_string(trailed_->decoded_length));
  if (auto const algorithm = s3::trailer_algorithm(trailed_->trailer)) {
    out.content_length = s3::aws_chunked_framer::encoded_length(trailed_->decoded_length, trailed_->trailer,
                                                                base::checksum::text_size(*algorithm));
  } else {
    out.content_length.reset();
    out.headers.set("Transfer-Encoding", "chunked");
  }
  return out;
}

awaitable<result<outgoing>> store_body::next() {
  if (rest_.empty() && !ended_) {
    auto const piece = co_await body_.read();
    if (!piece) {
      co_return piece.error();
    }
    rest_ = *piece;
    if (rest_.empty()) {
      ended_ = true;
      co_return last();
    }
  }
  if (!framer_ || rest_.empty()) {
    co_return outgoing{{}, std::exchange(rest_, {})};
  }
  auto step = framer_->next(rest_.size());
  auto const data = rest_.substr(0, step.data);
  rest_.remove_prefix(step.data);
  co_return frame({std::move(step.framing), data});
}

outgoing store_body::last() {
  if (!framer_) {
    return {};
  }
  auto out = frame({framer_->end(trailed_->trailer, body_.trailer_value()), {}});
  if (in_transfer_chunks_) {
    out.framing += "\r\n0\r\n\r\n";
  }
  return out;
}

outgoing store_body::frame(outgoing piece) {
  if (in_transfer_chunks_) {
    auto const line = hex_line(piece.framing.size() + piece.data.size());
    piece.framing.insert(0, (std::exchange(transfer_begun_, true) ? "\r\n" : "") + line);
  }
  return piece;
}

awaitable<result<void>> send_upload(exchange& ex, write_mark& mark, upstream::origin_request request,
                                    outgoing first, body_source next) {
  auto opened = co_await ex.worker.origin.open(std::move(request), ex.errand(), ex.origin);
  if (!opened) {
    co_return opened.error();
  }
  auto& store = *opened;
  auto ended = co_await send_body(*store, std::move(first), std::move(next));
  if (!ended) {
    co_return ended.error();
  }
  auto head = co_await store->read_head(upstream::body_expected::yes);
  if (!head) {
    co_return errc::outcome_unknown;
  }
  if (*ended == upload_end::refused_early) {
    ex.fate = connection_fate::close;
  }
  constexpr std::size_t longest_code = 64;
  s3::xml_scanner document([&ex](std::string_view path, std::string_view text, bool) {
    if (path == "Error/Code") {
      ex.store_error = text.substr(0, longest_code);
    }
  });
  auto const reads_answer = head->status == 200 && may_fail_behind_a_200(ex.op);
  auto const look_at_answer = [&](std::string_view piece) {
    mark.raise();
    if (reads_answer) {
      document.feed(piece);
    }
  };
  co_return co_await relay_answer(ex, {std::move(*head), std::move(store)}, look_at_answer);
}

}  // namespace s3proxy::proxy
