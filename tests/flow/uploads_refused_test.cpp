// Bodies that are not what their clients promised: refused with S3's own code, and never whole at the store.

#include "support/streamed.hpp"
#include "support/telling_bytes.hpp"
#include "support/told.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using signing = streamed::signing;
using transport = streamed::transport;

constexpr std::size_t KiB = 1024;
std::string const crc = "x-amz-checksum-crc32";

/// Nothing that the store got can be taken for a whole object.
void expect_nothing_stored(world& w, std::string const& why) {
  ASSERT_TRUE(w.becomes_quiet());
  w.origin.close_connections();
  w.origin.wait_until_idle();
  for (auto const& upload : w.origin.requests()) {
    if (upload.method == "PUT") {
      EXPECT_FALSE(upload.complete) << why;
      EXPECT_TRUE(upload.was_reset) << why
                                    << ": a plain end of the connection may be taken for that of the body";
    }
  }
  EXPECT_EQ(w.get("/bucket/k").status, 404U) << why;
}

void replace_first(std::string& body, std::string const& what, std::string const& with) {
  body.replace(body.find(what), what.size(), with);
}

struct spoilt {
  std::string name;
  streamed upload;
  unsigned status;
  std::string code;
};

std::vector<spoilt> spoilt_uploads(std::size_t size) {
  auto const data = telling_bytes(1, 0, size);
  auto const chunk = std::min(size, 16 * KiB);
  auto const both = [&](std::string name, std::function<void(std::string&)> spoil, unsigned status,
                        std::string code) {
    std::vector<spoilt> out;
    for (auto const lines : {signing::none, signing::chunks}) {
      for (auto const& trailer : {std::string(), crc}) {
        out.push_back({name + (lines == signing::none ? ", unsigned" : ", signed") +
                           (trailer.empty() ? "" : ", trailer"),
                       {.lines = lines, .data = data, .trailer = trailer, .chunk = chunk, .spoil = spoil},
                       status,
                       code});
      }
    }
    return out;
  };
  auto out = both("bytes behind the end", [](std::string& b) { b += "x"; }, 400, "IncompleteBody");
  auto const add = [&](std::vector<spoilt> more) { out.insert(out.end(), more.begin(), more.end()); };
  add(both("a second end", [](std::string& b) { b += "0\r\n\r\n"; }, 400, "IncompleteBody"));
  add(both("no final chunk", [](std::string& b) { b.resize(b.rfind("\r\n0") + 2); }, 400, "IncompleteBody"));
  add(both("no last line", [](std::string& b) { b.resize(b.size() - 2); }, 400, "IncompleteBody"));
  add(both("a size that is none", [](std::string& b) { b[0] = 'x'; }, 400, "IncompleteBody"));

  streamed const with_signatures{.lines = signing::chunks, .data = data, .chunk = chunk};
  auto const one = [&](std::string name, streamed upload, unsigned status, std::string code) {
    out.push_back({std::move(name), std::move(upload), status, std::move(code)});
  };
  auto const with = [](streamed upload, auto change) {
    change(upload);
    return upload;
  };
  one("a changed byte",
      with(with_signatures, [](auto& u) { u.spoil = [](auto& b) { b[b.find("\r\n") + 2] ^= 1; }; }), 403,
      "SignatureDoesNotMatch");
  one("a changed signature",
      with(with_signatures,
           [](auto& u) {
             u.spoil = [](auto& b) {
               auto& digit = b[b.rfind("signature=") + 20];
               digit = digit == '0' ? '1' : '0';
             };
           }),
      403, "SignatureDoesNotMatch");
  one("no signatures",
      with(with_signatures, [](auto& u) { u.spoil = [](auto& b) { b = "1\r\nx\r\n0\r\n\r\n"; }; }), 403,
      "SignatureDoesNotMatch");
  if (size > 2 * chunk) {
    one("swapped chunks",
        with(with_signatures,
             [chunk](auto& u) {
               u.spoil = [chunk](auto& b) {
                 auto const length = b.find("\r\n") + 2 + chunk + 2;
                 std::swap_ranges(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(length),
                                  b.begin() + static_cast<std::ptrdiff_t>(length));
               };
             }),
        403, "SignatureDoesNotMatch");
    one("small chunks", with(with_signatures, [](auto& u) { u.chunk = 8 * KiB - 1; }), 400,
        "InvalidChunkSizeError");
  }
  for (auto const lines : {signing::none, signing::chunks}) {
    streamed const plain{.lines = lines, .data = data, .chunk = chunk};
    one("announced too long", with(plain, [&](auto& u) { u.announced = size + 1; }), 400, "IncompleteBody");
    one("announced too short", with(plain, [&](auto& u) { u.announced = size - 1; }), 400, "IncompleteBody");
    auto const trailed = with(plain, [](auto& u) { u.trailer = crc; });
    one("a wrong checksum", with(trailed, [](auto& u) { u.value = "AAAAAA=="; }), 400, "BadDigest");
    one("another trailer",
        with(trailed, [](auto& u) { u.spoil = [](auto& b) { replace_first(b, crc, crc + "c"); }; }), 400,
        "MalformedTrailerError");
  }
  one("a wrong trailer signature",
      with(with_signatures,
           [](auto& u) {
             u.trailer = crc;
             u.spoil = [](auto& b) {
               auto& digit = b[b.size() - 5];
               digit = digit == '0' ? '1' : '0';
             };
           }),
      403, "SignatureDoesNotMatch");
  return out;
}

