#include "s3proxy/proxy/read_request.hpp"

#include "idle_exchange.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace s3proxy::proxy {
namespace {

using field = http::field_view;

enum class signature { verified, none };

/// The request as the cache sees it, of `GET /lake/a` with that query and those fields.
std::optional<cache::read_request> read_of(std::vector<field> const& fields, std::string_view query = "",
                                           signature signed_by = signature::verified,
                                           http::method method = http::method::get) {
  http::request_head head;
  head.method = method;
  for (auto const& one : fields) {
    head.fields.add(one);
  }
  idle_exchange idle(head);
  idle.ex.where = {base::bucket_name("lake"), base::object_key("a")};
  idle.ex.query = http::query_list::parse(query).value();
  idle.ex.is_anonymous = signed_by == signature::none;
  idle.ex.began = {{}, 42};
  return read_request_of(idle.ex);
}

TEST(read_request, a_plain_get_asks_for_the_current_version_in_full) {
  auto const read =
      read_of({{"Host", "h"}, {"x-amz-date", "20240301T000000Z"}, {"X-Amz-Content-Sha256", "x"}});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, (cache::object_id{base::bucket_name("lake"), base::object_key("a"), std::nullopt}));
  EXPECT_EQ(read->kind, cache::read_kind::get);
  EXPECT_FALSE(read->range);
  EXPECT_FALSE(read->conditions.any());
  EXPECT_EQ(read->checksums, cache::checksum_wish::none);
  EXPECT_EQ(read->older_evidence, cache::reuse::allowed);
  EXPECT_EQ(read->began.order, 42U);
}

TEST(read_request, a_head_is_a_head) {
  EXPECT_EQ(read_of({}, "", signature::verified, http::method::head)->kind, cache::read_kind::head);
}

TEST(read_request, a_named_version_is_another_object) {
  EXPECT_EQ(read_of({}, "versionId=null")->id.version, base::version_id("null"));
  EXPECT_EQ(read_of({}, "versionId=")->id.version, base::version_id(""));
  EXPECT_EQ(read_of({})->id.version, std::nullopt);
}

TEST(read_request, one_range_is_understood_and_a_malformed_one_is_none) {
  EXPECT_EQ(read_of({{"Range", "bytes=0-9"}})->range, http::range_spec(http::closed_range{0, 9}));
  EXPECT_EQ(read_of({{"range", "bytes=-5"}})->range, http::range_spec(http::suffix_range{5}));
  for (auto const* ignored : {"bytes=9-0", "lines=1-2", "bytes=", "x"}) {
    auto const read = read_of({{"Range", ignored}});
    ASSERT_TRUE(read) << ignored;
    EXPECT_FALSE(read->range) << ignored;
  }
}

TEST(read_request, what_a_presigned_url_says_in_a_parameter_counts_as_a_header_does) {
  EXPECT_EQ(read_of({}, "x-id=GetObject&x-amz-checksum-mode=ENABLED")->checksums,
            cache::checksum_wish::wanted);
  EXPECT_EQ(read_of({}, "X-Amz-Checksum-Mode=enabled")->checksums, cache::checksum_wish::wanted);
  EXPECT_EQ(read_of({}, "x-amz-checksum-mode=DISABLED")->checksums, cache::checksum_wish::none);
  EXPECT_TRUE(read_of({}, "x-amz-user-agent=aws-sdk-js"));
  for (auto const* query : {"x-amz-request-payer=requester", "X-Amz-Server-Side-Encryption-Customer-Key=k",
                            "x%2Damz-expected-bucket-owner=1", "x-amz-unheard-of"}) {
    EXPECT_FALSE(read_of({}, query)) << query;
  }
}

TEST(read_request, what_only_the_store_understands_is_left_to_it) {
  field const table[] = {
      {"Range", "bytes=0-1,5-9"},
      {"If-Range", "\"a\""},
      {"x-amz-server-side-encryption-customer-algorithm", "AES256"},
      {"X-Amz-Server-Side-Encryption-Customer-Key", "k"},
      {"x-amz-request-payer", "requester"},
      {"x-amz-expected-bucket-owner", "1"},
      {"x-amz-unheard-of", "1"},
  };
  for (auto const& row : table) {
    EXPECT_FALSE(read_of({row})) << row.name;
  }
}

TEST(read_request, a_condition_or_range_given_twice_is_left_to_the_store) {
  for (auto const& one :
       {field{"Range", "bytes=0-9"}, field{"If-Match", "\"a\""}, field{"If-None-Match", "*"},
        field{"If-Modified-Since", "Fri, 01 Mar 2024 00:00:00 GMT"},
        field{"If-Unmodified-Since", "Fri, 01 Mar 2024 00:00:00 GMT"}}) {
    EXPECT_TRUE(read_of({one})) << one.name;
    EXPECT_FALSE(read_of({one, one})) << one.name;
  }
  EXPECT_TRUE(read_of({{"Accept", "a"}, {"Accept", "b"}}));
}

