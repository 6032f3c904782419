#include "s3proxy/proxy/answer.hpp"

#include "idle_exchange.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace s3proxy::proxy {
namespace {

TEST(answer, cache_status_says_how_the_answer_came_about) {
  using enum cache::phase;
  using cache::reason;
  struct {
    cache::phase phase;
    cache::reason reason;
    bool stored, collapsed;
    std::string_view text;
  } const table[] = {
      {hit, reason::none, false, false, "s3proxy; hit"},
      {miss, reason::unknown_object, true, false, "s3proxy; fwd=uri-miss; stored; detail=unknown_object"},
      {miss, reason::none, false, false, "s3proxy; fwd=uri-miss"},
      {partial, reason::cells_missing, true, true,
       "s3proxy; fwd=partial; stored; collapsed; detail=cells_missing"},
      {revalidate, reason::stale, false, false, "s3proxy; fwd=stale; detail=stale"},
      {revalidate, reason::no_right, false, true, "s3proxy; fwd=stale; collapsed; detail=no_right"},
      {bypass, reason::unstorable, false, false, "s3proxy; fwd=bypass; detail=unstorable"},
      {none, reason::none, false, false, "s3proxy; fwd=bypass"},  // a GET that the cache has no part in
  };
  idle_exchange idle;
  for (auto const& row : table) {
    idle.ex.phase = row.phase;
    idle.ex.reason = row.reason;
    idle.ex.stored = row.stored;
    idle.ex.collapsed = row.collapsed;
    EXPECT_EQ(cache_status(idle.ex), row.text);
  }
}

TEST(answer, every_reason_is_a_token_of_a_structured_field) {
  idle_exchange idle;
  idle.ex.phase = cache::phase::revalidate;
  for (int r = 1; r <= static_cast<int>(cache::reason::not_understood); ++r) {
    idle.ex.reason = static_cast<cache::reason>(r);
    auto const text = cache_status(idle.ex);
    auto const detail = text.substr(text.rfind('=') + 1);
    EXPECT_TRUE(!detail.empty() && std::isalpha(static_cast<unsigned char>(detail.front()))) << text;
    EXPECT_EQ(detail.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), std::string::npos) << text;
  }
}

TEST(answer, every_status_of_ours_has_its_standard_phrase) {
  struct {
    unsigned status;
    std::string_view phrase;
  } const table[] = {{200, "OK"},
                     {204, "No Content"},
                     {206, "Partial Content"},
                     {304, "Not Modified"},
                     {403, "Forbidden"},
                     {412, "Precondition Failed"},
                     {416, "Requested Range Not Satisfiable"},
                     {503, "Service Unavailable"}};
  for (auto const& row : table) {
    EXPECT_EQ(reason_phrase(row.status), row.phrase) << row.status;
  }
  for (auto const& row : base::error_table()) {
    EXPECT_TRUE(row.status == 0 || reason_phrase(row.status) != reason_phrase(999)) << row.status;
  }
}

TEST(answer, an_unheard_of_status_has_a_phrase_too) {
  for (auto const status : {100U, 299U, 418U, 599U, 999U}) {
    EXPECT_FALSE(reason_phrase(status).empty()) << status;
  }
}

TEST(answer, a_head_carries_what_every_answer_carries) {
  idle_exchange idle;
  idle.ex.phase = cache::phase::hit;
  auto const head = render_head(idle.ex, {.status = 206,
                                          .fields = "ETag: \"a\"\r\n",
                                          .framing = answer_framing::length,
                                          .length = 10,
                                          .request_id = {}});
  EXPECT_EQ(head,
            "HTTP/1.1 206 Partial Content\r\n"
            "ETag: \"a\"\r\n"
            "Date: Fri, 01 Mar 2024 00:00:00 GMT\r\n"
            "x-amz-request-id: OURS\r\n"
            "Cache-Status: s3proxy; hit\r\n"
            "Content-Length: 10\r\n"
            "\r\n");
  EXPECT_EQ(idle.ex.status, 206U);
  EXPECT_EQ(idle.ex.fate, connection_fate::keep);
}

/// Those lines of a head that say how it is framed and what becomes of the connection.
std::string framing_lines(std::string const& head) {
  std::string out;
  for (std::size_t at = 0; at < head.size();) {
    auto const end = head.find("\r\n", at);
    auto const line = head.substr(at, end - at);
    for (auto const* name : {"Content-Length:", "Transfer-Encoding:", "Connection:"}) {
      out += line.starts_with(name) ? line + "|" : "";
    }
    at = end + 2;
  }
  return out;
}

TEST(answer, the_framing_fits_the_body_and_the_client) {
  using enum answer_framing;
  struct {
    answer_framing framing;
    unsigned minor_version;
    bool keep_alive;
    std::string_view lines;
    connection_fate fate;
  } const table[] = {
      {none, 1, true, "", connection_fate::keep},
      {length, 1, true, "Content-Length: 7|", connection_fate::keep},
      {chunked, 1, true, "Transfer-Encoding: chunked|", connection_fate::keep},
      {close, 1, true, "Connection: close|", connection_fate::close},
      {length, 1, false, "Content-Length: 7|Connection: close|", connection_fate::close},
      {none, 1, false, "Connection: close|", connection_fate::close},
      {length, 0, true, "Content-Length: 7|Connection: keep-alive|", connection_fate::keep},
      {close, 0, true, "Connection: close|", connection_fate::close},
  };
  for (auto const& row : table) {
    http::request_head asked;
    asked.minor_version = row.minor_version;
    asked.keep_alive = row.keep_alive;
    idle_exchange idle(asked);
    auto const head = render_head(
        idle.ex, {.status = 200, .fields = {}, .framing = row.framing, .length = 7, .request_id = {}});
    EXPECT_EQ(framing_lines(head), row.lines);
    EXPECT_EQ(idle.ex.fate, row.fate) << row.lines;
    EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  }
}

TEST(answer, a_connection_with_an_unread_body_is_not_kept) {
  idle_exchange idle;
  idle.ex.body_ended = false;
  auto const head = render_head(idle.ex, {.status = 403, .fields = {}, .request_id = {}});
  EXPECT_EQ(framing_lines(head), "Connection: close|");
  EXPECT_EQ(idle.ex.fate, connection_fate::close);
}

TEST(answer, a_draining_connection_is_not_kept) {
  idle_exchange idle;
  idle.client->finish();
  EXPECT_EQ(framing_lines(render_head(idle.ex, {.status = 200, .fields = {}, .request_id = {}})),
            "Connection: close|");
}

TEST(answer, a_relayed_answer_keeps_the_stores_request_id) {
  idle_exchange idle;
  auto const head = render_head(idle.ex, {.status = 200, .fields = {}, .request_id = "THEIRS"});
  EXPECT_NE(head.find("x-amz-request-id: THEIRS\r\n"), std::string::npos);
  EXPECT_EQ(head.find("OURS"), std::string::npos);
}

}  // namespace
}  // namespace s3proxy::proxy
