#pragma once

#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/chunked_decoder.hpp"
#include "s3proxy/http/target.hpp"

#include "support/scripted_origin.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace s3proxy::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// An answer before it is put on the wire.
struct reply {
  unsigned status = 200;
  std::string fields;
  std::string body;
  std::string shown_length;  // empty: the body's
};

/// One accepted connection; its thread serves it until either side ends it.
class scripted_origin::connection {
 public:
  connection(scripted_origin& home, tcp::socket accepted) : home_(home), socket_(std::move(accepted)) {
    if (home_.tls_) {
      tls_.emplace(socket_, *home_.tls_);
    }
  }

  void serve() {
    error_code ec;
    socket_.set_option(tcp::no_delay(true), ec);
    if (tls_) {
      tls_->handshake(asio::ssl::stream_base::server, ec);
    }
    while (!ec && serve_one()) {
    }
    close();
  }

  // shutdown() is what wakes a thread that blocks in recv; close() alone does not.
  void end() {
    error_code ec;
    socket_.shutdown(tcp::socket::shutdown_both, ec);
  }

 private:
  // Under the lock that end() is called with: a socket is not closed while another thread shuts it down.
  void close() {
    std::lock_guard const lock(home_.mutex_);
    error_code ec;
    socket_.close(ec);
  }

  bool serve_one() {
    auto request = read_head();
    if (!request) {
      return false;
    }
    // Faults that strike before the body is read are decided on the head alone.
    auto const early = home_.take_fault(*request);
    auto what = early.value_or(fault{});
    if (what.what == fault::kind::reset_unread) {
      record(*request);
      return reset_connection();
    }
    if (what.what == fault::kind::refuse_early) {
      record(*request);
      write({what.status, "Connection: close\r\n", what.body, {}}, request->method, what);
      return false;
    }
    if (what.what == fault::kind::late_body) {
      what.then();
    }
    if (what.what == fault::kind::interim_early) {
      send("HTTP/1.1 102 Processing\r\n\r\n");
    }
    if (!read_body(*request)) {
      return false;
    }
    if (!early && !request->body.empty()) {
      what = home_.take_fault(*request).value_or(fault{});  // a rule may be about the body
    }
    record(*request);
    if (auto const held = home_.gate_for(*request)) {
      held->pass();
    }
    return answer(*request, what);
  }

  void record(received const& request) {
    std::lock_guard const lock(home_.mutex_);
    home_.requests_.push_back(request);
    home_.changed_.notify_all();
  }

  std::optional<received> read_head() {
    auto end = buffer_.find("\r\n\r\n");
    while (end == std::string::npos) {
      if (!read_more()) {
        return std::nullopt;
      }
      end = buffer_.find("\r\n\r\n");
    }
    std::istringstream lines(buffer_.substr(0, end + 2));
    buffer_.erase(0, end + 4);
    received out;
    std::string line;
    std::getline(lines, line);
    std::istringstream(line) >> out.method >> out.target;
    while (std::getline(lines, line) && line.size() > 1) {
      auto const colon = line.find(':');
      auto value = line.substr(colon + 1, line.size() - colon - 2);
      value.erase(0, value.find_first_not_of(' '));
      out.headers.add(line.substr(0, colon), value);
    }
    return out;
  }

  bool read_body(received& request) {
    if (request.header("transfer-encoding") == "chunked") {
      return read_chunks(request);
    }
    auto const length = http::parse_decimal(request.header("content-length")).value_or(0);
    while (buffer_.size() < length) {
      if (!read_more()) {
        request.body = buffer_;
        return cut_short(request);
      }
    }
    request.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return true;
  }

  bool read_chunks(received& request) {
    http::chunked_decoder decoder;
    for (;;) {
      auto const got = decoder.decode(buffer_);
      if (!got) {
        return cut_short(request);
      }
      request.body.append(buffer_, 0, got->data);
      buffer_.erase(0, got->taken);
      if (decoder.ended()) {
        return true;
      }
      if (!read_more()) {
        return cut_short(request);
      }
    }
  }

  /// A body that ended early is worth knowing.
  bool cut_short(received& request) {
    request.complete = false;
    request.was_reset = reset_;
    record(request);
    return false;
  }

  bool read_more() {
    std::string piece(64 * 1024, '\0');
    error_code ec;
    auto const count =
        tls_ ? tls_->read_some(asio::buffer(piece), ec) : socket_.read_some(asio::buffer(piece), ec);
    buffer_.append(piece, 0, count);
    reset_ = ec == asio::error::connection_reset;
    return !ec;
  }