TEST(uploads, that_are_not_what_was_promised_never_become_objects) {
  for (std::size_t const size : {1UL, 700 * KiB}) {
    for (auto& [name, upload, status, code] : spoilt_uploads(size)) {
      for (auto const by : {transport::content_length, transport::transfer_chunks}) {
        auto const why = name + (by == transport::content_length ? ", by length" : ", by transfer chunks");
        upload.by = by;
        world w({.threads = 1});
        {
          auto link = w.connect();
          link.send(signed_bytes(w, upload));
          auto const got = link.read();
          EXPECT_EQ(got.status, status) << why;
          EXPECT_EQ(got.error_code(), code) << why;
        }
        expect_nothing_stored(w, why);
      }
    }
  }
}

TEST(uploads, a_checksum_that_we_do_not_know_never_saves_a_spoilt_body) {
  auto const data = telling_bytes(1, 0, 300 * KiB);
  world w({.threads = 1});
  {
    auto link = w.connect();
    link.send(signed_bytes(w, {.lines = signing::chunks,
                               .data = data,
                               .trailer = "x-amz-checksum-xxhash3",
                               .value = "v",
                               .spoil = [](auto& b) { b[100] ^= 1; }}));
    EXPECT_EQ(link.read().error_code(), "SignatureDoesNotMatch");
  }
  expect_nothing_stored(w, "unknown algorithm");
}

TEST(uploads, that_their_client_cuts_off_never_become_objects) {
  auto const data = telling_bytes(1, 0, 200 * KiB);
  for (auto const& form : streamed_forms()) {
    auto const whole_of = [&](world& w) {
      return signed_bytes(w, {.lines = form.lines, .by = form.by, .data = data, .trailer = form.trailer});
    };
    for (std::size_t const missing : {1UL, 3UL, 6UL, 40UL, 120UL, 150 * KiB}) {
      world w({.threads = 1});
      {
        auto const bytes = whole_of(w);
        auto link = w.connect();
        link.send(bytes.substr(0, bytes.size() - missing));
        link.finish_sending();
        auto const got = link.read();
        EXPECT_EQ(got.status, 400U) << form.name << " without the last " << missing;
        EXPECT_EQ(got.error_code(), "IncompleteBody") << form.name << " without the last " << missing;
      }
      expect_nothing_stored(w, form.name);
    }
  }
}

TEST(uploads, a_transfer_chunk_that_is_none_is_refused_and_nothing_behind_it_is_read) {
  struct {
    std::string body, code;
  } const rows[] = {{"0x5\r\nhello\r\n0\r\n\r\n", "IncompleteBody"},
                    {"+5\r\nhello\r\n0\r\n\r\n", "IncompleteBody"},
                    {"5 \r\nhello\r\n0\r\n\r\n", "IncompleteBody"},
                    {"5\nhello\n0\n\n", "IncompleteBody"},
                    {"00000000000000005\r\nhello\r\n0\r\n\r\n", "IncompleteBody"},
                    {"5\r\nhelloXX0\r\n\r\n", "IncompleteBody"},
                    {"0\r\nXX\r\n", "IncompleteBody"},
                    {"5;" + std::string(300, 'x') + "\r\nhello\r\n0\r\n\r\n", "BadRequest"},
                    {"5;a=\"\r\nhello\r\n0\r\n\r\n", "BadRequest"},
                    {"5;a\nb\r\nhello\r\n0\r\n\r\n", "BadRequest"},
                    {"0\r\nHost: evil\r\n\r\n", "BadRequest"},
                    {"0\r\nX-Amz-Meta-a: b\r\n\r\n", "BadRequest"}};
  for (auto const& row : rows) {
    world w({.threads = 1});
    {
      auto bytes = signed_bytes(w, {.by = transport::transfer_chunks, .data = "hello"});
      bytes.resize(bytes.find("\r\n\r\n") + 4);
      auto link = w.connect();
      link.send(bytes + row.body + w.signed_request({"PUT", "/bucket/smuggled", {}, "x"}));
      auto const got = link.read();
      EXPECT_EQ(got.status, 400U) << row.body;
      EXPECT_EQ(got.error_code(), row.code) << row.body;
      EXPECT_EQ(got.header("connection"), "close") << row.body;
      EXPECT_TRUE(link.at_end()) << row.body;
    }
    EXPECT_EQ(w.origin.count(), 0U) << row.body;
  }
}

TEST(uploads, transfer_chunks_without_a_decoded_length_are_refused_before_they_are_read) {
  world w;
  for (auto const* hash : {"UNSIGNED-PAYLOAD", ""}) {
    request asked{"PUT", "/bucket/k", {{"Transfer-Encoding", "chunked"}}, {}, {}};
    if (*hash) {
      asked.payload_hash = hash;
    }
    auto link = w.connect();
    link.send(w.signed_request(asked));
    auto const got = link.read();
    EXPECT_EQ(got.status, 411U);
    EXPECT_EQ(got.error_code(), "MissingContentLength");
  }
  EXPECT_EQ(w.origin.count(), 0U);
}

}  // namespace
}  // namespace s3proxy::test
