#include "support/certificate.hpp"
#include "support/telling_bytes.hpp"
#include "support/told.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace s3proxy::test {
namespace {

using enum fault::kind;

constexpr auto here = "s3.us-east-1.amazonaws.com";
constexpr auto there = "s3.eu-west-1.amazonaws.com";
constexpr auto third = "s3.us-west-2.amazonaws.com";

world::choices amazon(std::string host = here) {
  return {.threads = 1, .host = std::move(host), .hosts = {here, there, third, "s3.amazonaws.com"}};
}

scripted_origin::matcher at(std::string const& host) {
  return [host](received const& r) { return r.header("host").starts_with(host + ":"); };
}

scripted_origin::matcher at(std::string const& host, std::string const& method) {
  return [=, is_there = at(host)](received const& r) { return is_there(r) && r.method == method; };
}

/// What Amazon says where the bucket is not: HEADs have the field, all others the document too.
fault elsewhere(std::string const& region, unsigned status = 301) {
  return {
      .what = answer_status,
      .status = status,
      .body = "<Error><Code>" +
              std::string(status == 400 ? "AuthorizationHeaderMalformed" : "PermanentRedirect") +
              "</Code><Endpoint>evil.example</Endpoint></Error>",
      .extra_fields = "x-amz-bucket-region: " + region + "\r\nLocation: http://evil.example/bucket/k\r\n"};
}

/// The bucket lives in eu-west-1, and us-east-1 says so.
void move_to_europe(world& w, unsigned status = 301) {
  w.origin.when(at(here), elsewhere("eu-west-1", status), 99);
}

std::string scope(std::string const& region) {
  return "/" + region + "/s3/aws4_request";
}

TEST(regions, a_read_is_asked_again_where_the_bucket_lives) {
  for (auto const status : {301U, 307U, 400U}) {
    world w(amazon());
    w.origin.put_version("/bucket/k", 1, 1000);
    move_to_europe(w, status);
    auto const got = w.get("/bucket/k");
    ASSERT_EQ(got.status, 200U) << status;
    EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
    ASSERT_EQ(w.origin.count(), 2U);
    auto const last = w.origin.requests()[1];
    EXPECT_TRUE(at(there)(last)) << last.header("host");
    EXPECT_NE(last.header("authorization").find(scope("eu-west-1")), std::string::npos);
    EXPECT_EQ(told(w.access_lines(1)[0], "origin_calls"), "2");
  }
}

TEST(regions, a_region_is_read_from_the_document_where_no_field_tells_it) {
  world w(amazon());
  w.origin.put_version("/bucket/k", 1, 1000);
  w.origin.when(at(here), {.what = answer_status,
                           .status = 400,
                           .body = "<Error><Code>AuthorizationHeaderMalformed</Code>"
                                   "<Region>eu-west-1</Region></Error>"});
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  EXPECT_EQ(w.origin.count(at(there)), 1U);
}

TEST(regions, every_kind_of_read_finds_its_bucket) {
  for (request const& what : std::vector<request>{{"HEAD", "/bucket/k"},
                                                  {"GET", "/bucket/k", {{"Range", "bytes=5-9"}}},
                                                  {"GET", "/bucket/k?acl"},
                                                  {"GET", "/bucket?list-type=2"},
                                                  {"HEAD", "/bucket"}}) {
    world w(amazon());
    w.origin.put_version("/bucket/k", 1, 1000);
    w.origin.put_version("/bucket", 1, 10);
    move_to_europe(w);
    EXPECT_EQ(w.ask(what).status / 100, 2U) << what.method << what.target;
    EXPECT_EQ(w.origin.count(at(here)), 1U);
  }
}

TEST(regions, what_was_learnt_counts_for_every_later_request_on_every_worker) {
  auto with = amazon();
  with.threads = 4;
  world w(std::move(with));
  for (int i = 0; i < 8; ++i) {
    w.origin.put_version("/bucket/" + std::to_string(i), 1, 1000);
  }
  move_to_europe(w);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(w.get("/bucket/" + std::to_string(i)).status, 200U);
  }
  EXPECT_EQ(w.origin.count(at(here)), 1U);
  EXPECT_EQ(w.put("/bucket/n", "hello").status, 200U);
  EXPECT_EQ(w.origin.count(at(here)), 1U);
  EXPECT_EQ(w.origin.count(at(there)), 9U);
}

