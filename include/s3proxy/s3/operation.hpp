#pragma once

#include "s3proxy/http/request_head.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/address.hpp"
#include "s3proxy/s3/identity.hpp"

#include <span>
#include <string_view>

namespace s3proxy::s3 {

/// S3's operations, named as S3 names them, and the few forms that it has no name for.
enum class operation {
  // clang-format off
  list_buckets,

  get_object, head_object,
  get_object_part, head_object_part,                                      // with partNumber
  get_object_acl, get_object_attributes, get_object_legal_hold, get_object_retention, get_object_tagging,
  get_object_torrent,
  copy_object, put_object, rename_object,
  put_object_acl, put_object_legal_hold, put_object_retention, put_object_tagging, update_object_encryption,
  restore_object, select_object_content,
  delete_object, delete_object_tagging,
  create_multipart_upload, upload_part_copy, upload_part, complete_multipart_upload, abort_multipart_upload,
  list_parts,

  list_objects, list_objects_v2, list_object_versions, list_multipart_uploads,
  head_bucket, create_bucket, delete_bucket, post_object, delete_objects, create_session,
  get_bucket_abac, put_bucket_abac,
  get_bucket_accelerate_configuration, put_bucket_accelerate_configuration,
  get_bucket_acl, put_bucket_acl,
  get_bucket_analytics_configuration, list_bucket_analytics_configurations,
  put_bucket_analytics_configuration, delete_bucket_analytics_configuration,
  get_bucket_cors, put_bucket_cors, delete_bucket_cors,
  get_bucket_encryption, put_bucket_encryption, delete_bucket_encryption,
  get_bucket_intelligent_tiering_configuration, list_bucket_intelligent_tiering_configurations,
  put_bucket_intelligent_tiering_configuration, delete_bucket_intelligent_tiering_configuration,
  get_bucket_inventory_configuration, list_bucket_inventory_configurations,
  put_bucket_inventory_configuration, delete_bucket_inventory_configuration,
  get_bucket_lifecycle_configuration, put_bucket_lifecycle_configuration, delete_bucket_lifecycle,
  get_bucket_location,
  get_bucket_logging, put_bucket_logging,
  get_bucket_metadata_configuration, create_bucket_metadata_configuration,
  delete_bucket_metadata_configuration,
  update_bucket_metadata_inventory_table_configuration, update_bucket_metadata_journal_table_configuration,
  get_bucket_metadata_table_configuration, create_bucket_metadata_table_configuration,
  delete_bucket_metadata_table_configuration,
  get_bucket_metrics_configuration, list_bucket_metrics_configurations,
  put_bucket_metrics_configuration, delete_bucket_metrics_configuration,
  get_bucket_notification_configuration, put_bucket_notification_configuration,
  get_bucket_ownership_controls, put_bucket_ownership_controls, delete_bucket_ownership_controls,
  get_bucket_policy, get_bucket_policy_status, put_bucket_policy, delete_bucket_policy,
  get_bucket_replication, put_bucket_replication, delete_bucket_replication,
  get_bucket_request_payment, put_bucket_request_payment,
  get_bucket_tagging, put_bucket_tagging, delete_bucket_tagging,
  get_bucket_versioning, put_bucket_versioning,
  get_bucket_website, put_bucket_website, delete_bucket_website,
  get_object_lock_configuration, put_object_lock_configuration,
  get_public_access_block, put_public_access_block, delete_public_access_block,

  preflight,                                                              // OPTIONS
  other,
  // clang-format on
};

/// What an operation changes, as far as the cache must know.
enum class effect {
  none,           ///< a read, or a setting that no answer of ours depends on
  writes_key,     ///< the object of the path: its bytes, its headers, or who may read it
  writes_keys,    ///< the objects named in the body (multi-delete)
  writes_bucket,  ///< anything in the bucket may have changed
  voids_rights,   ///< who may read what in the bucket may have changed; its objects have not
};

/// How the answer is made.
enum class treatment {
  cached_get,    ///< GetObject
  cached_head,   ///< HeadObject
  scanned_list,  ///< a listing of objects: streams through, read on its way
  streamed,      ///< everything else
  refused,       ///< it would lend our own rights: CreateSession, browser forms
};

/// What the path of an operation names.
enum class place { service, bucket, object };

/// One row of the table of operations. A request is of the first row that it fits.
struct operation_row {
  operation op;
  std::string_view name;  ///< S3's own name of the API action: `GetObject`
  http::method method;
  place where;
  /// The parameters that decide, separated by spaces, each present: `acl`; `list-type=2`: with that value;
  /// `uploadId=`: with some value.
  std::string_view parameters;
  /// The parameters that may come with them; `x-amz-` stands for every header of that name which a presigned
  /// URL carries in its query, `*` for any, even twice. With another, the request is not of this row.
  std::string_view companions;
  std::string_view header;  ///< the field that decides: `x-amz-copy-source`, `content-type: prefix`
  access needs;
  effect changes;
  treatment how;
};

/// Every row, in the order of the enum; the last two (preflight, other) are found by no parameters.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
/// (without those of other hosts: S3 Control, Object Lambda, directory bucket listings).
std::span<operation_row const> operations();

/// The row of `op`. Constant time.
operation_row const& describe(operation op);

/// Names the operation of a verified request from its method, address, query and header fields. Total: what
/// is not known is `other` and passes through, with effect_of and treatment_of as wide as its address.
operation classify(http::method how, address const& where, http::query_list const& query,
                   http::field_list const& fields);

/// The effect of a request: its row's, widened to the key or the bucket for `other` with a method that may
/// write.
effect effect_of(operation op, http::method how, address const& where);

/// The treatment of a request: its row's; what is not known and may list a bucket is read as a listing.
/// Reading an answer that turns out to be none costs nothing, and a listing that passes unread would break
/// what its reader relies on.
treatment treatment_of(operation op, http::method how, address const& where);

}  // namespace s3proxy::s3
