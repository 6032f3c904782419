// Bodies in chunks of their own, as SDKs send them: what the store gets of them.

#include "support/streamed.hpp"
#include "support/telling_bytes.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using enum fault::kind;
using signing = streamed::signing;
using transport = streamed::transport;

constexpr std::size_t KiB = 1024;

answer sent(world& w, streamed const& what) {
  auto link = w.connect();
  link.send(signed_bytes(w, what));
  return link.read();
}

TEST(uploads, of_every_form_arrive_whole) {
  for (auto const& form : streamed_forms()) {
    world w;
    for (std::size_t const size : {0UL, 1UL, 8 * KiB, 64 * KiB, 128 * KiB + 1, 1500 * KiB}) {
      SCOPED_TRACE(form.name + " of " + std::to_string(size));
      w.origin.forget_requests();
      auto const data = telling_bytes(3, 0, size);
      ASSERT_EQ(sent(w, {.lines = form.lines, .by = form.by, .data = data, .trailer = form.trailer}).status,
                200U);
      ASSERT_EQ(w.origin.count(), 1U);
      auto const seen = w.origin.requests()[0];
      EXPECT_FALSE(seen.headers.contains("content-encoding"));
      EXPECT_FALSE(seen.headers.contains("transfer-encoding"));
      EXPECT_EQ(seen.header("content-length"), std::to_string(seen.body.size()));
      EXPECT_EQ(seen.header("x-amz-trailer"), form.trailer);
      if (form.trailer.empty()) {
        EXPECT_TRUE(seen.body == data);
        EXPECT_EQ(seen.header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
        EXPECT_FALSE(seen.headers.contains("x-amz-decoded-content-length"));
      } else {
        EXPECT_TRUE(data_of(seen) == data) << "the checksum arrives, and is right";
        EXPECT_EQ(seen.header("x-amz-content-sha256"), "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
      }
    }
  }
}

TEST(uploads, the_checksum_of_every_algorithm_reaches_the_store) {
  world w;
  auto const data = telling_bytes(5, 0, 100 * KiB);
  for (auto const* name : {"crc32", "crc32c", "crc64nvme", "sha1", "sha256"}) {
    w.origin.forget_requests();
    std::string const trailer = std::string("x-amz-checksum-") + name;
    EXPECT_EQ(sent(w, {.data = data, .trailer = trailer}).status, 200U) << name;
    auto const seen = w.origin.requests().at(0);
    EXPECT_TRUE(data_of(seen) == data) << name;
    EXPECT_TRUE(seen.body.ends_with("\r\n0\r\n" + trailer + ":" + checksum_of(data, trailer) + "\r\n\r\n"))
        << name;
  }
}

TEST(uploads, a_checksum_that_we_do_not_know_is_passed_for_the_store_to_verify) {
  world w;
  for (std::size_t const size : {0UL, 1UL, 1500 * KiB}) {
    w.origin.forget_requests();
    auto const data = telling_bytes(5, 0, size);
    EXPECT_EQ(sent(w, {.data = data, .trailer = "x-amz-checksum-xxhash3", .value = "no-one-knows"}).status,
              200U);
    auto const seen = w.origin.requests().at(0);
    EXPECT_EQ(seen.header("transfer-encoding"), "chunked")
        << "the length of the value is not known in advance";
    EXPECT_EQ(seen.header("x-amz-decoded-content-length"), std::to_string(size));
    EXPECT_TRUE(data_of(seen) == data);
    EXPECT_TRUE(seen.body.ends_with("0\r\nx-amz-checksum-xxhash3:no-one-knows\r\n\r\n"));
  }
}

TEST(uploads, the_stored_encoding_keeps_what_is_one) {
  world w;
  struct {
    std::string sent, stored;
  } const rows[] = {{"aws-chunked", ""},
                    {"aws-chunked,gzip", "gzip"},
                    {"gzip, aws-chunked", "gzip"},
                    {"AWS-Chunked", ""},
                    {"zstd,aws-chunked, gzip", "zstd,gzip"}};
  for (auto const& row : rows) {
    w.origin.forget_requests();
    EXPECT_EQ(sent(w, {.data = "hello", .headers = {{"Content-Encoding", row.sent}}}).status, 200U)
        << row.sent;
    auto const seen = w.origin.requests().at(0);
    EXPECT_EQ(seen.header("content-encoding"), row.stored) << row.sent;
    EXPECT_EQ(seen.headers.contains("content-encoding"), !row.stored.empty()) << row.sent;
  }
  w.put("/bucket/k", "hello", {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(w.origin.requests().back().header("content-encoding"), "gzip");
}

TEST(uploads, a_part_may_come_in_chunks_too) {
  world w;
  EXPECT_EQ(sent(w, {.data = "hello",
                     .trailer = "x-amz-checksum-crc32",
                     .target = "/bucket/k?partNumber=1&uploadId=u"})
                .status,
            200U);
  EXPECT_EQ(data_of(w.origin.requests().at(0)), "hello");
}

TEST(uploads, may_come_byte_by_byte) {
  world w;
  auto const data = telling_bytes(3, 0, 9000);
  for (auto const& form : streamed_forms()) {
    w.origin.forget_requests();
    auto const bytes =
        signed_bytes(w, {.lines = form.lines, .by = form.by, .data = data, .trailer = form.trailer});
    auto link = w.connect();
    for (auto const& byte : bytes) {
      link.send({&byte, 1});
    }
    EXPECT_EQ(link.read().status, 200U) << form.name;
    auto const seen = w.origin.requests().at(0);
    EXPECT_TRUE((form.trailer.empty() ? seen.body : data_of(seen)) == data) << form.name;
  }
}

TEST(uploads, a_connection_lives_on_after_each_form) {
  world w;
  auto link = w.connect();
  for (auto const& form : streamed_forms()) {
    link.send(
        signed_bytes(w, {.lines = form.lines, .by = form.by, .data = "hello", .trailer = form.trailer}));
    auto const got = link.read();
    EXPECT_EQ(got.status, 200U) << form.name;
    EXPECT_EQ(got.header("connection"), "") << form.name;
  }
}

TEST(uploads, what_comes_behind_a_chunked_body_is_never_read_as_a_part_of_it) {
  world w;
  auto link = w.connect();
  link.send(signed_bytes(w, {.by = transport::transfer_chunks, .data = "hello"}) +
            w.signed_request({"DELETE", "/bucket/k"}));
  auto const got = link.read();
  EXPECT_EQ(got.status, 200U);
  EXPECT_EQ(w.origin.requests().at(0).body, "hello");
  if (got.header("connection") == "close") {  // both came at once: the second is the client's to repeat
    EXPECT_TRUE(link.at_end());
  } else {
    EXPECT_EQ(link.read().status, 204U);
  }
}

TEST(uploads, a_client_that_expects_100_is_invited_in_each_form) {
  world w;
  for (auto const& form : streamed_forms()) {
    auto const bytes = signed_bytes(w, {.lines = form.lines,
                                        .by = form.by,
                                        .data = "hello",
                                        .trailer = form.trailer,
                                        .headers = {{"Expect", "100-continue"}}});
    auto const head = bytes.find("\r\n\r\n") + 4;
    auto link = w.connect();
    link.send(bytes.substr(0, head));
    EXPECT_EQ(link.read().status, 100U) << form.name;
    link.send(bytes.substr(head));
    EXPECT_EQ(link.read().status, 200U) << form.name;
  }
}

TEST(uploads, the_store_refuses_early_in_each_form) {
  for (auto const& form : streamed_forms()) {
    world w;
    w.origin.next({.what = refuse_early, .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>"});
    auto const got = sent(w, {.lines = form.lines,
                              .by = form.by,
                              .data = telling_bytes(1, 0, 900 * KiB),
                              .trailer = form.trailer});
    EXPECT_EQ(got.status, 403U) << form.name;
    EXPECT_EQ(got.error_code(), "AccessDenied") << form.name;
  }
}

}  // namespace
}  // namespace s3proxy::test
