#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace s3proxy::test {
namespace {

using kind = fault::kind;
using namespace std::chrono_literals;

constexpr std::size_t size = 40 * 1024 + 5;

/// One flow through everything that touches the cache. Returns the answers in order.
std::vector<answer> run_flow(world& w) {
  std::vector<answer> out;
  out.push_back(w.list("buc"));
  out.push_back(w.head("/buc/k"));
  out.push_back(w.get_range("/buc/k", "bytes=20000-30000"));
  out.push_back(w.get("/buc/k"));
  out.push_back(w.put("/buc/new", telling_bytes(7, 0, size)));
  out.push_back(w.get("/buc/new"));
  return out;
}

/// Whatever failed: what the client got is right, or visibly an error; afterwards everything works and
/// nothing is left.
void expect_no_harm(world& w, std::vector<answer> const& flow, std::string const& what) {
  for (std::size_t i = 0; i < flow.size(); ++i) {
    auto const& got = flow[i];
    if (got.status == 200 || got.status == 206) {
      auto const reads_k = i == 2 || i == 3;
      if (reads_k) {
        EXPECT_EQ(differs(got.body, 1, i == 2 ? 20000 : 0), std::nullopt) << what << " answer " << i;
      }
      if (i == 5) {
        EXPECT_EQ(differs(got.body, 7, 0), std::nullopt) << what;
      }
    } else if (got.status != 0) {
      EXPECT_GE(got.status, 400U) << what;
      EXPECT_TRUE(i == 1 || !got.error_code().empty()) << what << " answer " << i << ": " << got.body;
    }
  }
  w.origin.clear_rules();
  auto const whole = w.get("/buc/k");
  EXPECT_TRUE(whole.complete) << what;
  EXPECT_EQ(whole.body.size(), size) << what;
  EXPECT_EQ(differs(whole.body, 1, 0), std::nullopt) << what;
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U) << what;
  EXPECT_EQ(w.proxy->services().questions.count(), 0U) << what;
}

TEST(every_step, an_origin_that_fails_at_any_request_in_any_way_does_no_harm) {
  struct way {
    char const* name;
    fault what;
  };
  std::vector<way> const ways{
      {"reset before the body was read", {.what = kind::reset_unread}},
      {"reset", {.what = kind::reset}},
      {"close", {.what = kind::close}},
      {"hang", {.what = kind::hang}},
      {"garbage", {.what = kind::garbage}},
      {"500",
       {.what = kind::answer_status, .status = 500, .body = "<Error><Code>InternalError</Code></Error>"}},
      {"403",
       {.what = kind::answer_status, .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>"}},
      {"404", {.what = kind::answer_status, .status = 404, .body = "<Error><Code>NoSuchKey</Code></Error>"}},
      {"cut at 0", {.what = kind::cut_body, .bytes = 0}},
      {"cut at 1", {.what = kind::cut_body, .bytes = 1}},
      {"cut at a cell's end", {.what = kind::cut_body, .bytes = 16384}},
      {"cut before the last byte", {.what = kind::cut_body, .bytes = size - 1}},
      {"reset in the body", {.what = kind::reset_body, .bytes = 5000}},
      {"stall in the body", {.what = kind::stall_body, .bytes = 5000}},
      {"too long", {.what = kind::long_body}},
      {"another tag", {.what = kind::other_tag}},
      {"no tag", {.what = kind::no_tag}},
      {"no length", {.what = kind::no_length}},
      {"interim", {.what = kind::interim}},
      {"another range", {.what = kind::wrong_range}},
  };
  constexpr std::size_t requests_of_the_flow = 6;
  for (auto const& [name, what] : ways) {
    for (std::size_t step = 0; step < requests_of_the_flow; ++step) {
      world w({.threads = 1, .adjust = [](proxy::limits& l) { l.origin.first_byte = l.origin.idle = 60ms; }});
      w.origin.put_version("/buc/k", 1, size);
      auto passed = std::make_shared<std::size_t>(0);
      w.origin.when([passed, step](received const&) { return (*passed)++ == step; }, what);
      auto const flow = run_flow(w);
      expect_no_harm(w, flow, std::string(name) + " at request " + std::to_string(step));
    }
  }
}

TEST(every_step, a_client_that_leaves_after_any_number_of_bytes_does_no_harm) {
  for (auto const taken : std::vector<std::size_t>{0, 1, 100, 400, 1000, 20000, 40000}) {
    world w({.threads = 1});
    w.origin.put_version("/buc/k", 1, size);
    for (auto const* target : {"/buc/k", "/buc?list-type=2"}) {
      auto link = w.connect();
      link.send(w.signed_request({"GET", target, {{"Connection", "close"}}}));
      for (std::size_t got = 0; got < taken;) {
        auto const piece = link.read_some(taken - got);
        if (piece.empty()) {
          break;
        }
        got += piece.size();
      }
      link.reset();
    }
    w.access_lines(2);
    expect_no_harm(w, run_flow(w), "after " + std::to_string(taken));
  }
}

TEST(every_step, a_request_that_arrives_in_two_pieces_split_anywhere_is_the_same_request) {
  world w({.threads = 1});
  w.origin.put_version("/buc/k", 1, size);
  auto const bytes = w.signed_request({"GET", "/buc/k", {{"Range", "bytes=16-47"}}});
  auto link = w.connect();
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    link.send(std::string_view(bytes).substr(0, split));
    link.send(std::string_view(bytes).substr(split));
    auto const got = link.read();
    ASSERT_EQ(got.status, 206U) << split;
    ASSERT_EQ(differs(got.body, 1, 16), std::nullopt) << split;
  }
}

TEST(every_step, an_upload_that_ends_after_any_number_of_bytes_stores_nothing) {
  std::string const body = telling_bytes(9, 0, 5000);
  for (auto const sent : std::vector<std::size_t>{0, 1, 2500, 4999}) {
    world w({.threads = 1});
    auto const whole = w.signed_request({"PUT", "/buc/new", {}, body});
    auto link = w.connect();
    link.send(std::string_view(whole).substr(0, whole.size() - body.size() + sent));
    link.close();
    w.access_lines(1);
    EXPECT_EQ(w.get("/buc/new").status, 404U) << sent;
  }
}

}  // namespace
}  // namespace s3proxy::test
