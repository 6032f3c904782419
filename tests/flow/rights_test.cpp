#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t size = 100 * 1024;
auto const denied = fault{
    .what = fault::kind::answer_status, .status = 403, .body = "<Error><Code>AccessDenied</Code></Error>"};

TEST(rights, a_listing_creates_no_right) {
  world w({.rights_ttl = 10min});
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.use_keys({base::access_key_id("SECONDKEY00000000002"), base::secret("another secret"), base::secret()});
  w.list("buc");
  w.origin.when(is("HEAD"), denied, 10);
  w.origin.when(is("GET"), denied, 10);
  EXPECT_EQ(w.get("/buc/k").status, 403U);
}

TEST(rights, bytes_are_shared_between_principals_and_rights_are_not) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.use_keys({base::access_key_id("SECONDKEY00000000002"), base::secret("another secret"), base::secret()});
  w.origin.forget_requests();
  auto const got = w.get("/buc/k");
  EXPECT_EQ(differs(got.body, 1, 0), std::nullopt);
  EXPECT_EQ(got.header("cache-status"), "s3proxy; fwd=stale; detail=no_right");
  ASSERT_EQ(w.origin.count(), 1U);  // one HEAD with the new principal's own credentials, no byte again
  EXPECT_EQ(w.origin.requests()[0].method, "HEAD");
  EXPECT_NE(w.origin.requests()[0].header("authorization").find("SECONDKEY00000000002"), std::string::npos);
}

TEST(rights, a_right_dies_after_its_ttl_though_the_object_is_immutable) {
  world w({.rights_ttl = 10min, .immutable = {"buc/**"}});
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.clock.advance(9min);
  w.origin.forget_requests();
  w.get("/buc/k");
  EXPECT_EQ(w.origin.count(), 0U);
  w.clock.advance(2min);
  EXPECT_EQ(w.get("/buc/k").status, 200U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 1U);
}

TEST(rights, a_403_revokes_at_once_and_keeps_the_bytes) {
  world w({.metadata_ttl = 60s});
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.clock.advance(61s);
  w.origin.when(is("HEAD"), denied, 1);
  w.origin.when(is("GET"), denied, 1);
  EXPECT_EQ(w.get("/buc/k").status, 403U);
  w.origin.clear_rules();
  w.origin.forget_requests();
  auto const got = w.get("/buc/k");  // allowed again: asked, but not fetched again
  EXPECT_EQ(got.status, 200U);
  EXPECT_EQ(w.origin.count(is("GET")), 0U);
  EXPECT_EQ(w.origin.count(is("HEAD")), 1U);
}

TEST(rights, a_grant_that_began_before_a_denial_does_not_undo_it) {
  world w({.metadata_ttl = 0s});
  w.origin.put_version("/buc/k", 1, size);
  auto const late = std::make_shared<gate>();
  w.origin.when(is("GET"), {.what = fault::kind::none, .then = [late] { late->pass(); }});
  w.origin.when(is("HEAD"), denied);
  auto reader = w.connect();
  reader.send(w.signed_request({"GET", "/buc/k"}));
  late->wait_for_arrivals(1);
  EXPECT_EQ(w.head("/buc/k", {{"If-None-Match", "\"x\""}}).status, 403U);
  late->open();
  reader.read();
  w.origin.clear_rules();
  auto const view =
      w.proxy->services().index.look({base::bucket_name("buc"), base::object_key("k"), std::nullopt},
                                     base::principal_id(w.keys.key_id.str()));
  EXPECT_FALSE(view.right);
}

TEST(rights, a_403_to_a_request_that_passed_the_cache_by_revokes_too) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.origin.when(is("GET"), denied);
  EXPECT_EQ(w.get_range("/buc/k", "bytes=0-1,5-6").status, 403U);
  w.origin.forget_requests();
  w.get("/buc/k");
  EXPECT_EQ(w.origin.count(is("HEAD")), 1U);
}

TEST(rights, conditions_are_judged_only_after_the_right) {
  world w;
  w.origin.put_version("/buc/k", 1, size);
  w.get("/buc/k");
  w.use_keys({base::access_key_id("SECONDKEY00000000002"), base::secret("another secret"), base::secret()});
  w.origin.when(is("HEAD"), denied, 100);
  w.origin.when(is("GET"), denied, 100);
  for (auto const& condition : {fields{{"If-None-Match", "\"v1\""}}, fields{{"If-Match", "\"no\""}},
                                fields{{"If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT"}},
                                fields{{"Range", "bytes=999999999-"}}}) {
    EXPECT_EQ(w.get("/buc/k", condition).status, 403U);
    EXPECT_EQ(w.head("/buc/k", condition).status, 403U);
  }
}

TEST(rights, the_same_key_in_two_buckets_is_two_objects) {
  world w;
  w.origin.put_version("/buc1/a/b", 1, size);
  w.origin.put_version("/buc2/a/b", 2, size);
  EXPECT_EQ(differs(w.get("/buc1/a/b").body, 1, 0), std::nullopt);
  EXPECT_EQ(differs(w.get("/buc2/a/b").body, 2, 0), std::nullopt);
  EXPECT_EQ(differs(w.get("/buc1/a%2Fb").body, 1, 0), std::nullopt);
  EXPECT_EQ(w.get("/buc1/a//b").status, 404U);
}

}  // namespace
}  // namespace s3proxy::test
