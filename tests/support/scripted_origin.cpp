#include "support/scripted_origin.hpp"

#include "s3proxy/http/byte_range.hpp"
#include "s3proxy/http/target.hpp"

#include "support/telling_bytes.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <sstream>

namespace s3proxy::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct reply {
  unsigned status = 200;
  std::string fields;
  std::string body;
  std::string shown_length;  // empty: the body's
};

std::string error_body(std::string const& code) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
         "</Code><Message>scripted</Message></Error>";
}

bool is_safe_in_xml(char c) {
  return c != '<' && c != '&' && c != '"';
}

std::string in_xml(std::string const& text) {
  std::string out;
  for (auto const c : text) {
    out += is_safe_in_xml(c) ? std::string(1, c) : "&#" + std::to_string(static_cast<int>(c)) + ";";
  }
  return out;
}

}  // namespace

void gate::open() {
  std::lock_guard const lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void gate::wait_for_arrivals(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return arrived_ >= count; });
}

void gate::pass() {
  std::unique_lock lock(mutex_);
  ++arrived_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return open_; });
}

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
    auto const what = home_.take_fault(*request);
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
    if (!read_body(*request)) {
      return false;
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
    auto const length = http::parse_decimal(request.header("content-length")).value_or(0);
    while (buffer_.size() < length) {
      if (!read_more()) {
        request.body = buffer_;
        record(request);  // a body that ended early is worth knowing
        return false;
      }
    }
    request.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return true;
  }

  bool read_more() {
    std::string piece(64 * 1024, '\0');
    error_code ec;
    auto const count =
        tls_ ? tls_->read_some(asio::buffer(piece), ec) : socket_.read_some(asio::buffer(piece), ec);
    buffer_.append(piece, 0, count);
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
    if (what.then && what.what != late_answer && what.what != late_body) {
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
};

reply scripted_origin::connection::object_reply(received const& request, object const& found,
                                                fault const& what) {
  using enum fault::kind;
  auto const match = request.header("if-match");
  if (!match.empty() && match != found.tag) {
    return {412, {}, error_body("PreconditionFailed"), {}};
  }
  reply out;
  auto const tag = what.what == other_tag  ? std::string("\"other\"")
                   : what.what == weak_tag ? "W/" + found.tag
                                           : found.tag;
  out.fields = (what.what == no_tag ? "" : "ETag: " + tag + "\r\n") +
               "Last-Modified: " + found.last_modified + "\r\nAccept-Ranges: bytes\r\n" + found.fields;
  out.body = found.body;
  auto const range = http::parse_range(request.header("range"));
  auto const* spec = std::get_if<http::range_spec>(&range);
  if (!spec || what.what == ignore_range) {
    return out;
  }
  auto const span = http::resolve(*spec, found.body.size());
  if (!span) {
    return {416,
            "Content-Range: " + http::unsatisfied_range(found.body.size()) + "\r\n",
            error_body("InvalidRange"),
            {}};
  }
  out.status = 206;
  auto const shown = what.what == wrong_range ? base::byte_span{span->begin + 1, span->end + 1} : *span;
  out.fields += "Content-Range: " + http::content_range(shown, found.body.size()) + "\r\n";
  out.body = found.body.substr(span->begin, span->size());
  return out;
}

reply scripted_origin::connection::home_reply(received const& request, fault const& what) {
  std::lock_guard const lock(home_.mutex_);
  auto const path = http::percent_decode(request.path(), http::plus::is_literal).value();
  if (request.method == "PUT") {
    auto const tag = "\"put-" + std::to_string(home_.requests_.size()) + "\"";
    home_.objects_[path] = {request.body, tag, "Thu, 01 Jan 2026 00:00:01 GMT", {}};
    return {200, "ETag: " + tag + "\r\n", {}, {}};
  }
  if (request.method == "DELETE") {
    home_.objects_.erase(path);
    return {204, {}, {}, {}};
  }
  if (request.method == "POST") {
    return {200, "Content-Type: application/xml\r\n", "<Done/>", {}};
  }
  if (request.target.find("list-type=2") != std::string::npos) {
    auto const bucket = path.ends_with('/') ? path : path + '/';
    std::string body = "<?xml version=\"1.0\"?><ListBucketResult>";
    for (auto const& [name, object] : home_.objects_) {
      if (name.starts_with(bucket)) {
        body += "<Contents><Key>" + in_xml(name.substr(bucket.size())) + "</Key><LastModified>" +
                (object.last_modified.find("00:00:01") != std::string::npos ? "2026-01-01T00:00:01.000Z"
                                                                            : "2026-01-01T00:00:00.000Z") +
                "</LastModified><ETag>" + in_xml(object.tag) + "</ETag><Size>" +
                std::to_string(object.body.size()) + "</Size></Contents>";
      }
    }
    return {200, "Content-Type: application/xml\r\n", body + "</ListBucketResult>", {}};
  }
  auto const found = home_.objects_.find(path);
  if (found == home_.objects_.end()) {
    return {404, "Content-Type: application/xml\r\n", error_body("NoSuchKey"), {}};
  }
  return object_reply(request, found->second, what);
}

scripted_origin::scripted_origin(std::shared_ptr<asio::ssl::context> tls)
    : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      tls_(std::move(tls)),
      port_(acceptor_.local_endpoint().port()) {
  acceptor_thread_ = std::thread([this] { accept_loop(); });
}

scripted_origin::~scripted_origin() {
  clear_rules();
  stop_listening();
  for (auto& thread : threads_) {
    thread.join();
  }
}

void scripted_origin::stop_listening() {
  {
    std::lock_guard const lock(mutex_);
    stopping_ = true;
    for (auto const& one : open_) {
      one->end();
    }
    for (auto const& one : rules_) {
      if (one.held) {
        one.held->open();
      }
    }
    changed_.notify_all();
  }
  if (acceptor_thread_.joinable()) {
    error_code ec;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    acceptor_thread_.join();
    acceptor_.close(ec);
  }
}

void scripted_origin::accept_loop() {
  for (;;) {
    error_code ec;
    tcp::socket socket(context_);
    acceptor_.accept(socket, ec);
    if (ec) {
      return;
    }
    std::lock_guard const lock(mutex_);
    if (stopping_) {
      return;
    }
    ++accepted_;
    auto const made = std::make_shared<connection>(*this, std::move(socket));
    open_.push_back(made);
    threads_.emplace_back([this, made] {
      made->serve();
      std::lock_guard const done(mutex_);
      open_.remove(made);
      changed_.notify_all();
    });
  }
}

void scripted_origin::put(std::string const& path, object what) {
  std::lock_guard const lock(mutex_);
  objects_[path] = std::move(what);
}

void scripted_origin::put_version(std::string const& path, unsigned n, std::size_t size) {
  put(path,
      {telling_bytes(n, 0, size), "\"v" + std::to_string(n) + "\"", "Thu, 01 Jan 2026 00:00:00 GMT", {}});
}

void scripted_origin::remove(std::string const& path) {
  std::lock_guard const lock(mutex_);
  objects_.erase(path);
}

void scripted_origin::when(matcher match, fault what, std::size_t times) {
  std::lock_guard const lock(mutex_);
  rules_.push_back({std::move(match), std::move(what), times, nullptr});
}

void scripted_origin::hold(matcher match, std::shared_ptr<gate> at) {
  std::lock_guard const lock(mutex_);
  rules_.push_back({std::move(match), {}, 0, std::move(at)});
}

void scripted_origin::clear_rules() {
  std::lock_guard const lock(mutex_);
  for (auto const& one : rules_) {
    if (one.held) {
      one.held->open();
    }
  }
  rules_.clear();
}

fault scripted_origin::take_fault(received const& request) {
  std::lock_guard const lock(mutex_);
  for (auto& one : rules_) {
    if (!one.held && one.times > 0 && one.match(request)) {
      --one.times;
      return one.what;
    }
  }
  return {};
}

std::shared_ptr<gate> scripted_origin::gate_for(received const& request) {
  std::lock_guard const lock(mutex_);
  for (auto const& one : rules_) {
    if (one.held && one.match(request)) {
      return one.held;
    }
  }
  return nullptr;
}

std::vector<received> scripted_origin::requests() const {
  std::lock_guard const lock(mutex_);
  return requests_;
}

std::size_t scripted_origin::count(matcher const& match) const {
  auto const all = requests();
  return static_cast<std::size_t>(std::ranges::count_if(all, match));
}

void scripted_origin::forget_requests() {
  std::lock_guard const lock(mutex_);
  requests_.clear();
  body_bytes_ = 0;
  sent_bytes_ = 0;
}

std::size_t scripted_origin::connections() const {
  std::lock_guard const lock(mutex_);
  return accepted_;
}

std::uint64_t scripted_origin::body_bytes() const {
  std::lock_guard const lock(mutex_);
  return body_bytes_;
}

std::uint64_t scripted_origin::sent_bytes() const {
  std::lock_guard const lock(mutex_);
  return sent_bytes_;
}

void scripted_origin::close_connections() {
  std::lock_guard const lock(mutex_);
  for (auto const& one : open_) {
    one->end();
  }
}

void scripted_origin::wait_for_requests(std::size_t n) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_.size() >= n; });
}

void scripted_origin::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return open_.empty(); });
}

}  // namespace s3proxy::test
