#include "s3proxy/http/request_head.hpp"

#include "unit/http/raw_head.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace s3proxy::http {
namespace {

using namespace raw_head;
using base::errc;
using namespace std::string_literals;

// --- the end of a head
// ----------------------------------------------------------------------------------------------

TEST(head_end, is_behind_the_first_empty_line) {
  EXPECT_EQ(find_head_end("", 0), std::nullopt);
  EXPECT_EQ(find_head_end("\r\n", 0), std::nullopt);
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\nHost: h\r\n", 0), std::nullopt);
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\nHost: h\r\n\r", 0), std::nullopt);
  EXPECT_EQ(find_head_end("a\r\n\r\n", 0), 5u);
  EXPECT_EQ(find_head_end("a\r\n\r\nbody\r\n\r\n", 0), 5u);
  EXPECT_EQ(find_head_end("a\r\n\rx\r\n\r\n", 0), 9u);
  EXPECT_EQ(find_head_end("\r\n\r\n", 0), 4u);
}

TEST(head_end, is_found_however_the_bytes_arrive) {
  for (auto const& head : {std::string(sample), "a\r\nb\n\r\n"s, "a\nb\n\n"s, "\r\r\n\r\r\n\r\n"s}) {
    auto const end = head.size();
    auto const bytes = head + "the body\r\n\r\n";
    for (std::size_t first = 0; first < end; ++first) {
      EXPECT_EQ(find_head_end(bytes.substr(0, first), 0), std::nullopt) << first;
      EXPECT_EQ(find_head_end(bytes, first), end) << first;
    }
    // One byte at a time, each look starting where the last one stopped.
    for (std::size_t size = 1; size <= end; ++size) {
      auto const found = find_head_end(bytes.substr(0, size), size - 1);
      EXPECT_EQ(found, size == end ? std::optional(end) : std::nullopt) << size;
    }
  }
}

TEST(head_end, bare_line_feeds_end_a_head_that_is_then_refused) {
  for (auto const& bytes : {"GET / HTTP/1.1\nHost: h\n\n"s, "GET / HTTP/1.1\r\nHost: h\n\r\n"s,
                            "GET / HTTP/1.1\r\nHost: h\r\n\n"s}) {
    auto const end = find_head_end(bytes, 0);
    ASSERT_EQ(end, bytes.size());
    expect_refused(errc::malformed_request, bytes);
  }
}

}  // namespace
}  // namespace s3proxy::http
