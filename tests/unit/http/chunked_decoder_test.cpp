#include "s3proxy/http/chunked_decoder.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace s3proxy::http {
namespace {

using base::errc;

struct outcome {
  std::string data;
  std::size_t taken = 0;
  bool ended = false;
  std::optional<errc> error;
  friend bool operator==(outcome const&, outcome const&) = default;
};

outcome decode(std::vector<std::string> pieces) {
  chunked_decoder decoder;
  outcome out;
  for (auto& piece : pieces) {
    auto const got = decoder.decode(piece);
    if (!got) {
      out.error = base::to_errc(got.error());
      return out;
    }
    out.data.append(piece, 0, got->data);
    out.taken += got->taken;
  }
  out.ended = decoder.ended();
  return out;
}

/// The outcome of a body however it is cut in two, and byte by byte.
outcome decode_split(std::string const& body) {
  auto const whole = decode({body});
  std::vector<std::string> bytes;
  for (std::size_t at = 0; at < body.size(); ++at) {
    bytes.push_back(body.substr(at, 1));
    auto const cut = decode({body.substr(0, at), body.substr(at)});
    EXPECT_EQ(cut.error, whole.error) << body << " cut at " << at;
    if (!whole.error) {
      EXPECT_EQ(cut, whole) << body << " cut at " << at;
    }
  }
  EXPECT_EQ(decode(bytes).error, whole.error) << body;
  EXPECT_EQ(decode(bytes).ended, whole.ended) << body;
  return whole;
}

TEST(chunked_decoder, leaves_the_data_however_it_is_split) {
  auto const got = decode_split("5\r\nhello\r\nA\r\n, world...\r\n0\r\n\r\n");
  EXPECT_EQ(got.data, "hello, world...");
  EXPECT_TRUE(got.ended);
}

TEST(chunked_decoder, an_empty_body_is_its_last_chunk) {
  EXPECT_EQ(decode_split("0\r\n\r\n"), (outcome{"", 5, true, {}}));
  EXPECT_EQ(decode_split("0000000000000000\r\n\r\n"), (outcome{"", 20, true, {}}));
}

TEST(chunked_decoder, tells_what_does_not_belong_to_the_body) {
  auto const got = decode({"1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n"});
  EXPECT_EQ(got, (outcome{"x", 11, true, {}}));
}

TEST(chunked_decoder, plain_extensions_are_passed_over) {
  EXPECT_EQ(decode_split("1;a=b;c\r\nx\r\n0;last\r\n\r\n").data, "x");
  EXPECT_EQ(decode({"1;" + std::string(255, 'x') + "\r\ny\r\n0\r\n\r\n"}).data, "y");
}

TEST(chunked_decoder, an_extension_that_others_may_read_differently_is_malformed) {
  for (auto const& body :
       {"1;" + std::string(256, 'x') + "\r\n", std::string("1;a\nb\r\n"), std::string("1;a\rb\r\n"),
        std::string("1;a=\"\r\n"), std::string("1;a=\"b\"\r\n"), std::string("1;\x01\r\n")}) {
    EXPECT_EQ(decode_split(body).error, errc::malformed_request) << body;
  }
}

TEST(chunked_decoder, a_trailer_field_is_malformed) {
  for (auto const* field : {"Host: evil", "Authorization: x", "Content-Length: 5", "X-Amz-Meta-a: b", ":"}) {
    EXPECT_EQ(decode_split("1\r\nx\r\n0\r\n" + std::string(field) + "\r\n\r\n").error,
              errc::malformed_request)
        << field;
  }
}

TEST(chunked_decoder, bad_sizes_and_line_ends_are_an_incomplete_body) {
  for (auto const* body : {"0x5\r\nhello\r\n", "+5\r\nhello\r\n", "-5\r\n", "5_\r\n", "5 \r\n", " 5\r\n",
                           "\r\n", ";a\r\n", "g\r\n", "5\nhello\n", "5\rhello", "1\r\nxy\r\n", "1\r\nx\n",
                           "1\r\nx\rX", "0\r\nXX\r\n", "0\r\n\rX", "0\r\n\n", "00000000000000001\r\nx\r\n"}) {
    EXPECT_EQ(decode_split(body).error, errc::incomplete_body) << body;
  }
}

TEST(chunked_decoder, the_greatest_size_overflows_nothing) {
  auto const got = decode({"ffffffffffffffff\r\n" + std::string(1000, 'x')});
  EXPECT_EQ(got.data, std::string(1000, 'x'));
  EXPECT_FALSE(got.ended);
}

TEST(chunked_decoder, what_ends_early_has_not_ended) {
  std::string const body = "5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < body.size(); ++size) {
    auto const got = decode({body.substr(0, size)});
    EXPECT_FALSE(got.error) << size;
    EXPECT_FALSE(got.ended) << size;
  }
}

}  // namespace
}  // namespace s3proxy::http
