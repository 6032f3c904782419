#include "s3proxy/s3/operation.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <optional>

namespace s3proxy::s3 {
namespace {

using enum operation;
using http::method;

// Names are the actions of
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html where
// there is one.
constexpr std::array rows{
    operation_row{list_buckets, "ListBuckets", effect::none, treatment::streamed},
    operation_row{get_object, "GetObject", effect::none, treatment::cached_get},
    operation_row{head_object, "HeadObject", effect::none, treatment::cached_head},
    operation_row{put_object, "PutObject", effect::writes_key, treatment::streamed},
    operation_row{delete_object, "DeleteObject", effect::writes_key, treatment::streamed},
    operation_row{copy_object, "CopyObject", effect::writes_key, treatment::streamed},
    operation_row{post_object, "PostObject", effect::writes_key, treatment::streamed},
    operation_row{get_object_part, "GetObjectPart", effect::none, treatment::streamed},
    operation_row{select_object, "SelectObjectContent", effect::none, treatment::streamed},
    // It changes x-amz-restore, a header of every later answer.
    operation_row{restore_object, "RestoreObject", effect::writes_key, treatment::streamed},
    operation_row{object_attributes, "GetObjectAttributes", effect::none, treatment::streamed},
    operation_row{object_subresource_read, "GetObjectSubresource", effect::none, treatment::streamed},
    operation_row{object_subresource_write, "PutObjectSubresource", effect::writes_key, treatment::streamed},
    operation_row{create_multipart, "CreateMultipartUpload", effect::none, treatment::streamed},
    operation_row{upload_part, "UploadPart", effect::none, treatment::streamed},
    operation_row{upload_part_copy, "UploadPartCopy", effect::none, treatment::streamed},
    operation_row{complete_multipart, "CompleteMultipartUpload", effect::writes_key, treatment::streamed},
    operation_row{abort_multipart, "AbortMultipartUpload", effect::none, treatment::streamed},
    operation_row{list_parts, "ListParts", effect::none, treatment::streamed},
    operation_row{list_objects_v1, "ListObjects", effect::none, treatment::streamed},
    operation_row{list_objects_v2, "ListObjectsV2", effect::none, treatment::scanned_list},
    operation_row{list_object_versions, "ListObjectVersions", effect::none, treatment::streamed},
    operation_row{list_multipart_uploads, "ListMultipartUploads", effect::none, treatment::streamed},
    operation_row{delete_objects, "DeleteObjects", effect::writes_keys, treatment::streamed},
    operation_row{head_bucket, "HeadBucket", effect::none, treatment::streamed},
    // On a bucket of one's own it succeeds and may reset its ACL.
    operation_row{create_bucket, "CreateBucket", effect::writes_bucket, treatment::streamed},
    operation_row{delete_bucket, "DeleteBucket", effect::writes_bucket, treatment::streamed},
    operation_row{bucket_location, "GetBucketLocation", effect::none, treatment::streamed},
    operation_row{bucket_subresource_read, "GetBucketSubresource", effect::none, treatment::streamed},
    operation_row{bucket_subresource_write, "PutBucketSubresource", effect::writes_bucket,
                  treatment::streamed},
    // The key is in the form.
    operation_row{post_form, "PostForm", effect::writes_bucket, treatment::streamed},
    operation_row{options, "Options", effect::none, treatment::streamed},
    operation_row{other, "Other", effect::none, treatment::streamed},
};

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

enum class place { service, bucket, object };

/// A request whose query names `parameter` (and no other but neutral ones and `with`) is `op`.
struct query_rule {
  http::method method;
  place where;
  std::string_view parameter;
  operation op;
  std::array<std::string_view, 6> with{};
};

// clang-format off
constexpr std::array query_rules{
    query_rule{method::get, place::object, "partNumber", get_object_part, {"versionId"}},
    query_rule{method::head, place::object, "partNumber", get_object_part, {"versionId"}},
    query_rule{method::get, place::object, "uploadId", list_parts, {"max-parts", "part-number-marker"}},
    query_rule{method::get, place::object, "attributes", object_attributes, {"versionId"}},
    query_rule{method::del, place::object, "versionId", delete_object},
    query_rule{method::del, place::object, "uploadId", abort_multipart},
    query_rule{method::post, place::object, "uploads", create_multipart},
    query_rule{method::post, place::object, "uploadId", complete_multipart},
    query_rule{method::post, place::object, "select", select_object, {"select-type"}},
    query_rule{method::post, place::object, "restore", restore_object, {"versionId"}},
    // RenameObject takes its source away, and a header names that: only the bucket is wide enough.
    query_rule{method::put, place::object, "renameObject", bucket_subresource_write},
    query_rule{method::get, place::bucket, "location", bucket_location},
    query_rule{method::get, place::bucket, "versions", list_object_versions,
               {"prefix", "delimiter", "max-keys", "encoding-type", "key-marker", "version-id-marker"}},
    query_rule{method::get, place::bucket, "uploads", list_multipart_uploads,
               {"prefix", "delimiter", "max-uploads", "encoding-type", "key-marker", "upload-id-marker"}},
    query_rule{method::post, place::bucket, "delete", delete_objects},
};

// Sub-resources of a bucket which win over `list-type=2`, should both be there.
constexpr std::array<std::string_view, 27> bucket_subresources{
    "accelerate", "acl", "analytics", "cors", "encryption", "intelligent-tiering", "inventory", "lifecycle",
    "location", "logging", "metadataConfiguration", "metadataTable", "metrics", "notification", "object-lock",
    "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment", "session",
    "tagging", "uploads", "versioning", "versions", "website"};

constexpr std::array<std::string_view, 7> list_v1_parameters{
    "prefix", "marker", "delimiter", "max-keys", "encoding-type", "allow-unordered", "fetch-owner"};

constexpr std::array<std::string_view, 4> list_buckets_parameters{
    "prefix", "max-buckets", "continuation-token", "bucket-region"};

// What keeps a GET or HEAD a read of the object itself.
constexpr std::array<std::string_view, 7> object_read_parameters{
    "versionId", "response-content-type", "response-content-language", "response-expires",
    "response-cache-control", "response-content-disposition", "response-content-encoding"};
// clang-format on

// They say who asks or which SDK call it was, never what for.
// clang-format off
constexpr std::array<std::string_view, 9> neutral_parameters{
    "x-id", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
    "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Content-Sha256"};
// clang-format on

template <class Names>
bool is_one_of(std::string_view name, Names const& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// True when every parameter is neutral or accepted by `known`, and none comes twice: which of two values
/// counts is the store's to say, so such a request must not be answered as if we knew.
template <class Known>
bool holds_only(http::query_list const& query, Known const& known) {
  for (auto at = query.begin(); at != query.end(); ++at) {
    bool const twice =
        std::any_of(query.begin(), at, [&](http::query_parameter const& p) { return p.name == at->name; });
    if (twice || !(is_one_of(at->name, neutral_parameters) || known(at->name))) {
      return false;
    }
  }
  return true;
}

bool holds_only_neutral(http::query_list const& query) {
  return holds_only(query, [](std::string_view) { return false; });
}

std::optional<operation> by_query(http::method how, place where, http::query_list const& query) {
  for (auto const& rule : query_rules) {
    if (rule.method != how || rule.where != where || !query.contains(rule.parameter)) {
      continue;
    }
    auto const fits = [&](std::string_view name) {
      return name == rule.parameter || (!name.empty() && is_one_of(name, rule.with));
    };
    if (holds_only(query, fits)) {
      return rule.op;
    }
  }
  return std::nullopt;
}

bool has_value(http::query_list const& query, std::string_view name) {
  auto const value = query.find(name);
  return value && !value->empty();
}

operation classify_put(http::query_list const& query, http::field_list const& fields) {
  bool const copies = fields.contains("x-amz-copy-source");
  if (holds_only_neutral(query)) {
    return copies ? copy_object : put_object;
  }
  // Without both, or with more, some store may read it as a write of the object.
  bool const is_part =
      has_value(query, "partNumber") && has_value(query, "uploadId") &&
      holds_only(query, [](std::string_view n) { return n == "partNumber" || n == "uploadId"; });
  if (is_part) {
    return copies ? upload_part_copy : upload_part;
  }
  return object_subresource_write;
}

operation classify_object(http::method how, http::query_list const& query, http::field_list const& fields) {
  if (auto const op = by_query(how, place::object, query)) {
    return *op;
  }
  bool const plain = holds_only_neutral(query);
  switch (how) {
    case method::get:
    case method::head: {
      bool const reads =
          holds_only(query, [](std::string_view name) { return is_one_of(name, object_read_parameters); });
      return !reads ? object_subresource_read : how == method::get ? get_object : head_object;
    }
    case method::put:
      return classify_put(query, fields);
    case method::post:
      return plain ? post_object : object_subresource_write;
    case method::del:
      return plain ? delete_object : object_subresource_write;
    case method::options:
      return options;
  }
  return other;
}

bool is_form(http::field_list const& fields) {
  return http::has_prefix(fields.find("content-type").value_or(""), "multipart/form-data");
}

operation classify_bucket_read(http::query_list const& query) {
  bool const names_subresource = std::any_of(query.begin(), query.end(), [](http::query_parameter const& p) {
    return is_one_of(p.name, bucket_subresources);
  });
  // Any other parameter leaves it a listing: reading an answer that turns out to be none costs nothing, and a
  // listing that passes unread would break what its reader relies on.
  if (!names_subresource && query.find("list-type") == "2") {
    return list_objects_v2;
  }
  bool const lists =
      holds_only(query, [](std::string_view name) { return is_one_of(name, list_v1_parameters); });
  return lists ? list_objects_v1 : bucket_subresource_read;
}

operation classify_bucket(http::method how, http::query_list const& query, http::field_list const& fields) {
  if (auto const op = by_query(how, place::bucket, query)) {
    return *op;
  }
  bool const plain = holds_only_neutral(query);
  switch (how) {
    case method::get:
      return classify_bucket_read(query);
    case method::head:
      return plain ? head_bucket : bucket_subresource_read;
    case method::put:
      return plain ? create_bucket : bucket_subresource_write;
    case method::post:
      return plain && is_form(fields) ? post_form : other;
    case method::del:
      return plain ? delete_bucket : bucket_subresource_write;
    case method::options:
      return options;
  }
  return other;
}

operation classify_service(http::method how, http::query_list const& query) {
  if (how == method::options) {
    return options;
  }
  bool const lists = how == method::get && holds_only(query, [](std::string_view name) {
                       return is_one_of(name, list_buckets_parameters);
                     });
  return lists ? list_buckets : other;
}

bool may_write(http::method how) {
  return how == method::put || how == method::post || how == method::del;
}

}  // namespace

operation_row const& describe(operation op) {
  auto const index = static_cast<std::size_t>(op);
  assert(index < rows.size());
  return rows[index];
}

operation classify(http::method method, address const& where, http::query_list const& query,
                   http::field_list const& fields) {
  if (where.is_object()) {
    return classify_object(method, query, fields);
  }
  if (where.is_bucket()) {
    return classify_bucket(method, query, fields);
  }
  return classify_service(method, query);
}

effect effect_of(operation op, http::method method, address const& where) {
  if (op != other || !may_write(method)) {
    return describe(op).changes;
  }
  if (where.is_object()) {
    return effect::writes_key;
  }
  return where.is_bucket() ? effect::writes_bucket : effect::none;
}

}  // namespace s3proxy::s3
