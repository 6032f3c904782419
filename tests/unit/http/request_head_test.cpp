#include "s3proxy/http/request_head.hpp"

#include "unit/http/raw_head.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace s3proxy::http {
namespace {

using namespace raw_head;
using base::errc;
using namespace std::string_literals;

TEST(framing, a_whole_head_is_read_into_views) {
  auto const head = parse_request_head(sample);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, method::put);
  EXPECT_EQ(head->method_text, "PUT");
  EXPECT_EQ(head->target, "/bucket/a%20b+c//d?partNumber=1&uploadId=x");
  EXPECT_EQ(head->path, "/bucket/a%20b+c//d");
  EXPECT_TRUE(head->has_query);
  EXPECT_EQ(head->query, "partNumber=1&uploadId=x");
  EXPECT_EQ(head->minor_version, 1u);
  EXPECT_EQ(head->fields.size(), 6u);
  EXPECT_EQ(head->fields.begin()->name, "Host");
  EXPECT_EQ(head->fields.find("X-AMZ-META-A_B"), "some \xc3\xa9 text");
  EXPECT_EQ(head->body, body_kind::length);
  EXPECT_EQ(head->content_length, 5u);
  EXPECT_TRUE(head->keep_alive);
  EXPECT_TRUE(head->expects_continue);
  EXPECT_EQ(head->target.data(), sample.data() + 4);
}

TEST(framing, no_prefix_of_a_head_is_a_head) {
  for (std::size_t size = 0; size < sample.size(); ++size) {
    // A block of exactly that size, so that a sanitizer sees a read beyond it.
    std::vector<char> const prefix(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(parse_request_head({prefix.data(), prefix.size()})) << size;
  }
}

void expect_sound(request_head const& head, std::string_view raw) {
  auto const inside = [raw](std::string_view view) {
    return view.empty() ||
           (view.data() >= raw.data() && view.data() + view.size() <= raw.data() + raw.size());
  };
  EXPECT_TRUE(inside(head.target) && inside(head.path) && inside(head.query) && inside(head.method_text));
  EXPECT_TRUE(head.target.starts_with('/'));
  EXPECT_EQ(head.target.find('#'), std::string_view::npos);
  EXPECT_EQ(head.path.size() + (head.has_query ? 1 : 0) + head.query.size(), head.target.size());
  EXPECT_EQ(head.fields.count("host"), 1u);
  EXPECT_LE(head.fields.count("content-length") + head.fields.count("transfer-encoding"), 1u);
  EXPECT_EQ(head.body == body_kind::length, head.fields.contains("content-length"));
  EXPECT_EQ(head.body == body_kind::chunked, head.fields.contains("transfer-encoding"));
  for (auto const& field : head.fields) {
    EXPECT_TRUE(inside(field.name) && inside(field.value) && !field.name.empty());
    EXPECT_EQ(field.value.find_first_of("\r\n\0"s), std::string_view::npos);
  }
}

TEST(framing, no_single_byte_mutation_makes_an_unsound_head) {
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < sample.size(); ++at) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string mutated(sample);
      mutated[at] = static_cast<char>(byte);
      auto const head = parse_request_head(mutated);
      accepted += head ? 1 : 0;
      if (head) {
        expect_sound(*head, mutated);
      }
    }
  }
  EXPECT_GT(accepted, sample.size());
}

TEST(framing, no_line_end_may_be_damaged) {
  for (std::size_t at = sample.find('\r'); at < sample.size(); ++at) {
    if (sample[at] != '\r' && sample[at] != '\n') {
      continue;
    }
    std::string without(sample);
    without.erase(at, 1);
    EXPECT_FALSE(parse_request_head(without)) << at;
  }
}

TEST(framing, bytes_behind_the_empty_line_are_no_head) {
  expect_refused(errc::malformed_request, std::string(sample) + "x");
  expect_refused(errc::malformed_request, std::string(sample) + std::string(sample));
}

// --- Host
// -----------------------------------------------------------------------------------------------------------

TEST(framing, exactly_one_host_is_required) {
  expect_refused(errc::malformed_request, head_of("GET / HTTP/1.1", {}));
  expect_refused(errc::malformed_request, head_of("GET / HTTP/1.0", {"Accept: */*"}));
  expect_refused(errc::malformed_request, head_of("GET / HTTP/1.1", {"Host: a", "Host: b"}));
  expect_refused(errc::malformed_request, head_of("GET / HTTP/1.1", {"Host: a", "hOST: a"}));
  expect_accepted(head_of("GET / HTTP/1.0", {"Host: a"}));
}

