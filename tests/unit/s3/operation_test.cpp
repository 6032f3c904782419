#include "s3proxy/s3/operation.hpp"

#include <gtest/gtest.h>

#include <span>
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
      {method::post, "/bucket/k", "", other},
      {method::options, "/bucket/k", "", preflight},
      {method::get, "/bucket/k", "partNumber=1", get_object_part},
      {method::head, "/bucket/k", "partNumber=1&versionId=v", head_object_part},
      {method::get, "/bucket/k", "attributes", get_object_attributes},
      {method::get, "/bucket/k", "uploadId=u&max-parts=2", list_parts},
      {method::put, "/bucket/k", "partNumber=1&uploadId=u", upload_part},
      {method::put, "/bucket/k", "uploadId=u&partNumber=1&x-id=UploadPart", upload_part},
      {method::del, "/bucket/k", "uploadId=u", abort_multipart_upload},
      {method::post, "/bucket/k", "uploads", create_multipart_upload},
      {method::post, "/bucket/k", "uploads=", create_multipart_upload},
      {method::post, "/bucket/k", "uploadId=u", complete_multipart_upload},
      {method::post, "/bucket/k", "select&select-type=2", select_object_content},
      {method::post, "/bucket/k", "restore", restore_object},
      {method::get, "/bucket/k", "acl", get_object_acl},
      {method::get, "/bucket/k", "tagging", get_object_tagging},
      {method::get, "/bucket/k", "torrent", get_object_torrent},
      {method::get, "/bucket/k", "legal-hold&versionId=v", get_object_legal_hold},
      {method::put, "/bucket/k", "tagging", put_object_tagging},
      {method::put, "/bucket/k", "acl&versionId=v", put_object_acl},
      {method::del, "/bucket/k", "tagging", delete_object_tagging},
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
      {method::options, "/", "", preflight},
      {method::get, "/bucket", "", list_objects},
      {method::get, "/bucket/", "prefix=a&delimiter=/&marker=b&max-keys=1", list_objects},
      {method::get, "/bucket", "list-type=2", list_objects_v2},
      {method::get, "/bucket/", "list-type=2&prefix=a&encoding-type=url&fetch-owner=true", list_objects_v2},
      {method::get, "/bucket/", "list-type=2&a-parameter-of-some-store=1", other},
      {method::get, "/bucket/", "list-type=1", other},
      {method::get, "/bucket/", "list-type=2&versions", other},
      {method::get, "/bucket", "versions&prefix=a&key-marker=b", list_object_versions},
      {method::get, "/bucket", "versions&policy", other},
      {method::get, "/bucket", "uploads", list_multipart_uploads},
      {method::get, "/bucket", "location", get_bucket_location},
      {method::get, "/bucket", "policy", get_bucket_policy},
      {method::get, "/bucket", "never-heard-of", other},
      {method::head, "/bucket", "", head_bucket},
      {method::put, "/bucket", "", create_bucket},
      {method::put, "/bucket", "versioning", put_bucket_versioning},
      {method::del, "/bucket", "", delete_bucket},
      {method::del, "/bucket", "policy", delete_bucket_policy},
      {method::post, "/bucket", "delete", delete_objects},
      {method::post, "/bucket", "delete=", delete_objects},
      {method::post, "/bucket", "", other},
      {method::options, "/bucket", "", preflight},
  };
  expect_all(table);
}

TEST(operation, of_a_read_of_the_object_itself_may_carry_only_parameters_that_we_know) {
  for (auto const* const query :
       {"versionId=v", "x-id=GetObject", "response-content-type=text/plain",
        "response-cache-control=no-cache", "response-expires=x&versionId=null&x-id=GetObject",
        "X-Amz-Date=20130524T000000Z", "x-amz-checksum-mode=ENABLED&versionId=v"}) {
    EXPECT_EQ(classify_plain({method::get, "/bucket/k", query, other}), get_object) << query;
    EXPECT_EQ(classify_plain({method::head, "/bucket/k", query, other}), head_object) << query;
  }
}

TEST(operation, of_a_write_may_carry_headers_in_its_query_as_presigned_urls_do) {
  request const table[] = {
      {method::put, "/bucket/k", "x-amz-acl=private&x-amz-meta-a=b&x-id=PutObject", put_object},
      {method::put, "/bucket/k", "X-Amz-Server-Side-Encryption=AES256", put_object},
      {method::put, "/bucket/k", "x-amz-acl=a&x-amz-acl=b", other},
      {method::put, "/bucket/k", "x-amz-copy-source=/bucket/other", other},
      {method::put, "/bucket/k", "X-Amz-Copy-Source=/bucket/other", other},
      {method::put, "/bucket/k", "partNumber=1&uploadId=u&x-amz-copy-source=/b/k", other},
      {method::put, "/bucket/k", "acl&x-amz-acl=private", other},
      {method::del, "/bucket/k", "x-amz-mfa=1&versionId=v", delete_object},
      {method::get, "/bucket/k", "x-amz-request-payer=requester", other},
  };
  expect_all(table);
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
      EXPECT_NE(describe(found).how, treatment::cached_get) << query;
      EXPECT_NE(describe(found).how, treatment::cached_head) << query;
      EXPECT_NE(found, get_object_part) << query;
      EXPECT_NE(found, head_object_part) << query;
    }
  }
  EXPECT_EQ(treatment_of(other, method::get, parse_address("/bucket/k").value()), treatment::streamed);
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

