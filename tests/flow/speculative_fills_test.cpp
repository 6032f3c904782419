#include "support/lone_worker.hpp"
#include "support/telling_bytes.hpp"
#include "support/told.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace s3proxy::test {
namespace {

using base::errc;
using enum fault::kind;

constexpr std::size_t KiB = 1024;
constexpr std::size_t size = 1000 * KiB;

TEST(speculative_fill, what_it_brought_is_served_without_a_request) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.head("/buc/k");
  speculator ahead(w, 4);
  auto begun = ahead.begin("buc", "k", {0, size});
  auto const end = begun.end.get();
  EXPECT_EQ(end.status, 206U);
  EXPECT_EQ(end.fault, std::nullopt);
  EXPECT_FALSE(end.abandoned);
  EXPECT_EQ(end.asked, size);
  EXPECT_EQ(end.stored, size);
  w.origin.forget_requests();
  EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);
  EXPECT_EQ(w.origin.count(), 0U);
}

TEST(speculative_fill, a_client_that_joins_it_makes_it_a_demand) {
  world w;
  w.origin.put_version("/buc/other", 1, size);
  w.origin.put_version("/buc/k", 1, size);
  w.head("/buc/other");
  w.head("/buc/k");
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET", "/buc/other"), held);
  speculator ahead(w, 2);  // one of them for speculation
  auto first = ahead.begin("buc", "other", {0, size});
  held->wait_for_arrivals(1);
  auto second = ahead.begin("buc", "k", {0, size});
  EXPECT_EQ(w.origin.count(is("GET", "/buc/k")), 0U) << "it waits";
  auto const got = w.get("/buc/k");
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_EQ(w.origin.count(is("GET", "/buc/k")), 1U);
  EXPECT_EQ(second.errand->how_urgent(), upstream::urgency::demand);
  EXPECT_EQ(first.errand->how_urgent(), upstream::urgency::speculation);
  EXPECT_EQ(second.end.get().stored, size);
  held->open();
  EXPECT_EQ(first.end.get().stored, size);
}

TEST(speculative_fill, what_goes_wrong_with_it_is_told_to_its_starter_and_to_no_client) {
  struct row {
    fault what;
    unsigned status;
    std::optional<errc> why;
  };
  auto const says = [](unsigned status) { return fault{.what = answer_status, .status = status}; };
  for (auto const& r : std::vector<row>{{says(403), 403, errc::version_changed},
                                        {says(404), 404, errc::version_changed},
                                        {says(412), 412, errc::version_changed},
                                        {says(416), 416, errc::version_changed},
                                        {says(429), 429, errc::origin_bad_response},
                                        {says(503), 503, errc::origin_bad_response},
                                        {{.what = reset}, 0, errc::origin_reset},
                                        {{.what = other_tag}, 206, errc::version_changed},
                                        {{.what = wrong_range}, 206, errc::version_changed},
                                        {{.what = cut_body, .bytes = 5000}, 206, errc::origin_short_body}}) {
    world w;
    w.origin.put_version("/buc/k", 1, size);
    w.head("/buc/k");
    w.origin.forget_requests();
    auto const held = std::make_shared<gate>();
    w.origin.hold(is("GET"), held);
    w.origin.when(is("GET"), r.what);
    speculator ahead(w, 4);
    auto begun = ahead.begin("buc", "k", {0, size});
    held->wait_for_arrivals(1);
    auto link = w.connect();
    link.send(w.signed_request({"GET", "/buc/k"}));
    while (begun.errand->how_urgent() == upstream::urgency::speculation) {
      std::this_thread::yield();  // until the client has joined
    }
    held->open();
    auto const got = link.read();
    EXPECT_EQ(got.status, 200U) << r.status;
    EXPECT_TRUE(got.complete) << r.status;
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt) << r.status;
    if (r.status == 403 || r.status == 404 || r.status == 412 || r.status == 416 || r.status == 429) {
      auto const end = begun.end.get();
      EXPECT_EQ(end.status, r.status);
      EXPECT_EQ(end.fault, r.why);
      EXPECT_EQ(end.stored, 0U);
    }
  }
}

TEST(speculative_fill, that_nobody_joined_is_neither_repeated_nor_resumed) {
  struct row {
    fault what;
    unsigned status;
    errc why;
  };
  for (auto const& r :
       std::vector<row>{{{.what = answer_status, .status = 503}, 503, errc::origin_bad_response},
                        {{.what = answer_status, .status = 500}, 500, errc::origin_bad_response},
                        {{.what = reset}, 0, errc::origin_reset},
                        {{.what = garbage}, 0, errc::origin_bad_response},
                        {{.what = cut_body, .bytes = 300 * KiB}, 206, errc::origin_short_body}}) {
    world w;
    w.origin.put_version("/buc/k", 1, size);
    w.head("/buc/k");
    w.origin.forget_requests();
    w.origin.next(r.what);
    speculator ahead(w, 4);
    auto begun = ahead.begin("buc", "k", {0, size});
    auto const end = begun.end.get();
    EXPECT_EQ(end.status, r.status);
    EXPECT_EQ(end.fault, r.why) << r.status;
    EXPECT_EQ(end.stored, r.what.what == cut_body ? 288 * KiB : 0) << "whole cells";
    EXPECT_EQ(w.origin.count(), 1U);
    EXPECT_TRUE(begun.flight->finished());
    EXPECT_EQ(begun.flight->outcome(), std::nullopt) << "no verdict for those who read on";
    EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  }
}

TEST(speculative_fill, ends_when_the_one_who_began_it_leaves) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.head("/buc/k");
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  speculator ahead(w, 2);
  auto under_way = ahead.begin("buc", "k", {0, 500 * KiB});
  under_way.flight->join();
  held->wait_for_arrivals(1);
  auto queued = ahead.begin("buc", "k", {512 * KiB, size});
  queued.flight->join();
  queued.flight->leave();
  auto const end = queued.end.get();
  EXPECT_TRUE(end.abandoned);
  EXPECT_EQ(end.status, 0U);
  under_way.flight->leave();
  held->open();
  EXPECT_TRUE(under_way.end.get().abandoned);
  EXPECT_EQ(w.proxy->services().blocks.in_flight(), 0U);
  EXPECT_EQ(differs(w.get("/buc/k").body, 1, 0), std::nullopt);
}

TEST(speculative_fill, goes_on_for_a_client_when_the_one_who_began_it_leaves) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.head("/buc/k");
  auto const held = std::make_shared<gate>();
  w.origin.hold(is("GET"), held);
  speculator ahead(w, 2);
  auto begun = ahead.begin("buc", "k", {0, size});
  begun.flight->join();
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/buc/k"}));
  while (begun.errand->how_urgent() == upstream::urgency::speculation) {
    std::this_thread::yield();
  }
  begun.flight->leave();
  held->open();
  EXPECT_EQ(differs(link.read().body, 1, 0), std::nullopt);
  EXPECT_EQ(begun.end.get().stored, size);
  EXPECT_EQ(w.origin.count(is("GET")), 1U);
}

}  // namespace
}  // namespace s3proxy::test
