// Completions and copies may fail behind a 200 that was sent early.

#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

std::vector<request> late_ones() {
  return {{"POST", "/bucket/k?uploadId=u", {}, "<CompleteMultipartUpload/>"},
          {"PUT", "/bucket/k", {{"x-amz-copy-source", "bucket/other"}}},
          {"PUT", "/bucket/k?partNumber=1&uploadId=u", {{"x-amz-copy-source", "bucket/other"}}}};
}

TEST(late_error, is_relayed_as_it_came_and_told_by_the_access_line) {
  for (auto const& what : late_ones()) {
    for (auto const& before :
         {std::string(), std::string(5000, ' '), std::string("<?xml version=\"1.0\"?>\n \n")}) {
      world w;
      auto const document = before + "<Error><Code>InternalError</Code><Message>no</Message></Error>";
      w.origin.next({.what = fault::kind::answer_status, .status = 200, .body = document});
      auto const got = w.ask(what);
      EXPECT_EQ(got.status, 200U);
      EXPECT_EQ(got.body, document);
      auto const line = w.access_lines(1)[0];
      EXPECT_EQ(told(line, "status"), "200") << what.target;
      EXPECT_EQ(told(line, "error"), "InternalError") << what.target;
    }
  }
}

TEST(late_error, a_success_tells_of_none) {
  for (auto const& what : late_ones()) {
    world w;
    w.origin.next({.what = fault::kind::answer_status,
                   .status = 200,
                   .body = "<Result><Error><Code>Deeper</Code></Error><ETag>x</ETag></Result>"});
    EXPECT_EQ(w.ask(what).status, 200U);
    EXPECT_EQ(told(w.access_lines(1)[0], "error"), "-") << what.target;
  }
}

TEST(late_error, counts_as_an_unknown_outcome) {
  for (auto const& what : late_ones()) {
    if (what.target.find("partNumber") != std::string::npos) {
      continue;  // a part is not the object yet
    }
    world w;
    w.origin.put_version("/bucket/k", 1, 1000);
    ASSERT_EQ(w.get("/bucket/k").status, 200U);
    w.origin.when(is(what.method), {.what = fault::kind::answer_status,
                                    .status = 200,
                                    .body = "<Error><Code>InternalError</Code></Error>"});
    w.ask(what);
    w.origin.put_version("/bucket/k", 2, 1000);
    EXPECT_EQ(differs(w.get("/bucket/k").body, 2, 0), std::nullopt) << what.target;
  }
}

TEST(late_error, an_answer_passes_while_the_store_still_works) {
  world w;
  auto const worked = std::make_shared<gate>();
  w.origin.next({.what = fault::kind::paused_body, .bytes = 1, .then = [worked] { worked->pass(); }});
  auto link = w.connect();
  link.send(w.signed_request({"POST", "/bucket/k?uploadId=u", {}, "<CompleteMultipartUpload/>"}));
  EXPECT_EQ(link.read_head().status, 200U);
  EXPECT_EQ(link.read_some(100), "<");
  worked->open();
  EXPECT_EQ(link.read_some(100), "Done/>");
}

TEST(late_error, a_completion_of_ten_thousand_parts_streams) {
  world w({.adjust = [](proxy::limits& l) { l.relay_bytes = 16 * 1024; }});
  std::string document = "<CompleteMultipartUpload>";
  for (int part = 1; part <= 10'000; ++part) {
    document += "<Part><PartNumber>" + std::to_string(part) + "</PartNumber><ETag>&quot;" +
                std::string(32, 'a') + "&quot;</ETag></Part>";
  }
  document += "</CompleteMultipartUpload>";
  EXPECT_EQ(w.ask({"POST", "/bucket/k?uploadId=u", {}, document}).status, 200U);
  EXPECT_TRUE(w.origin.requests().at(0).body == document);
}

}  // namespace
}  // namespace s3proxy::test
