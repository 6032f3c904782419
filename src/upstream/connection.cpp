#include "s3proxy/upstream/connection.hpp"

#include "s3proxy/observe/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

namespace s3proxy::upstream {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::awaitable;
using base::errc;
using base::result;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
using plain_stream = beast::tcp_stream;
using tls_stream = beast::ssl_stream<beast::tcp_stream>;
using response_parser = beast::http::response_parser<beast::http::buffer_body>;

errc classify_connect(error_code ec) {
  return ec == beast::error::timeout || ec == asio::error::timed_out ? errc::origin_connect_timeout
                                                                     : errc::origin_refused;
}

// The parser's own complaints are in Beast's HTTP category; what the transport says is anything else.
bool is_malformed(error_code ec) {
  return ec.category() == beast::http::make_error_code(beast::http::error::bad_version).category() &&
         ec != beast::http::error::end_of_stream && ec != beast::http::error::partial_message;
}

errc classify_head(error_code ec) {
  return ec == beast::error::timeout ? errc::origin_first_byte_timeout
         : is_malformed(ec)          ? errc::origin_bad_response
                                     : errc::origin_reset;
}

errc classify_body(error_code ec) {
  return ec == beast::error::timeout ? errc::origin_stalled
         : is_malformed(ec)          ? errc::origin_bad_response
                                     : errc::origin_short_body;
}

void note(std::string_view what, error_code ec) {
  if (observe::enabled(observe::room::upstream, observe::level::debug)) {
    observe::debug(observe::room::upstream, std::string(what) + ": " + ec.message());
  }
}

/// Framing that two readers could understand differently is refused, as it is towards clients.
bool is_ambiguous(response_parser const& parser) {
  auto const& fields = parser.get().base();
  auto const lengths = fields.count(beast::http::field::content_length);
  auto const codings = fields.count(beast::http::field::transfer_encoding);
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) {
    return true;
  }
  return codings == 1 && !beast::iequals(fields[beast::http::field::transfer_encoding], "chunked");
}

}  // namespace

struct connection::impl {
  impl(asio::any_io_executor executor, tls_context* tls_settings, origin_limits const& bounds)
      : tls_from(tls_settings ? tls_settings->current() : nullptr),
        limits(bounds),
        buffer(bounds.receive_bytes) {
    if (tls_from) {
      tls.emplace(plain_stream(executor), tls_from->context());
    } else {
      plain.emplace(executor);
    }
  }

  /// Whether bytes have come that nobody asked for. Over TLS some may be decrypted already, or wait for it.
  bool anything_behind() {
    error_code ec;
    auto* const session = tls ? tls->native_handle() : nullptr;
    return buffer.size() > 0 || lowest().socket().available(ec) > 0 ||
           (session && (::SSL_pending(session) > 0 || ::BIO_ctrl_pending(::SSL_get_rbio(session)) > 0));
  }

  bool ended() const { return left ? *left == 0 : parser && parser->is_done(); }

  plain_stream& lowest() { return tls ? tls->next_layer() : *plain; }

  // A request that is given up ends with a reset: some stores take a plain end of the connection for the end
  // of the body, and keep what they have as the object.
  void reset_when_closed() {
    error_code ignored;
    lowest().socket().set_option(asio::socket_base::linger(true, 0), ignored);
  }

  std::shared_ptr<tls_generation> tls_from;  // outlives the stream that is made from it
  origin_limits const& limits;
  std::optional<plain_stream> plain;
  std::optional<tls_stream> tls;
  beast::flat_buffer buffer;
  std::optional<response_parser> parser;
  // Of a body whose length was told, which the parser never sees: what is left of it.
  std::optional<base::byte_count> left;
  bool written = false;
  bool broken = false;
  bool answered = false;                                           // before its request was sent whole
  std::shared_ptr<bool> watching = std::make_shared<bool>(false);  // outlives us in the handler that reads it
};

connection::connection(asio::any_io_executor executor, tls_context* tls, origin_limits const& limits)
    : impl_(std::make_unique<impl>(std::move(executor), tls, limits)) {}