TEST(read_request, fields_of_the_signature_and_of_the_client_change_nothing) {
  for (auto const* name :
       {"x-amz-date", "X-AMZ-CONTENT-SHA256", "x-amz-security-token", "x-amz-checksum-mode",
        "x-amz-user-agent", "Accept", "amz-sdk-request", "User-Agent"}) {
    EXPECT_TRUE(read_of({{name, "x"}})) << name;
  }
}

TEST(read_request, overrides_are_for_signed_requests) {
  EXPECT_TRUE(read_of({}, "response-content-type=text/plain"));
  EXPECT_FALSE(read_of({}, "response-content-type=text/plain", signature::none)) << "the store refuses it";
  EXPECT_TRUE(read_of({}, "", signature::none));
}

TEST(read_request, conditions_are_read) {
  auto const read =
      read_of({{"If-None-Match", "\"a\""}, {"If-Unmodified-Since", "Fri, 01 Mar 2024 00:00:00 GMT"}});
  EXPECT_EQ(read->conditions.if_none_match, "\"a\"");
  EXPECT_TRUE(read->conditions.if_unmodified_since);
}

TEST(read_request, checksums_are_wanted_when_the_mode_is_enabled) {
  for (auto const* mode : {"ENABLED", "enabled"}) {
    EXPECT_EQ(read_of({{"x-amz-checksum-mode", mode}})->checksums, cache::checksum_wish::wanted);
  }
  for (auto const* mode : {"", "DISABLED"}) {
    EXPECT_EQ(read_of({{"x-amz-checksum-mode", mode}})->checksums, cache::checksum_wish::none);
  }
}

TEST(read_request, a_client_may_ask_for_a_new_look) {
  for (auto const& one : {field{"Cache-Control", "no-cache"}, field{"cache-control", "max-age=0"},
                          field{"Cache-Control", "private, NO-CACHE"}, field{"Pragma", "no-cache"}}) {
    EXPECT_EQ(read_of({one})->older_evidence, cache::reuse::forbidden) << one.value;
  }
  for (auto const& one :
       {field{"Cache-Control", "max-age=60"}, field{"Cache-Control", "no-transform"}, field{"Pragma", ""}}) {
    EXPECT_EQ(read_of({one})->older_evidence, cache::reuse::allowed) << one.value;
  }
}

cache::object_headers stored() {
  cache::object_headers out;
  out.fields.add("ETag", "\"a\"");
  out.fields.add("Content-Type", "text/csv");
  out.fields.add("x-amz-meta-k", "v");
  out.rendered = "ETag: \"a\"\r\nContent-Type: text/csv\r\nx-amz-meta-k: v\r\n";
  return out;
}

std::string overridden(std::string_view query) {
  return override_fields(http::query_list::parse(query).value(), stored());
}

TEST(override_fields, without_overrides_the_stored_lines_are_shown) {
  EXPECT_EQ(overridden(""), stored().rendered);
  EXPECT_EQ(overridden("versionId=1&x-id=GetObject"), stored().rendered);
  EXPECT_EQ(overridden("response-x-amz-meta-k=w"), stored().rendered) << "only six fields may be overridden";
}

TEST(override_fields, an_override_replaces_the_stored_field_in_its_place) {
  EXPECT_EQ(overridden("response-content-type=text/plain"),
            "ETag: \"a\"\r\nContent-Type: text/plain\r\nx-amz-meta-k: v\r\n");
}

TEST(override_fields, each_of_the_six_sets_its_field) {
  for (auto const* name : {"Content-Type", "Content-Language", "Expires", "Cache-Control",
                           "Content-Disposition", "Content-Encoding"}) {
    auto const line = std::string(name) + ": a b\r\n";
    EXPECT_NE(overridden("response-" + http::to_lower(name) + "=a%20b").find(line), std::string::npos)
        << name;
  }
}

TEST(override_fields, several_may_be_given) {
  EXPECT_EQ(overridden("response-expires=0&x=y&response-content-type=a/b"),
            "ETag: \"a\"\r\nContent-Type: a/b\r\nx-amz-meta-k: v\r\nExpires: 0\r\n");
}

TEST(override_fields, a_value_that_would_forge_a_header_is_not_shown) {
  for (auto const* value : {"a%0d%0aSet-Cookie:%20x", "a%0a", "%0d", "a%09b", "%7f", "%1b[m"}) {
    EXPECT_EQ(overridden("response-content-type=" + std::string(value)), stored().rendered) << value;
  }
}

}  // namespace
}  // namespace s3proxy::proxy
