#include "s3proxy/s3/operation.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace s3proxy::s3 {
namespace {

using http::method;

struct action {
  http::method how;
  char const* path;
  char const* query;
  char const* name;
};

// Every action of S3's API that a general purpose bucket's host serves, in its shortest form.
// clang-format off
action const actions[] = {
      {method::del, "/bucket/k", "uploadId=u", "AbortMultipartUpload"},
      {method::post, "/bucket/k", "uploadId=u", "CompleteMultipartUpload"},
      {method::put, "/bucket/k", "", "CopyObject"},
      {method::put, "/bucket", "", "CreateBucket"},
      {method::post, "/bucket", "metadataConfiguration", "CreateBucketMetadataConfiguration"},
      {method::post, "/bucket", "metadataTable", "CreateBucketMetadataTableConfiguration"},
      {method::post, "/bucket/k", "uploads", "CreateMultipartUpload"},
      {method::get, "/bucket", "session", "CreateSession"},
      {method::del, "/bucket", "", "DeleteBucket"},
      {method::del, "/bucket", "analytics&id=i", "DeleteBucketAnalyticsConfiguration"},
      {method::del, "/bucket", "cors", "DeleteBucketCors"},
      {method::del, "/bucket", "encryption", "DeleteBucketEncryption"},
      {method::del, "/bucket", "intelligent-tiering&id=i", "DeleteBucketIntelligentTieringConfiguration"},
      {method::del, "/bucket", "inventory&id=i", "DeleteBucketInventoryConfiguration"},
      {method::del, "/bucket", "lifecycle", "DeleteBucketLifecycle"},
      {method::del, "/bucket", "metadataConfiguration", "DeleteBucketMetadataConfiguration"},
      {method::del, "/bucket", "metadataTable", "DeleteBucketMetadataTableConfiguration"},
      {method::del, "/bucket", "metrics&id=i", "DeleteBucketMetricsConfiguration"},
      {method::del, "/bucket", "ownershipControls", "DeleteBucketOwnershipControls"},
      {method::del, "/bucket", "policy", "DeleteBucketPolicy"},
      {method::del, "/bucket", "replication", "DeleteBucketReplication"},
      {method::del, "/bucket", "tagging", "DeleteBucketTagging"},
      {method::del, "/bucket", "website", "DeleteBucketWebsite"},
      {method::del, "/bucket/k", "", "DeleteObject"},
      {method::del, "/bucket/k", "tagging", "DeleteObjectTagging"},
      {method::post, "/bucket", "delete", "DeleteObjects"},
      {method::del, "/bucket", "publicAccessBlock", "DeletePublicAccessBlock"},
      {method::get, "/bucket", "abac", "GetBucketAbac"},
      {method::get, "/bucket", "accelerate", "GetBucketAccelerateConfiguration"},
      {method::get, "/bucket", "acl", "GetBucketAcl"},
      {method::get, "/bucket", "analytics&id=i", "GetBucketAnalyticsConfiguration"},
      {method::get, "/bucket", "cors", "GetBucketCors"},
      {method::get, "/bucket", "encryption", "GetBucketEncryption"},
      {method::get, "/bucket", "intelligent-tiering&id=i", "GetBucketIntelligentTieringConfiguration"},
      {method::get, "/bucket", "inventory&id=i", "GetBucketInventoryConfiguration"},
      {method::get, "/bucket", "lifecycle", "GetBucketLifecycleConfiguration"},
      {method::get, "/bucket", "location", "GetBucketLocation"},
      {method::get, "/bucket", "logging", "GetBucketLogging"},
      {method::get, "/bucket", "metadataConfiguration", "GetBucketMetadataConfiguration"},
      {method::get, "/bucket", "metadataTable", "GetBucketMetadataTableConfiguration"},
      {method::get, "/bucket", "metrics&id=i", "GetBucketMetricsConfiguration"},
      {method::get, "/bucket", "notification", "GetBucketNotificationConfiguration"},
      {method::get, "/bucket", "ownershipControls", "GetBucketOwnershipControls"},
      {method::get, "/bucket", "policy", "GetBucketPolicy"},
      {method::get, "/bucket", "policyStatus", "GetBucketPolicyStatus"},
      {method::get, "/bucket", "replication", "GetBucketReplication"},
      {method::get, "/bucket", "requestPayment", "GetBucketRequestPayment"},
      {method::get, "/bucket", "tagging", "GetBucketTagging"},
      {method::get, "/bucket", "versioning", "GetBucketVersioning"},
      {method::get, "/bucket", "website", "GetBucketWebsite"},
      {method::get, "/bucket/k", "", "GetObject"},
      {method::get, "/bucket/k", "acl", "GetObjectAcl"},
      {method::get, "/bucket/k", "attributes", "GetObjectAttributes"},
      {method::get, "/bucket/k", "legal-hold", "GetObjectLegalHold"},
      {method::get, "/bucket", "object-lock", "GetObjectLockConfiguration"},
      {method::get, "/bucket/k", "retention", "GetObjectRetention"},
      {method::get, "/bucket/k", "tagging", "GetObjectTagging"},
      {method::get, "/bucket/k", "torrent", "GetObjectTorrent"},
      {method::get, "/bucket", "publicAccessBlock", "GetPublicAccessBlock"},
      {method::head, "/bucket", "", "HeadBucket"},
      {method::head, "/bucket/k", "", "HeadObject"},
      {method::get, "/bucket", "analytics", "ListBucketAnalyticsConfigurations"},
      {method::get, "/bucket", "intelligent-tiering", "ListBucketIntelligentTieringConfigurations"},
      {method::get, "/bucket", "inventory", "ListBucketInventoryConfigurations"},
      {method::get, "/bucket", "metrics", "ListBucketMetricsConfigurations"},
      {method::get, "/", "", "ListBuckets"},
      {method::get, "/bucket", "uploads", "ListMultipartUploads"},
      {method::get, "/bucket", "versions", "ListObjectVersions"},
      {method::get, "/bucket", "", "ListObjects"},
      {method::get, "/bucket", "list-type=2", "ListObjectsV2"},
      {method::get, "/bucket/k", "uploadId=u", "ListParts"},
      {method::put, "/bucket", "abac", "PutBucketAbac"},
      {method::put, "/bucket", "accelerate", "PutBucketAccelerateConfiguration"},
      {method::put, "/bucket", "acl", "PutBucketAcl"},
      {method::put, "/bucket", "analytics&id=i", "PutBucketAnalyticsConfiguration"},
      {method::put, "/bucket", "cors", "PutBucketCors"},
      {method::put, "/bucket", "encryption", "PutBucketEncryption"},
      {method::put, "/bucket", "intelligent-tiering&id=i", "PutBucketIntelligentTieringConfiguration"},
      {method::put, "/bucket", "inventory&id=i", "PutBucketInventoryConfiguration"},
      {method::put, "/bucket", "lifecycle", "PutBucketLifecycleConfiguration"},
      {method::put, "/bucket", "logging", "PutBucketLogging"},
      {method::put, "/bucket", "metrics&id=i", "PutBucketMetricsConfiguration"},
      {method::put, "/bucket", "notification", "PutBucketNotificationConfiguration"},
      {method::put, "/bucket", "ownershipControls", "PutBucketOwnershipControls"},
      {method::put, "/bucket", "policy", "PutBucketPolicy"},
      {method::put, "/bucket", "replication", "PutBucketReplication"},
      {method::put, "/bucket", "requestPayment", "PutBucketRequestPayment"},
      {method::put, "/bucket", "tagging", "PutBucketTagging"},
      {method::put, "/bucket", "versioning", "PutBucketVersioning"},
      {method::put, "/bucket", "website", "PutBucketWebsite"},
      {method::put, "/bucket/k", "", "PutObject"},
      {method::put, "/bucket/k", "acl", "PutObjectAcl"},
      {method::put, "/bucket/k", "legal-hold", "PutObjectLegalHold"},
      {method::put, "/bucket", "object-lock", "PutObjectLockConfiguration"},
      {method::put, "/bucket/k", "retention", "PutObjectRetention"},
      {method::put, "/bucket/k", "tagging", "PutObjectTagging"},
      {method::put, "/bucket", "publicAccessBlock", "PutPublicAccessBlock"},
      {method::put, "/bucket/k", "renameObject", "RenameObject"},
      {method::post, "/bucket/k", "restore", "RestoreObject"},
      {method::post, "/bucket/k", "select&select-type=2", "SelectObjectContent"},
      {method::put, "/bucket", "metadataInventoryTable", "UpdateBucketMetadataInventoryTableConfiguration"},
      {method::put, "/bucket", "metadataJournalTable", "UpdateBucketMetadataJournalTableConfiguration"},
      {method::put, "/bucket/k", "encryption", "UpdateObjectEncryption"},
      {method::put, "/bucket/k", "partNumber=1&uploadId=u", "UploadPart"},
      {method::put, "/bucket/k", "partNumber=1&uploadId=u", "UploadPartCopy"},
};
// clang-format on

http::field_list fields_for(std::string const& name) {
  http::field_list out;
  if (name == "CopyObject" || name == "UploadPartCopy") {
    out.add({"x-amz-copy-source", "/bucket/k"});
  }
  return out;
}

TEST(operation_table, knows_every_action_by_the_name_that_s3_gives_it) {
  std::set<std::string> seen;
  for (auto const& one : actions) {
    auto const where = parse_address(one.path).value();
    auto const query = http::query_list::parse(one.query).value();
    auto const op = classify(one.how, where, query, fields_for(one.name));
    EXPECT_EQ(describe(op).name, one.name) << http::to_text(one.how) << one.path << "?" << one.query;
    seen.insert(one.name);
  }
  for (auto const& row : operations()) {
    auto const is_ours = row.op == operation::preflight || row.op == operation::other ||
                         row.op == operation::post_object;  // S3's, but of no SDK
    EXPECT_TRUE(is_ours || seen.contains(std::string(row.name))) << row.name;
  }
}

// A parameter that no row knows may turn any operation into another.
TEST(operation_table, an_action_with_a_parameter_that_no_row_knows_is_not_known) {
  for (auto const& one : actions) {
    auto const where = parse_address(one.path).value();
    auto const query = http::query_list::parse(std::string(one.query) + "&never-heard-of").value();
    auto const op = classify(one.how, where, query, fields_for(one.name));
    auto const goes_anyway = op == operation::rename_object || op == operation::create_session;
    EXPECT_TRUE(op == operation::other || goes_anyway) << one.name;
  }
}

TEST(operation_table, an_action_with_a_parameter_twice_is_not_known) {
  for (auto const& one : actions) {
    auto const where = parse_address(one.path).value();
    auto const query = http::query_list::parse(std::string(one.query) + "&x-id=a&x-id=b").value();
    auto const op = classify(one.how, where, query, fields_for(one.name));
    auto const goes_anyway = op == operation::rename_object || op == operation::create_session;
    EXPECT_TRUE(op == operation::other || goes_anyway) << one.name;
  }
}

}  // namespace
}  // namespace s3proxy::s3
