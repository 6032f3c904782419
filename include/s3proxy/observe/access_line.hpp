#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/http/date.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace s3proxy::observe {

/// What one request was and what became of it.
struct access_record {
  http::wall_time at;
  std::string request_id;
  std::string peer;
  std::string method;
  std::string_view operation = "-";  ///< S3's name of the action; static text
  std::string bucket;
  std::string key;
  std::string range;  ///< as the client wrote it
  unsigned status = 0;
  base::byte_count bytes = 0;  ///< of the body, sent to the client
  std::string_view phase = "-";
  std::string_view reason = "-";
  unsigned origin_calls = 0;
  std::chrono::microseconds first_byte{0};
  std::chrono::microseconds total{0};
  /// The S3 code of an error we made, or of one that the store hid in a 200; or why the connection was
  /// aborted.
  std::string error = "-";
  base::byte_count ahead = 0;    ///< whose fetching, before anybody asked, this request caused
  base::byte_count guessed = 0;  ///< of `bytes`, those that had been fetched before anybody asked
};

enum class access_format { off, text, json };

/// One line, without its end. Text: fields `name=value` in a fixed order; values escaped so that none can
/// hold a space, a quote or a line end. JSON: one object.
std::string render(access_record const& record, access_format format);

/// Takes records from any thread and writes them from one of its own, so that no request waits for a pipe.
/// When the reader is slower than the requests, lines are dropped and counted, and the count is written.
class access_log {
 public:
  using sink = std::function<void(std::string const& lines)>;
  /// `write` is called on the log's thread with whole lines.
  access_log(access_format format, sink write);
  ~access_log();  ///< writes what is left

  void record(access_record one);

  static constexpr std::size_t most_waiting = 8192;  ///< records; about 4 MiB
  /// How long lines are gathered before they are written, or until half of `most_waiting` are there: waking
  /// the log's thread for each costs more than all the rest of a line.
  static constexpr std::chrono::milliseconds gathering{20};

 private:
  void run();

  access_format format_;
  sink write_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<access_record> waiting_;
  std::uint64_t dropped_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace s3proxy::observe