connection::~connection() {
  *impl_->watching = false;
  if (impl_->written && !reusable()) {
    close();  // not left to the socket's destructor, which never resets
  }
}

awaitable<result<void>> connection::connect(asio::ip::tcp::resolver::results_type const& addresses,
                                            std::string_view name) {
  auto& stream = impl_->lowest();
  stream.expires_after(impl_->limits.connect);
  auto [ec, where] = co_await stream.async_connect(addresses, as_result);
  if (ec) {
    note("connect", ec);
    co_return classify_connect(ec);
  }
  error_code ignored;
  stream.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (impl_->tls) {
    if (auto prepared = impl_->tls_from->prepare(impl_->tls->native_handle(), name); !prepared) {
      co_return prepared.error();
    }
    stream.expires_after(impl_->limits.handshake);
    auto [failed] = co_await impl_->tls->async_handshake(asio::ssl::stream_base::client, as_result);
    if (failed) {
      observe::warn(observe::room::upstream, "TLS handshake with the store failed: " + failed.message());
      co_return errc::origin_tls_failed;
    }
  }
  stream.expires_never();
  co_return result<void>{};
}

awaitable<result<void>> connection::write(std::string_view head, std::string_view body) {
  std::array<asio::const_buffer, 2> pieces{asio::buffer(head.data(), head.size()),
                                           asio::buffer(body.data(), body.size())};
  if (head.empty()) {
    // Beast's TLS stream takes an empty buffer before a long one for the end of it all, and writes nothing.
    std::swap(pieces[0], pieces[1]);
  }
  impl_->parser.reset();  // what it says is of the last answer
  if (*impl_->watching && impl_->answered) {
    impl_->broken = true;
    co_return errc::origin_reset;
  }
  impl_->lowest().expires_after(impl_->limits.idle);
  error_code failed;
  std::size_t sent = 0;
  if (impl_->tls) {
    auto [ec, count] = co_await asio::async_write(*impl_->tls, pieces, as_result);
    failed = ec;
    sent = count;
  } else {
    auto [ec, count] = co_await asio::async_write(*impl_->plain, pieces, as_result);
    failed = ec;
    sent = count;
  }
  // An encrypted record may be on the wire although the count says nothing was taken.
  impl_->written = impl_->written || sent > 0 || (impl_->tls && failed);
  if (failed || sent < head.size() + body.size()) {
    impl_->broken = true;
    note("write", failed);
    co_return failed == beast::error::timeout ? errc::origin_stalled : errc::origin_reset;
  }
  co_return result<void>{};
}

bool connection::written() const {
  return impl_->written;
}

void connection::stop_writing_when_answered() {
  if (impl_->tls) {
    return;
  }
  *impl_->watching = true;
  impl_->answered = false;
  auto const answered = [this, watching = impl_->watching](error_code ec) {
    if (ec || !*watching) {
      return;
    }
    constexpr std::string_view interim = "HTTP/1.1 1";  // 100, 102: the store goes on reading
    std::array<char, interim.size()> begin{};
    auto& socket = impl_->lowest().socket();
    auto const got = socket.receive(asio::buffer(begin), asio::socket_base::message_peek, ec);
    if (std::string_view(begin.data(), got) != interim) {
      impl_->answered = true;  // between two writes there is nothing to cancel
      socket.cancel(ec);
    }
  };
  impl_->lowest().socket().async_wait(asio::ip::tcp::socket::wait_read, answered);
}

