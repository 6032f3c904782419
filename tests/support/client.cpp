#include "support/client.hpp"

#include "s3proxy/base/crypto.hpp"
#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/s3/sigv4.hpp"

#include "support/secret_watch.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <poll.h>
#include <sstream>
#include <sys/socket.h>

namespace s3proxy::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int read_deadline_seconds = 20;

std::string render(request const& what, http::header_list const& headers) {
  std::string out = what.method + " " + what.target + " HTTP/1.1\r\n";
  for (auto const& [name, value] : headers) {
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!what.body.empty() || what.method == "PUT" || what.method == "POST") {
    if (!headers.contains("content-length") && !headers.contains("transfer-encoding")) {
      out.append("Content-Length: ").append(std::to_string(what.body.size())).append("\r\n");
    }
  }
  return out + "\r\n" + what.body;
}

http::header_list headers_of(request const& what, std::uint16_t port) {
  http::header_list headers;
  auto const names_host = [](auto const& field) { return field.first == "Host"; };
  if (std::ranges::none_of(what.headers, names_host)) {
    headers.add("Host", "127.0.0.1:" + std::to_string(port));
  }
  for (auto const& [name, value] : what.headers) {
    headers.add(name, value);
  }
  return headers;
}

}  // namespace

std::string answer::error_code() const {
  auto const begin = body.find("<Code>");
  auto const end = body.find("</Code>");
  return begin == std::string::npos || end == std::string::npos ? ""
                                                                : body.substr(begin + 6, end - begin - 6);
}

client::client(std::uint16_t port) : client(port, 0) {}

client::client(std::uint16_t port, std::size_t receive_buffer) : socket_(context_) {
  socket_.open(tcp::v4());
  if (receive_buffer > 0) {  // before connecting: the window is agreed on then
    socket_.set_option(asio::socket_base::receive_buffer_size(static_cast<int>(receive_buffer)));
  }
  socket_.connect({asio::ip::address_v4::loopback(), port});
  socket_.set_option(tcp::no_delay(true));
  timeval const limit{read_deadline_seconds, 0};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

client::client(std::uint16_t port, std::size_t receive_buffer, tls_wish const& how)
    : client(port, receive_buffer) {
  tls_ = std::make_unique<tls_layer>(socket_.native_handle(), how);
}

bool client::send(std::string_view bytes) {
  if (tls_) {
    return tls_->write(bytes);
  }
  error_code ec;
  asio::write(socket_, asio::buffer(bytes.data(), bytes.size()), ec);
  return !ec;
}

std::size_t client::offer(std::string_view bytes, std::chrono::milliseconds patience) {
  if (tls_) {
    timeval limit{0, std::max<suseconds_t>(1, std::chrono::microseconds(patience).count())};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    auto const taken = tls_->offer(bytes);
    limit = {};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return taken;
  }
  auto const all = bytes.size();
  while (!bytes.empty()) {
    pollfd waiting{socket_.native_handle(), POLLOUT, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) {
      break;
    }
    auto const count =
        ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
      break;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return all - bytes.size();
}

void client::finish_sending() {
  error_code ec;
  socket_.shutdown(tcp::socket::shutdown_send, ec);
}

bool client::fill() {
  if (ended_) {
    return false;
  }
  std::string piece(256 * 1024, '\0');
  // recv itself: Asio's blocking read would poll again after the deadline.
  auto const count = tls_ ? tls_->read(piece.data(), piece.size())
                          : ::recv(socket_.native_handle(), piece.data(), piece.size(), 0);
  if (count <= 0) {
    ended_ = true;
    reset_ = count < 0 && errno == ECONNRESET;
    EXPECT_FALSE(count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) << "no answer within the deadline";
    return false;
  }
  buffer_.append(piece, 0, static_cast<std::size_t>(count));
  return true;
}

answer client::read_head() {
  answer out;
  auto end = buffer_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!fill()) {
      return out;
    }
    end = buffer_.find("\r\n\r\n");
  }
  std::istringstream lines(buffer_.substr(0, end + 2));
  buffer_.erase(0, end + 4);
  std::string line;
  std::getline(lines, line);
  std::istringstream(line.substr(9)) >> out.status;
  while (std::getline(lines, line) && line.size() > 1) {
    auto const colon = line.find(": ");
    out.headers.add(line.substr(0, colon), line.substr(colon + 2, line.size() - colon - 3));
  }
  return out;
}

answer client::read(std::string_view method) {
  auto out = read_head();
  if (out.status == 0 || out.status == 100) {
    out.complete = out.status == 100;
    return out;
  }
  if (method == "HEAD" || out.status == 304 || out.status == 204) {
    out.complete = true;
    return out;
  }
  if (auto const length = http::parse_decimal(out.header("content-length"))) {
    while (buffer_.size() < *length && fill()) {
    }
    out.body = buffer_.substr(0, *length);
    buffer_.erase(0, *length);
    out.complete = out.body.size() == *length;
    return out;
  }
  if (out.header("transfer-encoding") != "chunked") {
    while (fill()) {
    }
    out.body.swap(buffer_);
    out.complete = !reset_;
    return out;
  }
  for (;;) {
    auto line = buffer_.find("\r\n");
    while (line == std::string::npos) {
      if (!fill()) {
        return out;
      }
      line = buffer_.find("\r\n");
    }
    std::size_t size = 0;
    std::from_chars(buffer_.data(), buffer_.data() + line, size, 16);
    while (buffer_.size() < line + 2 + size + 2) {
      if (!fill()) {
        return out;
      }
    }
    out.body += buffer_.substr(line + 2, size);
    buffer_.erase(0, line + 2 + size + 2);
    if (size == 0) {
      out.complete = true;
      return out;
    }
  }
}

std::string client::read_some(std::size_t most) {
  if (buffer_.empty()) {
    fill();
  }
  auto out = buffer_.substr(0, most);
  buffer_.erase(0, out.size());
  return out;
}

bool client::at_end() {
  return buffer_.empty() && !fill();
}

void client::close() {
  error_code ec;
  socket_.close(ec);
}

void client::reset() {
  error_code ec;
  socket_.set_option(asio::socket_base::linger(true, 0), ec);
  socket_.close(ec);
}

std::string signed_bytes(request const& what, std::uint16_t port, s3::credentials const& keys,
                         http::wall_time now, std::string_view region) {
  keep_secret(keys);
  auto headers = headers_of(what, port);
  auto const path = what.target.substr(0, what.target.find('?'));
  auto const query = path.size() == what.target.size() ? "" : what.target.substr(path.size() + 1);
  auto const hash = what.payload_hash.value_or(base::to_hex(base::sha256(what.body)));
  s3::signing_key_cache cache;
  s3::sign(what.method, path, query, headers, keys, region, hash, now, cache);
  return render(what, headers);
}

std::string presigned_bytes(request const& what, std::uint16_t port, s3::credentials const& keys,
                            http::wall_time now, std::chrono::seconds lifetime) {
  keep_secret(keys);
  auto headers = headers_of(what, port);
  auto const path = what.target.substr(0, what.target.find('?'));
  auto const query = path.size() == what.target.size() ? "" : what.target.substr(path.size() + 1);
  auto const word = what.payload_hash.value_or(std::string(s3::unsigned_payload_word));
  s3::signing_key_cache cache;
  auto presigned = what;
  presigned.target =
      path + "?" +
      s3::presign({what.method, path, query, word, lifetime}, headers, keys, "us-east-1", now, cache);
  return render(presigned, headers);
}

std::string plain_bytes(request const& what, std::uint16_t port) {
  return render(what, headers_of(what, port));
}

}  // namespace s3proxy::test
