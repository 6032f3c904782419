#include "support/telling_bytes.hpp"
#include "support/world.hpp"

#include <gtest/gtest.h>

namespace s3proxy::test {
namespace {

constexpr std::size_t size = 100 * 1024;

// Every form in which a client may be told of another version.
char const* const listings[] = {"/buc",
                                "/buc/",
                                "/buc?list-type=2",
                                "/buc/?list-type=2&prefix=dir/&max-keys=1000&fetch-owner=true",
                                "/buc?prefix=dir/&delimiter=&max-keys=7&marker=a",
                                "/buc?encoding-type=url",
                                "/buc?list-type=2&encoding-type=url&start-after=a&continuation-token=t",
                                "/buc?list-type=2&metadata=true",
                                "/buc?list-type=1&list-type=2",
                                "/buc?versions",
                                "/buc?versions&encoding-type=url&prefix=dir/"};

TEST(listings, each_is_evidence_of_the_versions_it_names) {
  for (auto const* target : listings) {
    world w;
    w.origin.put_version("/buc/dir/a b+c", 1, size);
    EXPECT_EQ(w.get("/buc/dir/a%20b%2Bc").status, 200U);
    w.origin.put_version("/buc/dir/a b+c", 2, size);
    EXPECT_EQ(differs(w.get("/buc/dir/a%20b%2Bc").body, 1, 0), std::nullopt) << "within the contract";
    auto const listed = w.get(target);
    EXPECT_NE(listed.body.find("v2"), std::string::npos) << target << " " << listed.body;
    auto const got = w.get_range("/buc/dir/a%20b%2Bc", "bytes=16-99");
    EXPECT_EQ(got.header("etag"), "\"v2\"") << target;
    EXPECT_EQ(differs(got.body, 2, 16), std::nullopt) << target;
  }
}

TEST(listings, pass_byte_for_byte_with_the_query_that_was_sent) {
  for (auto const* target : listings) {
    world w;
    w.origin.put_version("/buc/dir/k", 1, size);
    auto const listed = w.get(target);
    EXPECT_EQ(listed.status, 200U);
    EXPECT_EQ(w.origin.requests()[0].target, target);
    EXPECT_EQ(listed.header("content-type"), "application/xml");
    EXPECT_EQ(listed.body.size(), std::stoul(listed.header("content-length")));
  }
}

TEST(listings, give_nobody_a_right_and_no_headers) {
  for (auto const* target : listings) {
    world w;
    w.origin.put_version("/buc/dir/k", 1, size);
    w.get(target);
    w.origin.forget_requests();
    EXPECT_EQ(w.head("/buc/dir/k").status, 200U);
    EXPECT_EQ(w.origin.count(is("HEAD")), 1U) << target;
  }
}

// An older version in the list is not the one that is current.
TEST(listings, of_versions_speak_of_the_latest_only) {
  world w;
  w.origin.put_version("/buc/k", 2, size);
  w.get("/buc/k");
  w.origin.when([](received const& r) { return r.target.find("versions") != std::string::npos; },
                {.what = fault::kind::answer_status,
                 .status = 200,
                 .body = "<ListVersionsResult><Version><Key>k</Key><VersionId>1</VersionId><IsLatest>false"
                         "</IsLatest><ETag>\"v1\"</ETag><Size>1</Size></Version></ListVersionsResult>"});
  w.get("/buc?versions");
  w.origin.forget_requests();
  EXPECT_EQ(w.get("/buc/k").header("cache-status"), "s3proxy; hit");
}

TEST(listings, that_are_refused_or_fail_say_nothing) {
  for (unsigned const status : {403U, 500U}) {
    world w;
    w.origin.put_version("/buc/k", 1, size);
    w.get("/buc/k");
    w.origin.when([](received const& r) { return r.path() == "/buc"; },
                  {.what = fault::kind::answer_status,
                   .status = status,
                   .body = "<ListBucketResult><Contents><Key>k</Key><ETag>x</ETag><Size>1</Size></Contents>"
                           "</ListBucketResult>"},
                  9);
    w.get("/buc");
    EXPECT_EQ(w.get("/buc/k").header("cache-status"), "s3proxy; hit") << status;
  }
}

}  // namespace
}  // namespace s3proxy::test
