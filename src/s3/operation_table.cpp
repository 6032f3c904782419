#include "s3proxy/s3/operation.hpp"

#include <array>
#include <cassert>
#include <cstddef>

namespace s3proxy::s3 {
namespace {

using enum operation;
using enum effect;
using enum treatment;
using enum http::method;

constexpr std::string_view read_options =
    "versionId x-amz-checksum-mode response-content-type response-content-language response-expires "
    "response-cache-control response-content-disposition response-content-encoding";
// allow-unordered is Ceph's.
constexpr std::string_view list_v1_options =
    "prefix delimiter max-keys encoding-type fetch-owner marker allow-unordered";
constexpr std::string_view list_v2_options =
    "prefix delimiter max-keys encoding-type fetch-owner start-after continuation-token allow-unordered";
constexpr std::string_view list_versions_options =
    "prefix delimiter max-keys encoding-type key-marker version-id-marker";
constexpr std::string_view list_uploads_options =
    "prefix delimiter max-uploads encoding-type key-marker upload-id-marker";

constexpr access needed_by(http::method how) {
  return how == get || how == head ? access::read : access::write;
}

constexpr operation_row of_object(operation op, std::string_view name, http::method how,
                                  std::string_view parameters, std::string_view companions,
                                  effect changes = none) {
  return {op, name, how, place::object, parameters, companions, "", needed_by(how), changes, streamed};
}

constexpr operation_row setting(operation op, std::string_view name, http::method how,
                                std::string_view parameters, effect changes = none,
                                std::string_view companions = "") {
  return {op, name, how, place::bucket, parameters, companions, "", needed_by(how), changes, streamed};
}

// clang-format off
constexpr std::array rows{
    operation_row{list_buckets, "ListBuckets", get, place::service, "",
        "prefix max-buckets continuation-token bucket-region", "", access::list, none, streamed},

    operation_row{get_object, "GetObject", get, place::object, "", read_options, "", access::read, none,
        cached_get},
    operation_row{head_object, "HeadObject", head, place::object, "", read_options, "", access::read, none,
        cached_head},
    of_object(get_object_part, "GetObject", get, "partNumber", read_options),
    of_object(head_object_part, "HeadObject", head, "partNumber", read_options),
    of_object(get_object_acl, "GetObjectAcl", get, "acl", "versionId"),
    of_object(get_object_attributes, "GetObjectAttributes", get, "attributes", "versionId"),
    of_object(get_object_legal_hold, "GetObjectLegalHold", get, "legal-hold", "versionId"),
    of_object(get_object_retention, "GetObjectRetention", get, "retention", "versionId"),
    of_object(get_object_tagging, "GetObjectTagging", get, "tagging", "versionId"),
    of_object(get_object_torrent, "GetObjectTorrent", get, "torrent", ""),
    operation_row{copy_object, "CopyObject", put, place::object, "", "x-amz-", "x-amz-copy-source",
        access::write, writes_key, streamed},
    of_object(put_object, "PutObject", put, "", "x-amz-", writes_key),
    // Takes its source away, and a header names that: only the bucket is wide enough.
    of_object(rename_object, "RenameObject", put, "renameObject", "*", writes_bucket),
    of_object(put_object_acl, "PutObjectAcl", put, "acl", "versionId", writes_key),
    of_object(put_object_legal_hold, "PutObjectLegalHold", put, "legal-hold", "versionId", writes_key),
    of_object(put_object_retention, "PutObjectRetention", put, "retention", "versionId", writes_key),
    of_object(put_object_tagging, "PutObjectTagging", put, "tagging", "versionId", writes_key),
    of_object(update_object_encryption, "UpdateObjectEncryption", put, "encryption", "versionId", writes_key),
    // Changes x-amz-restore, a header of every later answer.
    of_object(restore_object, "RestoreObject", post, "restore", "versionId", writes_key),
    operation_row{select_object_content, "SelectObjectContent", post, place::object, "select",
        "select-type", "", access::read, none, streamed},
    of_object(delete_object, "DeleteObject", del, "", "versionId x-amz-", writes_key),
    of_object(delete_object_tagging, "DeleteObjectTagging", del, "tagging", "versionId", writes_key),
    of_object(create_multipart_upload, "CreateMultipartUpload", post, "uploads", "x-amz-"),
    operation_row{upload_part_copy, "UploadPartCopy", put, place::object, "partNumber= uploadId=",
        "x-amz-", "x-amz-copy-source", access::write, none, streamed},
    of_object(upload_part, "UploadPart", put, "partNumber= uploadId=", "x-amz-"),
    of_object(complete_multipart_upload, "CompleteMultipartUpload", post, "uploadId=", "x-amz-", writes_key),
    of_object(abort_multipart_upload, "AbortMultipartUpload", del, "uploadId=", "x-amz-"),
    of_object(list_parts, "ListParts", get, "uploadId=", "max-parts part-number-marker"),

    operation_row{list_objects, "ListObjects", get, place::bucket, "", list_v1_options, "", access::list,
        none, scanned_list},
    operation_row{list_objects_v2, "ListObjectsV2", get, place::bucket, "list-type=2", list_v2_options, "",
        access::list, none, scanned_list},
    operation_row{list_object_versions, "ListObjectVersions", get, place::bucket, "versions",
        list_versions_options, "", access::list, none, scanned_list},
    operation_row{list_multipart_uploads, "ListMultipartUploads", get, place::bucket, "uploads",
        list_uploads_options, "", access::list, none, streamed},
    operation_row{head_bucket, "HeadBucket", head, place::bucket, "", "", "", access::list, none, streamed},
    // On a bucket of one's own it succeeds and may reset its ACL.
    operation_row{create_bucket, "CreateBucket", put, place::bucket, "", "", "", access::write,
        writes_bucket, streamed},
    operation_row{delete_bucket, "DeleteBucket", del, place::bucket, "", "", "", access::write,
        writes_bucket, streamed},
    // Its key, and a signature that nobody here verifies, are in the form.
    operation_row{post_object, "PostObject", post, place::bucket, "", "*",
        "content-type: multipart/form-data", access::write, writes_bucket, refused},
    operation_row{delete_objects, "DeleteObjects", post, place::bucket, "delete", "", "", access::write,
        writes_keys, streamed},
    // It answers with credentials, which would be ours.
    operation_row{create_session, "CreateSession", get, place::bucket, "session", "*", "", access::write,
        none, refused},

    setting(get_bucket_abac, "GetBucketAbac", get, "abac"),
    setting(put_bucket_abac, "PutBucketAbac", put, "abac", voids_rights),
    setting(get_bucket_accelerate_configuration, "GetBucketAccelerateConfiguration", get, "accelerate"),
    setting(put_bucket_accelerate_configuration, "PutBucketAccelerateConfiguration", put, "accelerate"),
    setting(get_bucket_acl, "GetBucketAcl", get, "acl"),
    setting(put_bucket_acl, "PutBucketAcl", put, "acl", voids_rights),
    setting(get_bucket_analytics_configuration, "GetBucketAnalyticsConfiguration", get, "analytics id"),
    setting(list_bucket_analytics_configurations, "ListBucketAnalyticsConfigurations", get, "analytics",
        none, "continuation-token"),
    setting(put_bucket_analytics_configuration, "PutBucketAnalyticsConfiguration", put, "analytics id"),
    setting(delete_bucket_analytics_configuration, "DeleteBucketAnalyticsConfiguration", del, "analytics id"),
    setting(get_bucket_cors, "GetBucketCors", get, "cors"),
    setting(put_bucket_cors, "PutBucketCors", put, "cors"),
    setting(delete_bucket_cors, "DeleteBucketCors", del, "cors"),
    // Of objects to come: those that are there keep theirs.
    setting(get_bucket_encryption, "GetBucketEncryption", get, "encryption"),
    setting(put_bucket_encryption, "PutBucketEncryption", put, "encryption"),
    setting(delete_bucket_encryption, "DeleteBucketEncryption", del, "encryption"),
    setting(get_bucket_intelligent_tiering_configuration, "GetBucketIntelligentTieringConfiguration", get,
        "intelligent-tiering id"),
    setting(list_bucket_intelligent_tiering_configurations, "ListBucketIntelligentTieringConfigurations",
        get, "intelligent-tiering", none, "continuation-token"),
    setting(put_bucket_intelligent_tiering_configuration, "PutBucketIntelligentTieringConfiguration", put,
        "intelligent-tiering id"),
    setting(delete_bucket_intelligent_tiering_configuration, "DeleteBucketIntelligentTieringConfiguration",
        del, "intelligent-tiering id"),
    setting(get_bucket_inventory_configuration, "GetBucketInventoryConfiguration", get, "inventory id"),
    setting(list_bucket_inventory_configurations, "ListBucketInventoryConfigurations", get, "inventory",
        none, "continuation-token"),
    setting(put_bucket_inventory_configuration, "PutBucketInventoryConfiguration", put, "inventory id"),
    setting(delete_bucket_inventory_configuration, "DeleteBucketInventoryConfiguration", del, "inventory id"),
    // x-amz-expiration, a header of every object that a rule covers, follows from it.
    setting(get_bucket_lifecycle_configuration, "GetBucketLifecycleConfiguration", get, "lifecycle"),
    setting(put_bucket_lifecycle_configuration, "PutBucketLifecycleConfiguration", put, "lifecycle",
        writes_bucket),
    setting(delete_bucket_lifecycle, "DeleteBucketLifecycle", del, "lifecycle", writes_bucket),
    setting(get_bucket_location, "GetBucketLocation", get, "location"),
    setting(get_bucket_logging, "GetBucketLogging", get, "logging"),
    setting(put_bucket_logging, "PutBucketLogging", put, "logging"),
    setting(get_bucket_metadata_configuration, "GetBucketMetadataConfiguration", get,
        "metadataConfiguration"),
    setting(create_bucket_metadata_configuration, "CreateBucketMetadataConfiguration", post,
        "metadataConfiguration"),
    setting(delete_bucket_metadata_configuration, "DeleteBucketMetadataConfiguration", del,
        "metadataConfiguration"),
    setting(update_bucket_metadata_inventory_table_configuration,
        "UpdateBucketMetadataInventoryTableConfiguration", put, "metadataInventoryTable"),
    setting(update_bucket_metadata_journal_table_configuration,
        "UpdateBucketMetadataJournalTableConfiguration", put, "metadataJournalTable"),
    setting(get_bucket_metadata_table_configuration, "GetBucketMetadataTableConfiguration", get,
        "metadataTable"),
    setting(create_bucket_metadata_table_configuration, "CreateBucketMetadataTableConfiguration", post,
        "metadataTable"),
    setting(delete_bucket_metadata_table_configuration, "DeleteBucketMetadataTableConfiguration", del,
        "metadataTable"),
    setting(get_bucket_metrics_configuration, "GetBucketMetricsConfiguration", get, "metrics id"),
    setting(list_bucket_metrics_configurations, "ListBucketMetricsConfigurations", get, "metrics", none,
        "continuation-token"),
    setting(put_bucket_metrics_configuration, "PutBucketMetricsConfiguration", put, "metrics id"),
    setting(delete_bucket_metrics_configuration, "DeleteBucketMetricsConfiguration", del, "metrics id"),
    setting(get_bucket_notification_configuration, "GetBucketNotificationConfiguration", get, "notification"),
    setting(put_bucket_notification_configuration, "PutBucketNotificationConfiguration", put, "notification"),
    setting(get_bucket_ownership_controls, "GetBucketOwnershipControls", get, "ownershipControls"),
    setting(put_bucket_ownership_controls, "PutBucketOwnershipControls", put, "ownershipControls",
        voids_rights),
    setting(delete_bucket_ownership_controls, "DeleteBucketOwnershipControls", del, "ownershipControls",
        voids_rights),
    setting(get_bucket_policy, "GetBucketPolicy", get, "policy"),
    setting(get_bucket_policy_status, "GetBucketPolicyStatus", get, "policyStatus"),
    setting(put_bucket_policy, "PutBucketPolicy", put, "policy", voids_rights),
    setting(delete_bucket_policy, "DeleteBucketPolicy", del, "policy", voids_rights),
    setting(get_bucket_replication, "GetBucketReplication", get, "replication"),
    setting(put_bucket_replication, "PutBucketReplication", put, "replication"),
    setting(delete_bucket_replication, "DeleteBucketReplication", del, "replication"),
    // Whoever does not say that he pays may lose his right.
    setting(get_bucket_request_payment, "GetBucketRequestPayment", get, "requestPayment"),
    setting(put_bucket_request_payment, "PutBucketRequestPayment", put, "requestPayment", voids_rights),
    // Tags may decide who may read.
    setting(get_bucket_tagging, "GetBucketTagging", get, "tagging"),
    setting(put_bucket_tagging, "PutBucketTagging", put, "tagging", voids_rights),
    setting(delete_bucket_tagging, "DeleteBucketTagging", del, "tagging", voids_rights),
    // It gives every object a version id, `null`.
    setting(get_bucket_versioning, "GetBucketVersioning", get, "versioning"),
    setting(put_bucket_versioning, "PutBucketVersioning", put, "versioning", writes_bucket),
    setting(get_bucket_website, "GetBucketWebsite", get, "website"),
    setting(put_bucket_website, "PutBucketWebsite", put, "website"),
    setting(delete_bucket_website, "DeleteBucketWebsite", del, "website"),
    setting(get_object_lock_configuration, "GetObjectLockConfiguration", get, "object-lock"),
    setting(put_object_lock_configuration, "PutObjectLockConfiguration", put, "object-lock"),
    setting(get_public_access_block, "GetPublicAccessBlock", get, "publicAccessBlock"),
    setting(put_public_access_block, "PutPublicAccessBlock", put, "publicAccessBlock", voids_rights),
    setting(delete_public_access_block, "DeletePublicAccessBlock", del, "publicAccessBlock", voids_rights),

    operation_row{preflight, "Options", options, place::service, "", "*", "", access::none, none, streamed},
    operation_row{other, "Other", options, place::service, "", "", "", access::write, none, streamed},
};
// clang-format on

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (static_cast<std::size_t>(rows[i].op) != i) {
      return false;
    }
  }
  return true;
}
static_assert(in_enum_order(), "one row for every operation, in the order of the enum");
static_assert(static_cast<std::size_t>(other) + 1 == rows.size());

}  // namespace

std::span<operation_row const> operations() {
  return rows;
}

operation_row const& describe(operation op) {
  auto const index = static_cast<std::size_t>(op);
  assert(index < rows.size());
  return rows[index];
}

}  // namespace s3proxy::s3