TEST(regions, one_bucket_says_nothing_of_another) {
  world w(amazon());
  w.origin.put_version("/bucket/k", 1, 1000);
  w.origin.put_version("/other/k", 1, 1000);
  w.origin.when([](received const& r) { return at(here)(r) && r.path().starts_with("/bucket/"); },
                elsewhere("eu-west-1"), 99);
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  EXPECT_EQ(w.get("/other/k").status, 200U);
  EXPECT_EQ(w.origin.count(at(there)), 1U);
}

TEST(regions, a_hit_is_a_hit_and_a_fill_goes_where_the_bucket_lives) {
  world w(amazon());
  w.origin.put_version("/bucket/k", 1, 3'000'000);
  move_to_europe(w);
  EXPECT_EQ(w.get_range("/bucket/k", "bytes=0-999").status, 206U);
  w.origin.forget_requests();
  EXPECT_EQ(w.get_range("/bucket/k", "bytes=0-999").header("cache-status"), "s3proxy; hit");
  EXPECT_EQ(w.origin.count(), 0U);
  auto const whole = w.get("/bucket/k");
  EXPECT_EQ(whole.body.size(), 3'000'000U);
  EXPECT_EQ(differs(whole.body, 1, 0), std::nullopt);
  EXPECT_EQ(w.origin.count(at(here)), 0U);
}

TEST(regions, a_first_write_learns_where_the_bucket_lives_before_its_body_is_sent) {
  for (auto const status : {200U, 301U, 400U, 403U}) {
    world w(amazon());
    w.origin.when(at(here, "HEAD"), elsewhere("eu-west-1", status), 99);
    w.origin.when(at(here, "PUT"), elsewhere("eu-west-1"), 99);
    EXPECT_EQ(w.put("/bucket/k", "hello").status, 200U) << status;
    EXPECT_EQ(w.put("/bucket/k", "again").status, 200U);
    auto const asked = w.origin.requests();
    ASSERT_EQ(asked.size(), 3U);
    EXPECT_EQ(asked[0].method + asked[0].target, "HEAD/bucket");
    EXPECT_TRUE(at(there, "PUT")(asked[1]));
    EXPECT_EQ(asked[1].body, "hello");
    EXPECT_NE(asked[1].header("authorization").find(scope("eu-west-1")), std::string::npos);
    EXPECT_EQ(told(w.access_lines(2)[0], "origin_calls"), "2");
    EXPECT_EQ(told(w.access_lines(2)[1], "origin_calls"), "1");
  }
}

TEST(regions, a_write_behind_a_read_asks_nothing_first) {
  world w(amazon());
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  EXPECT_EQ(w.put("/bucket/k", "hello").status, 200U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 0U);
}

TEST(regions, a_bucket_that_nobody_knows_is_created_at_the_endpoint) {
  world w(amazon());
  w.origin.when(is("HEAD"), {.what = answer_status, .status = 404}, 99);
  EXPECT_EQ(w.put("/bucket", "").status, 200U);
  EXPECT_EQ(w.origin.count(at(here, "PUT")), 1U);
}

TEST(regions, where_the_bucket_cannot_be_looked_for_nothing_is_written) {
  world w(amazon());
  w.origin.when(is("HEAD"), {.what = fault::kind::reset}, 99);
  EXPECT_EQ(w.put("/bucket/k", "hello").status, 502U);
  EXPECT_EQ(w.origin.count(is("PUT")), 0U);
}

TEST(regions, a_store_of_others_is_not_asked_where_its_buckets_live) {
  world w;
  EXPECT_EQ(w.put("/bucket/k", "hello").status, 200U);
  EXPECT_EQ(w.origin.count(), 1U);
}