TEST(framing, a_host_is_a_name_or_an_address_with_an_optional_port) {
  for (auto const* host :
       {"h", "H.Example.com", "127.0.0.1:9100", "bucket.with.dots.localhost:3000", "a_b-c~d", "h:0",
        "h:65535", "[::1]", "[::1]:9000", "[2001:db8::8:800:200c:417a]:443", "[::ffff:10.0.0.1]", "  h \t"}) {
    expect_accepted(head_of("GET / HTTP/1.1", {"Host:"s + host}));
  }
  for (auto const& host : {""s,        " "s,        "a@b"s,     "a/b"s,   "a?b"s,
                           "a#b"s,     "a\\b"s,     "a b"s,     "a\tb"s,  "a,b"s,
                           "a:65536"s, "a:123456"s, "a:"s,      ":80"s,   "a:b"s,
                           "a:+1"s,    "a:80:80"s,  "::1"s,     "[::1"s,  "[::1]x"s,
                           "[::1]:"s,  "[::1]:x"s,  "[]"s,      "[a]"s,   "[fe80::1%25eth0]"s,
                           "[::1"s,    "]"s,        "x[::1]"s,  "a%2Fb"s, "h\xc3\xa9"s,
                           "a;b"s,     "a\"b"s,     "http://a"s}) {
    expect_refused(errc::malformed_request, head_of("GET / HTTP/1.1", {"Host: " + host}));
  }
}

// --- length and encoding
// --------------------------------------------------------------------------------------------

TEST(framing, length_and_encoding_never_come_together) {
  for (auto const* encoding : {"chunked", "gzip", "identity"}) {
    auto const te = "Transfer-Encoding: "s + encoding;
    expect_refused(errc::malformed_request, put_with({"Content-Length: 5", te}));
    expect_refused(errc::malformed_request, put_with({te, "Content-Length: 5"}));
    expect_refused(errc::malformed_request, put_with({te, "Content-Length: 0"}));
  }
}

TEST(framing, chunked_is_the_only_transfer_encoding) {
  for (auto const* value : {"chunked", "Chunked", "CHUNKED", " \tchunked \t"}) {
    auto const raw = put_with({"transfer-encoding:"s + value});
    auto const head = parse_request_head(raw);
    ASSERT_TRUE(head) << value;
    EXPECT_EQ(head->body, body_kind::chunked);
  }
  for (auto const& value :
       {""s, ",chunked"s, "chunked,"s, "chunked,chunked"s, "chunked, gzip"s, "gzip, chunked"s, "xchunked"s,
        "chunkedx"s, "identity"s, "gzip"s, "\x0b"s + "chunked"s, "\xa0"s + "chunked"s, "chunked;q=1"s,
        "\"chunked\""s, "chunked\0"s, "chunke"s, "chun ked"s, "trailers, chunked"s}) {
    expect_refused(errc::malformed_request, put_with({"Transfer-Encoding: " + value}));
  }
}

