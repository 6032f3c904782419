#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/http/header_list.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace s3proxy::test {

/// What the origin received.
struct received {
  std::string method;
  std::string target;  ///< path and query as they came
  http::header_list headers;
  std::string body{};      ///< without its transfer coding
  bool complete = true;    ///< the body came to its end
  bool was_reset = false;  ///< it did not: the connection was reset

  std::string path() const { return target.substr(0, target.find('?')); }
  std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
};

/// One thing that goes wrong, or is out of the ordinary, with one answer. The names are the vocabulary.
struct fault {
  enum class kind {
    none,
    answer_status,    ///< `status` with `body`
    hang,             ///< reads the request, never answers (until the origin stops)
    reset_unread,     ///< resets as soon as the head was read, before the body
    reset,            ///< reads the request, resets
    close,            ///< reads the request, closes
    garbage,          ///< answers something that is not HTTP
    ambiguous_frame,  ///< answers with Content-Length and Transfer-Encoding
    endless_head,     ///< a head that never ends
    cut_body,         ///< closes after `bytes` of the body
    reset_body,       ///< resets after `bytes` of the body
    stall_body,       ///< stops after `bytes` of the body
    paused_body,      ///< calls `then` after `bytes` of the body
    drip,             ///< the body in pieces of `bytes`
    long_body,        ///< more bytes than Content-Length says
    wrong_range,      ///< a Content-Range that was not asked for
    ignore_range,     ///< 200 with everything
    other_tag,        ///< another ETag than the object's
    no_tag,           ///< without an ETag
    weak_tag,         ///< a weak one
    no_length,        ///< chunked, in small chunks
    interim,          ///< a 102 before the answer
    interim_early,    ///< a 102 before the request's body was read, then as none
    refuse_early,     ///< `status` before the body was read, then closes
    replaced_midway,  ///< like none; calls `then` after the head was sent and before the body
    late_answer,  ///< makes its answer, calls `then`, sends it: what it says is older than when it says it
    late_body,    ///< like none; calls `then` before the request's body is read
  };
  kind what = kind::none;
  unsigned status = 500;
  std::string body{};
  std::size_t bytes = 0;
  std::function<void()> then{};
  std::string extra_fields{};  ///< more header lines of the answer, each with its CRLF
};

/// Holds answers back until the test lets them go: the way to say "while the request is under way" without a
/// sleep.
class gate {
 public:
  void open();
  /// Waits until `count` requests stand at the gate.
  void wait_for_arrivals(std::size_t count);
  void pass();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  std::size_t arrived_ = 0;
};

/// An S3 store of the test's own, in its process, that does what its script says. A thread a connection;
/// blocking. Understands GET and HEAD with Range and If-*, PUT, DELETE, POST (answers 200), ListObjectsV2 of
/// a bucket.
class scripted_origin {
 public:
  struct object {
    std::string body;
    std::string tag;  ///< with quotes
    std::string last_modified = "Thu, 01 Jan 2026 00:00:00 GMT";
    std::string fields{};  ///< more header lines
  };

  explicit scripted_origin(std::shared_ptr<boost::asio::ssl::context> tls = nullptr);
  ~scripted_origin();

  std::uint16_t port() const { return port_; }
  /// Closes the listening socket and every connection: the next connect is refused.
  void stop_listening();

  void put(std::string const& path, object what);
  /// Version `n` of a body of `size` telling bytes, tag `"v<n>"`.
  void put_version(std::string const& path, unsigned n, std::size_t size);
  void remove(std::string const& path);

  using matcher = std::function<bool(received const&)>;
  /// The next `times` requests that match get the fault; rules are tried in order.
  void when(matcher match, fault what, std::size_t times = 1);
  void next(fault what, std::size_t times = 1) {
    when([](received const&) { return true; }, std::move(what), times);
  }
  /// Every matching request waits at the gate before it is answered (faults apply afterwards).
  void hold(matcher match, std::shared_ptr<gate> at);
  void clear_rules();

  std::vector<received> requests() const;
  std::size_t count(matcher const& match = [](received const&) { return true; }) const;
  void forget_requests();
  std::size_t connections() const;
  /// Connections that are being served now.
  std::size_t open_connections() const;
  /// Bytes of bodies that were sent to clients.
  std::uint64_t body_bytes() const;
  /// Bytes, heads included, that the sockets have taken: a client that does not read stops this count.
  std::uint64_t sent_bytes() const;
  /// Ends every open connection; new ones are accepted.
  void close_connections();
  /// Waits until `n` requests were received in all since the last forget_requests().
  void wait_for_requests(std::size_t n);
  /// Waits until no connection is being served.
  void wait_until_idle();

 private:
  struct rule {
    matcher match;
    fault what;
    std::size_t times;
    std::shared_ptr<gate> held;
  };
  class connection;

  void accept_loop();
  std::optional<fault> take_fault(received const& request);
  std::shared_ptr<gate> gate_for(received const& request);

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::shared_ptr<boost::asio::ssl::context> tls_;
  std::uint16_t port_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, object> objects_;
  std::list<rule> rules_;
  std::vector<received> requests_;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::size_t accepted_ = 0;
  bool stopping_ = false;
  std::list<std::shared_ptr<connection>> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_thread_;
};

inline scripted_origin::matcher is(std::string method) {
  return [method](received const& r) { return r.method == method; };
}
inline scripted_origin::matcher is(std::string method, std::string path) {
  return [method, path](received const& r) { return r.method == method && r.path() == path; };
}

}  // namespace s3proxy::test
