#include "s3proxy/base/crypto.hpp"
#include "s3proxy/proxy/handlers.hpp"
#include "s3proxy/proxy/relay.hpp"
#include "s3proxy/proxy/write_mark.hpp"
#include "s3proxy/s3/document_scanner.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::proxy {
namespace {

using base::errc;
using base::result;
using boost::asio::awaitable;

/// Checks a body against the hash that its signature covers, as it passes.
class payload_check {
 public:
  explicit payload_check(s3::payload_mode const& mode) {
    if (auto const* hashed = std::get_if<s3::hashed_payload>(&mode)) {
      expected_ = hashed->sha256;
    }
  }
  void update(std::string_view bytes) {
    if (expected_) {
      actual_.update(bytes);
    }
  }
  bool holds() {
    return !expected_ ||
           base::equal_constant_time(base::as_text(actual_.finish()), base::as_text(*expected_));
  }

 private:
  std::optional<base::digest> expected_;
  base::sha256_stream actual_;
};

enum class upload_end { sent, refused_early };

/// The body of one upload on its way from the client to the store, a piece at a time.
class upload {
 public:
  upload(exchange& ex, std::function<void(std::string_view)> look)
      : ex_(ex), check_(ex.payload), look_(std::move(look)), buffer_(ex.shared().config.limits.relay_bytes) {}

  /// Reads the next piece. The last one is given only when the hash of the whole matches: a store that is a
  /// byte short of the length commits nothing. Errors: incomplete_body, request_timeout,
  /// content_sha256_mismatch.
  awaitable<result<void>> read_piece() {
    auto const most = std::min<base::byte_count>(buffer_.size(), ex_.body_left);
    auto got = co_await ex_.client.read_body({buffer_.data(), static_cast<std::size_t>(most)});
    if (!got) {
      co_return got.error();
    }
    ex_.body_left -= *got;
    piece_ = {buffer_.data(), *got};
    check_.update(piece_);
    if (ex_.body_left == 0 && !check_.holds()) {
      co_return errc::content_sha256_mismatch;
    }
    look_(piece_);
    co_return result<void>{};
  }

  /// Sends what is left of the body, beginning with the piece that was read.
  awaitable<result<upload_end>> send_to(upstream::origin_exchange& store) {
    store.begin_upload();
    while (!piece_.empty()) {
      auto sent = co_await store.write_body(piece_);
      if (!sent) {
        co_return upload_end::refused_early;  // the store may have said why before it stopped reading
      }
      piece_ = {};
      if (ex_.body_left > 0) {
        auto read = co_await read_piece();
        if (!read) {
          store.cancel();
          co_return read.error();
        }
      }
    }
    co_return upload_end::sent;
  }

 private:
  exchange& ex_;
  payload_check check_;
  std::function<void(std::string_view)> look_;
  std::vector<char> buffer_;
  std::string_view piece_;
};

upstream::origin_request upload_request(exchange const& ex) {
  auto request = forwarded_request(ex);
  request.content_length = ex.head.content_length;
  auto const* hashed = std::get_if<s3::hashed_payload>(&ex.payload);
  // The client's own hash, signed again: the store checks the body a second time.
  request.payload_hash = hashed ? base::to_hex(hashed->sha256) : std::string(s3::unsigned_payload_word);
  return request;
}

}  // namespace

awaitable<result<void>> write_through(exchange& ex) {
  if (ex.head.body == http::body_kind::chunked) {
    co_return errc::missing_content_length;
  }
  auto const empty_body = ex.body_left == 0;
  if (ex.head.expects_continue && !empty_body) {
    auto invited = co_await ex.client.write("HTTP/1.1 100 Continue\r\n\r\n", {});
    if (!invited) {
      co_return invited.error();
    }
  }

  write_mark mark(ex);
  s3::delete_scanner named_keys([&](std::string_view key, bool cut_off) { mark.add(key, cut_off); });
  auto const names_keys = s3::describe(ex.op).changes == s3::effect::writes_keys;
  auto const look_at_request = [&](std::string_view piece) {
    if (names_keys) {
      named_keys.feed(piece);
    }
  };

  // A connection to the store is borrowed only when there is something to send: a client that is slow to
  // begin, or whose short body is wrong, takes none from the others.
  upload body(ex, look_at_request);
  if (!empty_body) {
    auto begun = co_await body.read_piece();
    if (!begun) {
      co_return begun.error();
    }
  }
  auto request = upload_request(ex);
  auto opened = co_await ex.worker.origin.open(std::move(request), ex.origin);
  if (!opened) {
    co_return opened.error();
  }
  auto& store = *opened;
  auto ended = co_await body.send_to(*store);
  mark.names_ended();
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
  auto const look_at_answer = [&](std::string_view) { mark.raise(); };
  co_return co_await relay_answer(ex, {std::move(*head), std::move(store)}, look_at_answer);
}

}  // namespace s3proxy::proxy