TEST(framing, two_transfer_encodings_are_refused) {
  expect_refused(errc::malformed_request,
                 put_with({"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}));
  expect_refused(errc::malformed_request,
                 put_with({"Transfer-Encoding: chunked", "transfer-encoding: identity"}));
}

TEST(framing, http_1_0_has_no_transfer_encoding) {
  expect_refused(errc::malformed_request,
                 head_of("PUT /b/k HTTP/1.0", {"Host: h", "Transfer-Encoding: chunked"}));
}

TEST(framing, two_content_lengths_are_refused) {
  expect_refused(errc::malformed_request, put_with({"Content-Length: 5", "Content-Length: 5"}));
  expect_refused(errc::malformed_request, put_with({"Content-Length: 5", "content-length: 6"}));
  expect_refused(errc::malformed_request, put_with({"Content-Length: 0", "Content-Length: 5"}));
  expect_refused(errc::malformed_request, get_with({"Content-Length: 0", "Content-Length: 0"}));
}

TEST(framing, a_content_length_is_digits_below_two_to_the_63) {
  struct row {
    char const* text;
    base::byte_count value;
  };
  for (auto const& [text, value] :
       {row{"0", 0}, row{"5", 5}, row{"005", 5}, row{"9223372036854775807", 9223372036854775807u}}) {
    auto const raw = put_with({"Content-Length: "s + text});
    auto const head = parse_request_head(raw);
    ASSERT_TRUE(head) << text;
    EXPECT_EQ(head->body, body_kind::length);
    EXPECT_EQ(head->content_length, value);
  }
  for (auto const* text :
       {"", "+5", "-1", "0x5", "5 0", "5, 5", "5,", "5;", "5.0", "5e1", "five", "9223372036854775808",
        "18446744073709551621", "99999999999999999999999", "\xd9\xa5"}) {
    expect_refused(errc::malformed_request, put_with({"Content-Length: "s + text}));
  }
}

TEST(framing, only_put_and_post_have_a_body) {
  for (auto const* method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
    auto const line = method + " /b/k HTTP/1.1"s;
    expect_refused(errc::malformed_request, head_of(line, {"Host: h", "Content-Length: 1"}));
    expect_refused(errc::malformed_request, head_of(line, {"Host: h", "Transfer-Encoding: chunked"}));
    auto const empty = head_of(line, {"Host: h", "Content-Length: 0"});
    auto const head = parse_request_head(empty);
    ASSERT_TRUE(head) << method;
    EXPECT_EQ(head->body, body_kind::none);
  }
  for (auto const* method : {"PUT", "POST"}) {
    auto const line = method + " /b/k HTTP/1.1"s;
    auto const with = head_of(line, {"Host: h", "Content-Length: 1"});
    auto const without = head_of(line, {"Host: h"});
    EXPECT_EQ(parse_request_head(with)->body, body_kind::length);
    EXPECT_EQ(parse_request_head(without)->body, body_kind::none);
  }
}

// --- field lines
// ----------------------------------------------------------------------------------------------------

TEST(framing, a_field_line_that_others_might_read_differently_is_refused) {
  for (auto const& line : {" folded: x"s, "\tfolded"s, "Name : x"s,   "Name\t: x"s,       ": x"s,
                           "no-colon"s,   ":"s,        "Na me: x"s,   "N\xc3\xa9: x"s,    "N\x01: x"s,
                           "N(: x"s,      "N\": x"s,   "N\0: x"s,     "A: x\ny"s,         "A: x\ry"s,
                           "A: x\r"s,     "A: x\0y"s,  "A: \x01"s,    "A: \x7f"s,         "A: \x1b[0m"s,
                           "A: x\x0by"s,  "A: x\n"s,   "A: x\nB: y"s, "A: x\r\n folded"s, "A: x\r\n\tfolded"s,
                           "A: x\r\n "s,  "\x80: x"s,  "{A}: x"s}) {
    expect_refused(errc::malformed_request, get_with({line}));
    expect_refused(errc::malformed_request, get_with({"Accept: */*", line, "Range: bytes=0-1"}));
  }
}

TEST(framing, the_first_field_line_cannot_be_folded_onto_the_request_line) {
  expect_refused(errc::malformed_request, "GET / HTTP/1.1\r\n Host: h\r\nHost: h\r\n\r\n");
}

TEST(framing, a_bare_line_feed_ends_no_line) {
  expect_refused(errc::malformed_request, "GET / HTTP/1.1\nHost: h\n\n");
  expect_refused(errc::malformed_request, "GET / HTTP/1.1\nHost: h\r\n\r\n");
  expect_refused(errc::malformed_request, "GET / HTTP/1.1\r\nHost: h\n\r\n");
  expect_refused(errc::malformed_request, "GET / HTTP/1.1\r\nHost: h\r\n\n");
  expect_refused(errc::malformed_request, "GET / HTTP/1.1\rHost: h\r\r");
}

TEST(framing, ordinary_field_lines_are_kept_as_they_came) {
  for (auto const* line :
       {"A:x", "A: x", "A:\tx\t", "A:", "A: ", "A: a:b", "A: \"q\"", "!#$%&'*+-.^_`|~09aZ: x",
        "x-amz-meta-a: \xc3\xa9\xff\x80", "A: (a \t b)", "Upgrade: h2c", "Proxy-Connection: x"}) {
    expect_accepted(get_with({line}));
  }
  auto const raw = get_with({"A: \t b \t c \t "});
  EXPECT_EQ(parse_request_head(raw)->fields.find("a"), "b \t c");
}

TEST(framing, a_name_that_reads_as_a_framing_or_amazon_field_is_refused) {
  for (auto const* name : {"Transfer_Encoding", "transfer_encoding", "Content_Length", "CONTENT_LENGTH",
                           "x_amz_acl", "X_Amz_Date", "x-amz_acl", "x_amz-acl", "x-amz-content_sha256",
                           "x_amz_meta_a", "x-amz-meta_a", "x_amz_"}) {
    expect_refused(errc::malformed_request, get_with({name + ": 0"s}));
  }
  for (auto const* name : {"x-amz-meta-a_b", "X-Amz-Meta-_", "a_b", "_", "x_am", "x_amzn", "Content_Lengt",
                           "Content_Lengthy", "If_Match"}) {
    expect_accepted(get_with({name + ": 0"s}));
  }
}

// --- limits
// ---------------------------------------------------------------------------------------------------------

TEST(framing, a_head_beyond_its_limits_is_too_large) {
  head_limits const limits{.head_bytes = 200, .fields = 3, .target_bytes = 20};
  auto const sized = [](std::size_t size) {
    auto const base = get_with({"A: "}).size();
    return get_with({"A: " + std::string(size - base, 'x')});
  };
  EXPECT_EQ(refusal_of(sized(200), limits), std::nullopt);
  EXPECT_EQ(refusal_of(sized(201), limits), errc::header_too_large);
  EXPECT_EQ(refusal_of(get_with({"A: 1", "B: 2"}), limits), std::nullopt);
  EXPECT_EQ(refusal_of(get_with({"A: 1", "B: 2", "C: 3"}), limits), errc::header_too_large);
  auto const target_of = [](std::size_t size) {
    return head_of("GET /" + std::string(size - 1, 'k') + " HTTP/1.1", {"Host: h"});
  };
  EXPECT_EQ(refusal_of(target_of(20), limits), std::nullopt);
  EXPECT_EQ(refusal_of(target_of(21), limits), errc::header_too_large);
}

TEST(framing, the_limits_as_they_come_admit_a_presigned_url_and_refuse_a_flood) {
  expect_accepted(
      head_of("GET /b/k?X-Amz-Security-Token=" + std::string(6_KiB, 'A') + " HTTP/1.1", {"Host: h"}));
  expect_accepted(get_with(std::vector<std::string>(127, "x-amz-meta-a: b")));
  expect_refused(errc::header_too_large, get_with(std::vector<std::string>(128, "x-amz-meta-a: b")));
  expect_refused(errc::header_too_large, get_with({"A: " + std::string(32_KiB, 'x')}));
  expect_refused(errc::header_too_large,
                 head_of("GET /" + std::string(16_KiB, 'x') + " HTTP/1.1", {"Host: h"}));
}

// --- connection and expectation
// -------------------------------------------------------------------------------------

TEST(framing, a_connection_is_kept_as_its_version_and_options_say) {
  struct row {
    char const* version;
    std::vector<std::string> fields;
    bool keep_alive;
  };
  std::vector<row> const rows{
      {"1.1", {}, true},
      {"1.1", {"Connection: close"}, false},
      {"1.1", {"Connection: CLOSE"}, false},
      {"1.1", {"Connection: keep-alive"}, true},
      {"1.1", {"Connection: keep-alive, close"}, false},
      {"1.1", {"Connection: ,\t close ,"}, false},
      {"1.1", {"Connection: keep-alive", "Connection: close"}, false},
      {"1.1", {"Connection: closed"}, true},
      {"1.1", {"Connection: Host, Authorization, x-amz-date"}, true},
      {"1.1", {"Connection: Upgrade", "Upgrade: h2c"}, true},
      {"1.1", {"Connection:"}, true},
      {"1.1", {"Proxy-Connection: close"}, true},
      {"1.1", {"Keep-Alive: timeout=1"}, true},
      {"1.0", {}, false},
      {"1.0", {"Connection: Keep-Alive"}, true},
      {"1.0", {"Connection: close, keep-alive"}, false},
      {"1.0", {"Keep-Alive: timeout=1"}, false},
  };
  for (auto const& [version, fields, keep_alive] : rows) {
    auto all = fields;
    all.emplace_back("Host: h");
    auto const raw = head_of("GET / HTTP/"s + version, all);
    auto const head = parse_request_head(raw);
    ASSERT_TRUE(head) << raw;
    EXPECT_EQ(head->keep_alive, keep_alive) << raw;
    EXPECT_EQ(head->fields.size(), all.size()) << "an option removes no field";
  }
}

TEST(framing, only_100_continue_is_an_expectation) {
  for (auto const* value : {"100-continue", "100-Continue", "100-CONTINUE"}) {
    auto const raw = put_with({"Expect: "s + value, "Content-Length: 5"});
    EXPECT_TRUE(parse_request_head(raw)->expects_continue) << value;
  }
  for (auto const* value : {"", "200", "100", "100-continue, x", "100-continues"}) {
    auto const raw = put_with({"Expect: "s + value, "Content-Length: 5"});
    auto const head = parse_request_head(raw);
    ASSERT_TRUE(head) << value;
    EXPECT_FALSE(head->expects_continue) << value;
  }
  auto const old = head_of("PUT / HTTP/1.0", {"Host: h", "Content-Length: 5", "Expect: 100-continue"});
  EXPECT_FALSE(parse_request_head(old)->expects_continue);
}

}  // namespace
}  // namespace s3proxy::http
