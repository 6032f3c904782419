#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace load {

/// A request as it goes over the wire, and the answer that it must get.
struct request {
  std::string bytes;
  int status = 200;
  std::uint64_t length = 0;  // what the answer's Content-Length must say
  std::uint64_t offset = 0;  // of the answer's first byte in the object

  bool is_head() const { return bytes.starts_with("HEAD "); }
  std::uint64_t body_bytes() const { return is_head() ? 0 : length; }
};

/// Reads a file of requests: for each a line `STATUS LENGTH OFFSET SIZE`, and SIZE bytes. Throws
/// std::runtime_error when it is not one, or holds none.
std::vector<request> read_requests(std::string const& path);

}  // namespace load
