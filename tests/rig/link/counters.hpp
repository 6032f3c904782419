#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace rig {

/// What has crossed the link since the last reset. A LIST is a GET with `list-type=2` in its query; a request
/// is speculative if its User-Agent says so (`is_speculative`).
struct counters {
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t get_requests = 0;  // LISTs among them
  std::uint64_t head_requests = 0;
  std::uint64_t list_requests = 0;
  std::uint64_t speculative_requests = 0;
  std::uint64_t request_body_bytes = 0;
  std::uint64_t response_body_bytes = 0;
  std::uint64_t list_response_body_bytes = 0;
  std::uint64_t speculative_response_body_bytes = 0;

  std::string json() const;
};

/// Whether a request's target is a LIST's.
bool is_list(std::string_view method, std::string_view target);

/// Whether a request is one that nobody asked for yet: s3proxy marks those in its User-Agent.
bool is_speculative(std::string_view user_agent);

/// One line a request: seconds since the link started, connection number, method, target, Range or `-`;
/// separated by tabs, written out at once.
class request_log {
 public:
  explicit request_log(std::string const& path) : file_{path, std::ios::app} {}
  bool is_open() const { return file_.is_open(); }
  void write(double seconds, std::uint64_t connection, std::string_view method, std::string_view target,
             std::string_view range);

 private:
  std::ofstream file_;
};

}  // namespace rig
