#pragma once

#include "s3proxy/http/header_list.hpp"

#include <string_view>

namespace s3proxy::s3 {

/// Where a store keeps an object, as far as it matters to somebody who reads without being asked.
enum class storage_class {
  standard,         ///< also where nothing is said: S3 leaves its name out of an answer's fields
  express_onezone,  ///< directory buckets
  other,  ///< archived, billed by the read, or unknown: REDUCED_REDUNDANCY, STANDARD_IA, ONEZONE_IA,
          ///< INTELLIGENT_TIERING, GLACIER, GLACIER_IR, DEEP_ARCHIVE, OUTPOSTS, SNOW, a store's own
};

/// Reads the name of a class as listings and `x-amz-storage-class` give it; empty: standard.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
storage_class storage_class_named(std::string_view name);

/// What the head of an answer to a GET or HEAD says. An object that sleeps in an archive tier
/// (`x-amz-archive-status`) or is a copy fetched from one (`x-amz-restore`) is of no standard class, whatever
/// else the answer says. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
storage_class told_storage_class(http::header_list const& fields);

/// True when reading the object costs no more, and takes no longer, than reading any other: only such objects
/// are read before somebody asks for them.
constexpr bool is_quick_to_read(storage_class where) {
  return where != storage_class::other;
}

}  // namespace s3proxy::s3
