#pragma once

#include "s3proxy/http/request_head.hpp"
#include "s3proxy/http/target.hpp"
#include "s3proxy/s3/address.hpp"

#include <string_view>

namespace s3proxy::s3 {

enum class operation {
  // clang-format off
  list_buckets,
  get_object, head_object, put_object, delete_object, copy_object, post_object,
  get_object_part,            // GET or HEAD with partNumber
  select_object, restore_object,
  object_attributes, object_subresource_read, object_subresource_write,   // ?tagging ?acl ?retention ?legal-hold ?torrent ...
  create_multipart, upload_part, upload_part_copy, complete_multipart, abort_multipart, list_parts,
  list_objects_v1, list_objects_v2, list_object_versions, list_multipart_uploads,
  delete_objects,
  head_bucket, create_bucket, delete_bucket, bucket_location,
  bucket_subresource_read, bucket_subresource_write,                      // ?policy ?lifecycle ?versioning ...
  post_form,                  // POST of a browser form to a bucket
  options,
  other,
  // clang-format on
};

/// What an operation changes, as far as the cache must know.
enum class effect {
  none,           ///< a read
  writes_key,     ///< the object of the path
  writes_keys,    ///< the objects named in the body (multi-delete)
  writes_bucket,  ///< anything in the bucket may have changed: policy, ACL, deletion
};

/// How the answer is made.
enum class treatment {
  cached_get,    ///< get_object
  cached_head,   ///< head_object
  scanned_list,  ///< list_objects_v2: streams through, read on its way
  streamed,      ///< everything else
};

struct operation_row {
  operation op;
  std::string_view name;  ///< S3's own name of the API action, for the access line: `GetObject`
  effect changes;
  treatment how;
};

/// The row of `op`.
operation_row const& describe(operation op);

/// Names the operation of a verified request from its method, address, query and header fields
/// (`x-amz-copy-source`). Total: what is not known is `other` and passes through; a write method of an
/// unknown form has an effect as wide as its address (`other` of PUT, POST, DELETE is answered by describe()
/// with effect none: use effect_of).
operation classify(http::method method, address const& where, http::query_list const& query,
                   http::field_list const& fields);

/// The effect of a request: its row's, widened to the key or the bucket for `other` with a method that may
/// write.
effect effect_of(operation op, http::method method, address const& where);

}  // namespace s3proxy::s3