void expect_no_leak(answer const& got) {
  EXPECT_EQ(got.header("location"), "");
  EXPECT_EQ(got.body.find("evil"), std::string::npos) << got.body;
}

TEST(regions, no_text_of_the_stores_chooses_a_host) {
  for (std::string const region : {"evil.com/", "evil.com", "EU-WEST-1", "eu-west-1.evil.com", "eu-west-1 x",
                                   "../eu-west-1", "eu-west-1@evil.com", "eu-west-1#", "x", ""}) {
    world w(amazon());
    w.origin.when(at(here), elsewhere(region), 99);
    auto const got = w.get("/bucket/k");
    if (!region.empty()) {
      EXPECT_EQ(got.status, 502U) << region;
      expect_no_leak(got);
    }
    EXPECT_EQ(got.header("location"), "") << region;
    EXPECT_EQ(w.origin.count(), 1U) << region;
    EXPECT_EQ(w.put("/bucket/k", "x").header("location"), "");
    EXPECT_EQ(w.origin.count([](received const& r) { return !at(here)(r); }), 0U) << region;
  }
  world w(amazon());
  w.origin.when(at(here), elsewhere("eu-" + std::string(4000, 'w') + "-1"), 99);
  EXPECT_EQ(w.get("/bucket/k").status, 502U);
  EXPECT_EQ(w.origin.count(), 1U);
}

TEST(regions, another_partition_is_named_and_not_asked) {
  for (std::string const region : {"cn-north-1", "us-gov-west-1", "us-iso-east-1"}) {
    world w(amazon());
    w.origin.when(at(here), elsewhere(region), 99);
    auto const got = w.get("/bucket/k");
    EXPECT_EQ(got.status, 502U);
    EXPECT_NE(got.body.find("--region " + region), std::string::npos) << got.body;
    EXPECT_EQ(w.origin.count(), 1U);
  }
}

TEST(regions, elsewhere_the_region_to_set_is_named) {
  for (auto const status : {301U, 307U, 400U}) {
    world w;
    w.origin.next(elsewhere("eu-west-1", status), 99);
    for (request const& what : std::vector<request>{{"GET", "/bucket/k"},
                                                    {"GET", "/bucket/k?acl"},
                                                    {"GET", "/bucket?list-type=2"},
                                                    {"PUT", "/bucket/k", {}, "x"},
                                                    {"DELETE", "/bucket/k"}}) {
      auto const got = w.ask(what);
      EXPECT_EQ(got.status, 502U) << what.method << what.target << status;
      EXPECT_EQ(got.error_code(), "BadGateway");
      EXPECT_NE(got.body.find("--region eu-west-1"), std::string::npos) << got.body;
      expect_no_leak(got);
    }
    auto const head = w.head("/bucket/k");
    EXPECT_EQ(head.status, 502U) << status;
    expect_no_leak(head);
    EXPECT_EQ(w.origin.count([](received const& r) { return !r.header("host").starts_with("127.0.0.1:"); }),
              0U);
  }
}

TEST(regions, a_bad_request_of_the_clients_is_its_own) {
  world w;
  w.origin.next({.what = answer_status,
                 .status = 400,
                 .body = "<Error><Code>EntityTooSmall</Code></Error>",
                 .extra_fields = "x-amz-bucket-region: elsewhere-1\r\n"});
  EXPECT_EQ(w.put("/bucket/k", "x").error_code(), "EntityTooSmall");
}

TEST(regions, a_bucket_that_moves_is_followed) {
  world w(amazon());
  w.origin.put_version("/bucket/k", 1, 1000);
  move_to_europe(w);
  EXPECT_EQ(w.get("/bucket/k?acl").status, 200U);
  w.origin.when(at(there), elsewhere("us-west-2"), 99);
  EXPECT_EQ(w.get("/bucket/k?acl").status, 200U);
  EXPECT_EQ(w.origin.count(at(third)), 1U);
  EXPECT_EQ(w.put("/bucket/k", "hello").status, 200U);
  EXPECT_EQ(w.origin.count(at(third, "PUT")), 1U);
}

