#include "s3proxy/proxy/request_body.hpp"

#include <algorithm>
#include <variant>

namespace s3proxy::proxy {
namespace {

using base::errc;
using base::result;
using boost::asio::awaitable;

base::byte_count length_on_the_wire(http::request_head const& head) {
  return head.body == http::body_kind::length ? head.content_length : 0;
}

base::byte_count length_of(exchange const& ex) {
  auto const* const streaming = std::get_if<s3::streaming_payload>(&ex.payload);
  return streaming ? streaming->decoded_length : length_on_the_wire(ex.head);
}

}  // namespace

request_body::request_body(exchange& ex)
    : ex_(ex),
      length_(length_of(ex)),
      buffer_(ex.body_ended ? 1 : 1 + ex.shared().config.limits.relay_bytes),
      left_(length_on_the_wire(ex.head)),
      transport_ended_(ex.body_ended) {
  if (ex.head.body == http::body_kind::chunked) {
    transfer_.emplace();
  }
  if (auto const* const streaming = std::get_if<s3::streaming_payload>(&ex.payload)) {
    chunks_.emplace(*streaming, ex.shared().config.limits.aws_chunked);
  }
  if (std::holds_alternative<s3::hashed_payload>(ex.payload)) {
    hash_.emplace();
  }
}

awaitable<result<std::string_view>> request_body::read() {
  if (!begun_) {
    auto begun = co_await begin();
    if (!begun) {
      co_return begun.error();
    }
  }
  while (!ended_) {
    auto bytes = co_await read_transport();
    if (!bytes) {
      co_return bytes.error();
    }
    auto const decoded = decode(*bytes);
    if (!decoded) {
      co_return decoded.error();
    }
    if (transport_ended_) {
      auto const holds = conclude();
      if (!holds) {
        co_return holds.error();
      }
      ended_ = true;
    }
    auto const piece = all_but_the_last_byte(*decoded);
    if (!piece.empty()) {
      co_return piece;
    }
  }
  co_return std::string_view{};
}

awaitable<result<void>> request_body::begin() {
  begun_ = true;
  if (transfer_ && !chunks_) {
    co_return errc::missing_content_length;  // of what would be stored
  }
  if (ex_.head.expects_continue && !transport_ended_) {
    co_return co_await ex_.client.write("HTTP/1.1 100 Continue\r\n\r\n", {});
  }
  co_return result<void>{};
}

awaitable<result<std::span<char>>> request_body::read_transport() {
  std::span<char> into(buffer_.data() + 1, buffer_.size() - 1);
  if (transport_ended_) {
    co_return into.first(0);
  }
  if (!transfer_) {
    into = into.first(static_cast<std::size_t>(std::min<base::byte_count>(into.size(), left_)));
  }
  auto const got = co_await ex_.client.read_body(into);
  if (!got) {
    co_return got.error();
  }
  if (!transfer_) {
    left_ -= *got;
    transport_ended_ = left_ == 0;
    ex_.body_ended = transport_ended_;
    co_return into.first(*got);
  }
  auto const decoded = transfer_->decode(into.first(*got));
  if (!decoded) {
    co_return decoded.error();
  }
  transport_ended_ = transfer_->ended();
  // What came behind the end went into our buffer with it, and cannot be put back: the connection ends here.
  ex_.body_ended = transport_ended_ && decoded->taken == *got;
  co_return into.first(decoded->data);
}

result<std::size_t> request_body::decode(std::span<char> bytes) {
  if (hash_) {
    hash_->update({bytes.data(), bytes.size()});
  }
  auto decoded = chunks_ ? chunks_->decode(bytes) : result<std::size_t>(bytes.size());
  if (decoded) {
    decoded_ += *decoded;
  }
  return decoded;
}

result<void> request_body::conclude() {
  if (chunks_ && !chunks_->ended()) {
    return errc::incomplete_body;
  }
  if (hash_) {
    auto const expected = std::get<s3::hashed_payload>(ex_.payload).sha256;
    if (!base::equal_constant_time(base::as_text(hash_->finish()), base::as_text(expected))) {
      return errc::content_sha256_mismatch;
    }
  }
  return {};
}

std::string_view request_body::all_but_the_last_byte(std::size_t decoded) {
  auto* begin = buffer_.data() + 1;
  auto size = decoded;
  if (held_) {
    *--begin = *held_;
    ++size;
    held_.reset();
  }
  if (!ended_ && decoded_ == length_ && size > 0) {
    --size;
    held_ = begin[size];
  }
  return {begin, size};
}

}  // namespace s3proxy::proxy