// Some stores take the first of a repeated parameter and some the last: either may make it a listing.
TEST(operation, of_a_bucket_that_is_not_known_is_read_as_a_listing) {
  auto const bucket = parse_address("/bucket").value();
  for (auto const* query : {"list-type=2&a-parameter-of-some-store=1", "list-type=1&list-type=2",
                            "list-type=2&policy", "prefix=a&prefix=b", "metadata=true&list-type=2"}) {
    auto const op = classify_plain({method::get, "/bucket", query, other});
    EXPECT_EQ(op, other) << query;
    EXPECT_EQ(treatment_of(op, method::get, bucket), treatment::scanned_list) << query;
  }
  EXPECT_EQ(treatment_of(other, method::head, bucket), treatment::streamed);
  EXPECT_EQ(treatment_of(other, method::post, bucket), treatment::streamed);
  EXPECT_EQ(treatment_of(other, method::get, {}), treatment::streamed);
}

TEST(operation, that_would_lend_our_rights_is_known_in_any_company) {
  http::field_list form;
  form.add({"Content-Type", "Multipart/Form-Data; boundary=x"});
  for (auto const* query : {"", "x=1", "delete", "metadataTable", "a=1&a=2"}) {
    EXPECT_EQ(classify_plain({method::post, "/bucket", query, other}, form), post_object) << query;
  }
  for (auto const* query : {"session", "session&x=1", "session&session", "list-type=2&session"}) {
    EXPECT_EQ(classify_plain({method::get, "/bucket", query, other}), create_session) << query;
  }
}

TEST(operation, of_a_browser_form_is_known_by_its_content_type) {
  http::field_list fields;
  fields.add({"Content-Type", "multipart/form-data; boundary=x"});
  EXPECT_EQ(classify_plain({method::post, "/bucket", "", other}, fields), post_object);
  EXPECT_EQ(effect_of(post_object, method::post, *parse_address("/bucket")), effect::writes_bucket);
}

TEST(operation, that_may_write_the_object_has_an_effect_on_its_key) {
  // The second is a part upload to nobody: a store that does not see one writes the object.
  request const table[] = {
      {method::put, "/bucket/k", "", put_object},
      {method::put, "/bucket/k", "partNumber=1", other},
      {method::put, "/bucket/k", "partNumber=1&uploadId=", other},
      {method::put, "/bucket/k", "partNumber=1&uploadId=u&uploadId=v", other},
      {method::put, "/bucket/k", "append&position=7", other},
      {method::post, "/bucket/k", "uploadId=u", complete_multipart_upload},
      {method::post, "/bucket/k", "never-heard-of", other},
      {method::post, "/bucket/k", "uploads&never-heard-of", other},
      {method::post, "/bucket/k", "restore", restore_object},
      {method::del, "/bucket/k", "versionId=v", delete_object},
      {method::del, "/bucket/k", "uploadId=u&versionId=v", other},
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

TEST(operation, has_a_row_in_the_place_of_its_number) {
  ASSERT_EQ(operations().size(), static_cast<std::size_t>(other) + 1);
  for (auto const& row : operations()) {
    EXPECT_EQ(&describe(row.op), &row);
    EXPECT_FALSE(row.name.empty());
  }
}

TEST(operation, is_served_from_the_cache_only_if_it_reads_the_object_itself) {
  for (int i = 0; i <= static_cast<int>(other); ++i) {
    auto const& row = describe(static_cast<operation>(i));
    EXPECT_EQ(row.how == treatment::cached_get, row.op == get_object);
    EXPECT_EQ(row.how == treatment::cached_head, row.op == head_object);
    EXPECT_EQ(row.how == treatment::scanned_list,
              row.op == list_objects || row.op == list_objects_v2 || row.op == list_object_versions);
    EXPECT_EQ(row.how == treatment::refused, row.op == post_object || row.op == create_session);
    EXPECT_EQ(row.changes == effect::writes_keys, row.op == delete_objects);
  }
}

TEST(operation, of_a_multipart_upload_changes_nothing_before_its_completion) {
  for (auto const op :
       {create_multipart_upload, upload_part, upload_part_copy, abort_multipart_upload, list_parts}) {
    EXPECT_EQ(describe(op).changes, effect::none);
  }
  EXPECT_EQ(describe(complete_multipart_upload).changes, effect::writes_key);
}

TEST(operation, that_changes_something_is_a_write_and_only_that) {
  for (auto const& row : operations()) {
    EXPECT_TRUE(row.changes == effect::none || row.needs == access::write) << row.name;
    auto const reads = row.method == method::get || row.method == method::head;
    EXPECT_TRUE(!reads || row.changes == effect::none) << row.name;
    EXPECT_TRUE(reads || row.needs == access::write || row.op == select_object_content || row.op == preflight)
        << row.name;
  }
}

TEST(operation, that_changes_who_may_read_a_bucket_voids_its_rights) {
  request const table[] = {
      {method::put, "/bucket", "policy", put_bucket_policy},
      {method::del, "/bucket", "policy", delete_bucket_policy},
      {method::put, "/bucket", "acl", put_bucket_acl},
      {method::put, "/bucket", "ownershipControls", put_bucket_ownership_controls},
      {method::del, "/bucket", "ownershipControls", delete_bucket_ownership_controls},
      {method::put, "/bucket", "publicAccessBlock", put_public_access_block},
      {method::del, "/bucket", "publicAccessBlock", delete_public_access_block},
  };
  expect_all(table);
  for (auto const& row : table) {
    EXPECT_EQ(describe(row.expected).changes, effect::voids_rights) << row.query;
  }
}

TEST(operation, that_changes_headers_or_rights_of_an_object_is_a_write_of_its_key) {
  for (auto const op : {put_object_acl, put_object_tagging, delete_object_tagging, put_object_retention,
                        put_object_legal_hold, restore_object, update_object_encryption}) {
    EXPECT_EQ(describe(op).changes, effect::writes_key) << describe(op).name;
  }
}

}  // namespace
}  // namespace s3proxy::s3
