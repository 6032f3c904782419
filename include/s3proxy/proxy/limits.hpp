#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/cache/fetch.hpp"
#include "s3proxy/http/request_head.hpp"
#include "s3proxy/net/limits.hpp"
#include "s3proxy/proxy/speculation_rate.hpp"
#include "s3proxy/proxy/token_limits.hpp"
#include "s3proxy/read_ahead/limits.hpp"
#include "s3proxy/s3/aws_chunked.hpp"
#include "s3proxy/upstream/limits.hpp"

#include <chrono>
#include <cstddef>

namespace s3proxy::proxy {

/// Every bound, timeout and size of the daemon. docs/configuration.md lists them all.
struct limits {
  http::head_limits head;
  net::client_limits client;
  upstream::origin_limits origin;
  cache::fetch_limits fetch;
  s3::aws_chunked_limits aws_chunked;
  token_limits tokens;
  read_ahead::planner_limits read_ahead;
  speculation_limits speculation;

  std::size_t relay_bytes = 128 * 1024;      ///< one buffer a streaming request, each way
  std::size_t error_body_bytes = 64 * 1024;  ///< of a store's error answer, kept to look whom it blames
  unsigned questions = 6;  ///< to the store about one read, before it is given up as changing too fast
  unsigned resumes = 1;    ///< of one fill in the middle of a body
  unsigned refetches = 2;  ///< of one read's next bytes, after faults
  std::size_t listed_delete_keys =
      10'000;  ///< of one multi-delete, remembered; S3 allows 1,000. Beyond: the bucket
  /// Of the document of a multi-delete, which is read whole: 1,000 keys of 1,024 bytes, every byte escaped.
  std::size_t delete_document_bytes = 8 << 20;
  std::chrono::seconds preflight{
      3'600};  ///< a browser may remember one; Chromium keeps none for longer than 2 h
  base::byte_count metadata_part = 20;  ///< one part in 20 of the cache budget is for metadata
  base::byte_count in_flight_part = 8;  ///< at most one part in 8 of the budget is in flight
};

}  // namespace s3proxy::proxy