  bool send(std::string_view bytes) {
    error_code ec;
    while (!ec && !bytes.empty()) {
      // A blocking send of more would not return, and not be counted, before all of it is taken.
      asio::const_buffer const next(bytes.data(), std::min<std::size_t>(bytes.size(), 64 * 1024));
      auto const count = tls_ ? tls_->write_some(next, ec) : socket_.write_some(next, ec);
      bytes.remove_prefix(count);
      std::lock_guard const lock(home_.mutex_);
      home_.sent_bytes_ += count;
    }
    return !ec;
  }

  bool reset_connection() {
    error_code ec;
    socket_.set_option(asio::socket_base::linger(true, 0), ec);
    close();
    return false;
  }

  void hang_on() {
    std::unique_lock lock(home_.mutex_);
    home_.changed_.wait(lock, [&] { return home_.stopping_; });
  }

  bool answer(received const& request, fault const& what) {
    switch (what.what) {
      case fault::kind::hang:
        hang_on();
        return false;
      case fault::kind::reset:
        return reset_connection();
      case fault::kind::close:
        return false;
      case fault::kind::garbage:
        send("SSH-2.0-nothing_for_you\r\n\r\n");
        return false;
      case fault::kind::ambiguous_frame:
        send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        return false;
      case fault::kind::endless_head:
        send("HTTP/1.1 200 OK\r\n");
        while (send("x-more: " + std::string(1000, 'x') + "\r\n")) {
        }
        return false;
      case fault::kind::interim:
        send("HTTP/1.1 102 Processing\r\n\r\n");
        break;
      default:
        break;
    }
    auto made = what.what == fault::kind::answer_status
                    ? reply{what.status, "Content-Type: application/xml\r\n", what.body, {}}
                    : home_reply(request, what);
    made.fields += what.extra_fields;
    if (what.what == fault::kind::late_answer) {
      what.then();
    }
    return write(std::move(made), request.method, what);
  }

  reply home_reply(received const& request, fault const& what);
  reply listing_reply(std::string const& bucket, http::query_list const& asked);
  reply object_reply(received const& request, object const& found, fault const& what);

  bool write(reply made, std::string const& method, fault const& what) {
    using enum fault::kind;
    auto const length = made.shown_length.empty() ? std::to_string(made.body.size()) : made.shown_length;
    auto const chunked = what.what == no_length;
    std::string head = "HTTP/1.1 " + std::to_string(made.status) + " Scripted\r\n" + made.fields +
                       "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nx-amz-request-id: ORIGIN0000000001\r\n" +
                       (chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: " + length + "\r\n") +
                       "\r\n";
    if (!send(head)) {
      return false;
    }
    if (what.then && what.what != late_answer && what.what != late_body && what.what != paused_body) {
      what.then();
    }
    if (method == "HEAD" || made.status == 304 || made.status == 204) {
      return true;
    }
    auto const cut = std::min(what.bytes, made.body.size());
    std::string_view const body = made.body;
    {
      std::lock_guard const lock(home_.mutex_);
      home_.body_bytes_ += body.size();
    }
    switch (what.what) {
      case cut_body:
        send(body.substr(0, cut));
        return false;
      case reset_body:
        send(body.substr(0, cut));
        return reset_connection();
      case stall_body:
        send(body.substr(0, cut));
        hang_on();
        return false;
      case paused_body:
        if (!send(body.substr(0, cut))) {
          return false;
        }
        what.then();
        return send(body.substr(cut));
      case drip:
        return send_in_pieces(body, what.bytes, "");
      case no_length:
        return send_in_pieces(body, 1000, "chunked") && send("0\r\n\r\n");
      case long_body:
        // In one piece: bytes that came later could meet the next request, which then fails, as it should.
        return send(made.body + "these bytes belong to nobody");
      default:
        return send(body);
    }
  }

  bool send_in_pieces(std::string_view body, std::size_t size, std::string_view framing) {
    for (std::size_t at = 0; at < body.size(); at += size) {
      auto const piece = body.substr(at, size);
      std::ostringstream head;
      head << std::hex << piece.size() << "\r\n";
      auto const framed = framing.empty() ? std::string(piece) : head.str() + std::string(piece) + "\r\n";
      if (!send(framed)) {
        return false;
      }
    }
    return true;
  }

  scripted_origin& home_;
  tcp::socket socket_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  std::string buffer_;
  bool reset_ = false;
};

}  // namespace s3proxy::test