awaitable<result<response_head>> connection::read_head(body_expected body) {
  *impl_->watching = false;
  impl_->lowest().expires_after(impl_->limits.first_byte);
  impl_->buffer.reserve(impl_->limits.first_read_bytes);
  impl_->left.reset();
  for (int i = 0; i < impl_->limits.interim_answers; ++i) {
    auto& parser = impl_->parser.emplace();
    parser.header_limit(static_cast<std::uint32_t>(impl_->limits.head_bytes));
    parser.body_limit(boost::none);
    parser.skip(body == body_expected::no);
    error_code failed;
    if (impl_->tls) {
      auto [ec, count] =
          co_await beast::http::async_read_header(*impl_->tls, impl_->buffer, parser, as_result);
      failed = ec;
    } else {
      auto [ec, count] =
          co_await beast::http::async_read_header(*impl_->plain, impl_->buffer, parser, as_result);
      failed = ec;
    }
    if (failed) {
      impl_->broken = true;
      note("read head", failed);
      co_return classify_head(failed);
    }
    if (parser.get().result_int() / 100 == 1) {
      continue;
    }
    if (is_ambiguous(parser)) {
      impl_->broken = true;
      co_return errc::origin_bad_response;
    }
    response_head out;
    out.status = parser.get().result_int();
    for (auto const& field : parser.get().base()) {
      out.headers.add(field.name_string(), field.value());
    }
    if (auto const length = parser.content_length()) {
      out.content_length = *length;
    }
    if (!parser.is_done() && !parser.chunked()) {
      impl_->left = out.content_length;
    }
    co_return out;
  }
  impl_->broken = true;
  co_return errc::origin_bad_response;
}

// Past the parser, which would have all of it copied once more.
awaitable<result<std::size_t>> connection::read_counted(std::span<char> into) {
  auto& left = *impl_->left;
  auto const wanted = static_cast<std::size_t>(std::min<base::byte_count>(left, into.size()));
  auto got = asio::buffer_copy(asio::buffer(into.data(), wanted), impl_->buffer.cdata());
  impl_->buffer.consume(got);  // it came with the head
  if (got == 0 && wanted > 0) {
    impl_->lowest().expires_after(impl_->limits.idle);
    auto const place = asio::buffer(into.data(), wanted);
    error_code failed;
    if (impl_->tls) {
      auto [ec, count] = co_await impl_->tls->async_read_some(place, as_result);
      failed = ec;
      got = count;
    } else {
      auto [ec, count] = co_await impl_->plain->async_read_some(place, as_result);
      failed = ec;
      got = count;
    }
    if (failed) {
      impl_->broken = true;
      note("read body", failed);
      co_return classify_body(failed);
    }
  }
  left -= got;
  if (got > 0 && left == 0 && impl_->anything_behind()) {
    impl_->broken = true;  // it would become the next answer
  }
  co_return got;
}

awaitable<result<std::size_t>> connection::read_body(std::span<char> into) {
  if (impl_->left) {
    co_return co_await read_counted(into);
  }
  auto& parser = *impl_->parser;
  // Beast reads as much as there is room for: without this, 512 bytes a system call, all the body long.
  impl_->buffer.reserve(impl_->limits.read_bytes);
  while (!parser.is_done()) {
    auto& body = parser.get().body();
    body.data = into.data();
    body.size = into.size();
    body.more = true;
    impl_->lowest().expires_after(impl_->limits.idle);
    error_code failed;
    if (impl_->tls) {
      auto [ec, count] = co_await beast::http::async_read_some(*impl_->tls, impl_->buffer, parser, as_result);
      failed = ec;
    } else {
      auto [ec, count] =
          co_await beast::http::async_read_some(*impl_->plain, impl_->buffer, parser, as_result);
      failed = ec;
    }
    auto const got = into.size() - parser.get().body().size;
    if (failed && failed != beast::http::error::need_buffer) {
      impl_->broken = true;
      note("read body", failed);
      co_return classify_body(failed);
    }
    if (got > 0) {
      co_return got;
    }
  }
  co_return std::size_t{0};
}

bool connection::reusable() const {
  return !impl_->broken && impl_->parser && impl_->ended() && impl_->parser->keep_alive() &&
         impl_->buffer.size() == 0;  // bytes behind the answer would become the next one
}

bool connection::still_quiet() {
  auto& socket = impl_->lowest().socket();
  error_code ec;
  socket.non_blocking(true, ec);
  char byte = 0;
  socket.receive(asio::buffer(&byte, 1), asio::socket_base::message_peek, ec);
  impl_->written = false;
  return ec == asio::error::would_block;
}

void connection::close() {
  impl_->broken = true;
  impl_->reset_when_closed();
  impl_->lowest().close();
}

}  // namespace s3proxy::upstream
