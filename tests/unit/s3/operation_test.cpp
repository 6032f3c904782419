#include "s3proxy/s3/operation.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace s3proxy::s3 {
namespace {

using enum operation;
using http::method;

http::query_list query_of(std::string_view raw) {
  return http::query_list::parse(raw).value();
}

struct request {
  http::method how;
  std::string_view path;
  std::string_view query;
  operation expected;
};

operation classify_plain(request const& of, http::field_list const& fields = {}) {
  return classify(of.how, parse_address(of.path).value(), query_of(of.query), fields);
}

void expect_all(std::span<request const> table) {
  for (auto const& row : table) {
    auto const found = classify_plain(row);
    EXPECT_EQ(describe(found).name, describe(row.expected).name)
        << http::to_text(row.how) << " " << row.path << "?" << row.query;
  }
}

TEST(operation, of_an_object_is_named) {
  request const table[] = {
      {method::get, "/bucket/k", "", get_object},
      {method::head, "/bucket/k", "", head_object},
      {method::put, "/bucket/k", "", put_object},
      {method::del, "/bucket/k", "", delete_object},
      {method::del, "/bucket/k", "versionId=v", delete_object},
      {method::post, "/bucket/k", "", post_object},
      {method::options, "/bucket/k", "", options},
      {method::get, "/bucket/k", "partNumber=1", get_object_part},
      {method::head, "/bucket/k", "partNumber=1&versionId=v", get_object_part},
      {method::get, "/bucket/k", "attributes", object_attributes},
      {method::get, "/bucket/k", "uploadId=u&max-parts=2", list_parts},
      {method::put, "/bucket/k", "partNumber=1&uploadId=u", upload_part},
      {method::put, "/bucket/k", "uploadId=u&partNumber=1&x-id=UploadPart", upload_part},
      {method::del, "/bucket/k", "uploadId=u", abort_multipart},
      {method::post, "/bucket/k", "uploads", create_multipart},
      {method::post, "/bucket/k", "uploads=", create_multipart},
      {method::post, "/bucket/k", "uploadId=u", complete_multipart},
      {method::post, "/bucket/k", "select&select-type=2", select_object},
      {method::post, "/bucket/k", "restore", restore_object},
      {method::get, "/bucket/k", "acl", object_subresource_read},
      {method::get, "/bucket/k", "tagging", object_subresource_read},
      {method::get, "/bucket/k", "torrent", object_subresource_read},
      {method::get, "/bucket/k", "legal-hold&versionId=v", object_subresource_read},
      {method::put, "/bucket/k", "tagging", object_subresource_write},
      {method::put, "/bucket/k", "acl&versionId=v", object_subresource_write},
      {method::del, "/bucket/k", "tagging", object_subresource_write},
  };
  expect_all(table);
}

TEST(operation, of_a_bucket_or_the_service_is_named) {
  request const table[] = {
      {method::get, "/", "", list_buckets},
      {method::get, "/", "x-id=ListBuckets&max-buckets=3", list_buckets},
      {method::get, "/", "what", other},
      {method::head, "/", "", other},
      {method::post, "/", "", other},
      {method::options, "/", "", options},
      {method::get, "/bucket", "", list_objects_v1},
      {method::get, "/bucket/", "prefix=a&delimiter=/&marker=b&max-keys=1", list_objects_v1},
      {method::get, "/bucket", "list-type=2", list_objects_v2},
      {method::get, "/bucket/", "list-type=2&prefix=a&encoding-type=url&fetch-owner=true", list_objects_v2},
      {method::get, "/bucket/", "list-type=2&a-parameter-of-some-store=1", list_objects_v2},
      {method::get, "/bucket/", "list-type=1", bucket_subresource_read},
      {method::get, "/bucket/", "list-type=2&versions", bucket_subresource_read},
      {method::get, "/bucket", "versions&prefix=a&key-marker=b", list_object_versions},
      {method::get, "/bucket", "versions&policy", bucket_subresource_read},
      {method::get, "/bucket", "uploads", list_multipart_uploads},
      {method::get, "/bucket", "location", bucket_location},
      {method::get, "/bucket", "policy", bucket_subresource_read},
      {method::get, "/bucket", "never-heard-of", bucket_subresource_read},
      {method::head, "/bucket", "", head_bucket},
      {method::put, "/bucket", "", create_bucket},
      {method::put, "/bucket", "versioning", bucket_subresource_write},
      {method::del, "/bucket", "", delete_bucket},
      {method::del, "/bucket", "policy", bucket_subresource_write},
      {method::post, "/bucket", "delete", delete_objects},
      {method::post, "/bucket", "delete=", delete_objects},
      {method::post, "/bucket", "", other},
      {method::options, "/bucket", "", options},
  };
  expect_all(table);
}

TEST(operation, of_a_read_of_the_object_itself_may_carry_only_parameters_that_we_know) {
  for (auto const* const query :
       {"versionId=v", "x-id=GetObject", "response-content-type=text/plain",
        "response-cache-control=no-cache", "response-expires=x&versionId=null&x-id=GetObject",
        "X-Amz-Date=20130524T000000Z"}) {
    EXPECT_EQ(classify_plain({method::get, "/bucket/k", query, other}), get_object) << query;
    EXPECT_EQ(classify_plain({method::head, "/bucket/k", query, other}), head_object) << query;
  }
}

TEST(operation, of_a_read_with_any_other_parameter_is_never_the_plain_one) {
  for (auto const* const query : {"acl",
                                  "tagging=",
                                  "retention",
                                  "uploads",
                                  "never-heard-of",
                                  "versionid=v",
                                  "VersionId=v",
                                  "ACL",
                                  "cors",
                                  "versionId=v&tagging",
                                  "x-id=GetObject&never-heard-of=1",
                                  "response-something=x",
                                  "=",
                                  "x-amz-acl=public",
                                  "X-Amz-Checksum-Mode=ENABLED",
                                  "versionId=a&versionId=b",
                                  "partNumber=1&acl",
                                  "partNumber=1&partNumber=2",
                                  "attributes&acl",
                                  "uploadId=u&torrent",
                                  "list-type=2",
                                  "%61cl"}) {
    for (auto const how : {method::get, method::head}) {
      auto const found = classify_plain({how, "/bucket/k", query, other});
      EXPECT_EQ(found, object_subresource_read) << query;
    }
  }
  EXPECT_EQ(describe(object_subresource_read).how, treatment::streamed);
}

TEST(operation, of_a_put_with_a_copy_source_is_a_copy) {
  http::field_list fields;
  fields.add({"X-Amz-Copy-Source", "/bucket/other"});
  EXPECT_EQ(classify_plain({method::put, "/bucket/k", "", other}, fields), copy_object);
  EXPECT_EQ(classify_plain({method::put, "/bucket/k", "x-id=CopyObject", other}, fields), copy_object);
  EXPECT_EQ(classify_plain({method::put, "/bucket/k", "partNumber=1&uploadId=u", other}, fields),
            upload_part_copy);
  EXPECT_EQ(classify_plain({method::get, "/bucket/k", "", other}, fields), get_object);
}

TEST(operation, of_a_browser_form_is_known_by_its_content_type) {
  http::field_list fields;
  fields.add({"Content-Type", "multipart/form-data; boundary=x"});
  EXPECT_EQ(classify_plain({method::post, "/bucket", "", other}, fields), post_form);
  EXPECT_EQ(effect_of(post_form, method::post, *parse_address("/bucket")), effect::writes_bucket);
}

TEST(operation, that_may_write_the_object_has_an_effect_on_its_key) {
  // The second is a part upload to nobody: a store that does not see one writes the object.
  request const table[] = {
      {method::put, "/bucket/k", "", put_object},
      {method::put, "/bucket/k", "partNumber=1", object_subresource_write},
      {method::put, "/bucket/k", "partNumber=1&uploadId=", object_subresource_write},
      {method::put, "/bucket/k", "partNumber=1&uploadId=u&uploadId=v", object_subresource_write},
      {method::put, "/bucket/k", "append&position=7", object_subresource_write},
      {method::post, "/bucket/k", "uploadId=u", complete_multipart},
      {method::post, "/bucket/k", "never-heard-of", object_subresource_write},
      {method::post, "/bucket/k", "uploads&never-heard-of", object_subresource_write},
      {method::post, "/bucket/k", "restore", restore_object},
      {method::del, "/bucket/k", "versionId=v", delete_object},
      {method::del, "/bucket/k", "uploadId=u&versionId=v", object_subresource_write},
  };
  expect_all(table);
  for (auto const& row : table) {
    EXPECT_EQ(effect_of(row.expected, row.how, *parse_address(row.path)), effect::writes_key) << row.query;
  }
}

TEST(operation, that_renames_an_object_reaches_further_than_its_key) {
  auto const op = classify_plain({method::put, "/bucket/k", "renameObject", other});
  EXPECT_EQ(effect_of(op, method::put, *parse_address("/bucket/k")), effect::writes_bucket);
}

TEST(operation, that_is_not_known_has_an_effect_as_wide_as_its_address) {
  auto const object = *parse_address("/bucket/k");
  auto const bucket = *parse_address("/bucket");
  for (auto const how : {method::put, method::post, method::del}) {
    EXPECT_EQ(effect_of(other, how, object), effect::writes_key);
    EXPECT_EQ(effect_of(other, how, bucket), effect::writes_bucket);
    EXPECT_EQ(effect_of(other, how, {}), effect::none);
  }
  for (auto const how : {method::get, method::head, method::options}) {
    EXPECT_EQ(effect_of(other, how, object), effect::none);
    EXPECT_EQ(effect_of(other, how, bucket), effect::none);
  }
}

TEST(operation, has_a_row_with_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(other); ++i) {
    auto const op = static_cast<operation>(i);
    EXPECT_EQ(describe(op).op, op);
    EXPECT_TRUE(names.insert(describe(op).name).second) << describe(op).name;
  }
}

TEST(operation, is_served_from_the_cache_only_if_it_reads_the_object_itself) {
  for (int i = 0; i <= static_cast<int>(other); ++i) {
    auto const& row = describe(static_cast<operation>(i));
    EXPECT_EQ(row.how == treatment::cached_get, row.op == get_object);
    EXPECT_EQ(row.how == treatment::cached_head, row.op == head_object);
    EXPECT_EQ(row.how == treatment::scanned_list, row.op == list_objects_v2);
    EXPECT_EQ(row.changes == effect::writes_keys, row.op == delete_objects);
  }
}

TEST(operation, of_a_multipart_upload_changes_nothing_before_its_completion) {
  for (auto const op : {create_multipart, upload_part, upload_part_copy, abort_multipart, list_parts}) {
    EXPECT_EQ(describe(op).changes, effect::none);
  }
  EXPECT_EQ(describe(complete_multipart).changes, effect::writes_key);
}

}  // namespace
}  // namespace s3proxy::s3