TEST(regions, a_write_to_a_bucket_that_has_moved_is_not_sent_twice_but_learns) {
  world w(amazon());
  w.origin.put_version("/bucket/k", 1, 1000);
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  move_to_europe(w);
  auto const got = w.put("/bucket/k", "hello");
  EXPECT_EQ(got.status, 502U);
  EXPECT_NE(got.body.find("Try again"), std::string::npos) << got.body;
  expect_no_leak(got);
  EXPECT_EQ(w.origin.count(is("PUT")), 1U);
  EXPECT_EQ(w.put("/bucket/k", "hello").status, 200U);
  EXPECT_EQ(w.origin.count(at(there, "PUT")), 1U);
}

TEST(regions, two_regions_that_send_us_to_each_other_are_asked_once_each) {
  world w(amazon());
  move_to_europe(w);
  w.origin.when(at(there), elsewhere("us-east-1"), 99);
  EXPECT_EQ(w.get("/bucket/k?acl").status, 502U);
  EXPECT_EQ(w.origin.count(), 2U);
}

TEST(regions, a_region_whose_host_does_not_exist_is_forgotten) {
  world w(amazon());
  w.origin.put_version("/bucket/k", 1, 1000);
  w.origin.when(at(here), elsewhere("xx-nowhere-9"), 1);
  EXPECT_EQ(w.get("/bucket/k?acl").status, 503U);
  EXPECT_EQ(w.get("/bucket/k?acl").status, 200U);
}

TEST(regions, the_global_endpoint_signs_for_the_region_it_is_told) {
  world w(amazon("s3.amazonaws.com"));
  w.origin.put_version("/bucket/k", 1, 1000);
  w.origin.when(at("s3.amazonaws.com"), elsewhere("eu-west-1", 400), 99);
  EXPECT_EQ(w.get("/bucket/k").status, 200U);
  EXPECT_EQ(w.origin.count(at(there)), 1U);
}

TEST(regions, all_regions_together_keep_to_the_limit_of_connections) {
  auto with = amazon();
  with.threads = 1;  // each worker has a share of the limit
  with.adjust = [](proxy::limits& l) { l.origin.connections = 1; };
  world w(std::move(with));
  w.origin.put_version("/bucket/k", 1, 1000);
  w.origin.put_version("/other/k", 1, 1000);
  w.origin.when([](received const& r) { return at(here)(r) && r.path().starts_with("/bucket"); },
                elsewhere("eu-west-1"), 99);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(w.get("/bucket/k?acl").status, 200U);
    EXPECT_EQ(w.get("/other/k?acl").status, 200U);
  }
  auto const held = std::make_shared<gate>();
  w.origin.hold(at(there), held);
  auto link = w.connect();
  link.send(w.signed_request({"GET", "/bucket/k?acl"}));
  held->wait_for_arrivals(1);
  // The store's end of a closed connection ends when its thread gets to it.
  auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (w.origin.open_connections() > 1 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(w.origin.open_connections(), 1U) << "idle ones of other hosts make room";
  held->open();
  EXPECT_EQ(link.read().status, 200U);
}

TEST(regions, tls_meets_the_regional_name) {
  authority const issuer(authority::trust::yes);
  for (bool const named : {true, false}) {
    auto with = amazon();
    with.tls =
        issuer.server({.names = "DNS:" + std::string(here) + (named ? ",DNS:" + std::string(there) : "")});
    world w(std::move(with));
    w.origin.put_version("/bucket/k", 1, 1000);
    move_to_europe(w);
    EXPECT_EQ(w.get("/bucket/k").status, named ? 200U : 502U);
    EXPECT_EQ(w.origin.count(at(there)), named ? 1U : 0U);
  }
}

}  // namespace
}  // namespace s3proxy::test
