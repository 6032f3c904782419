#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/http/date.hpp"
#include "s3proxy/http/header_list.hpp"

#include <optional>
#include <string_view>

namespace s3proxy::http {

/// The conditional fields of a GET or HEAD, as views into its head.
struct preconditions {
  std::optional<std::string_view> if_match = std::nullopt;
  std::optional<std::string_view> if_none_match = std::nullopt;
  /// The dates are absent when they do not parse: they are then ignored.
  std::optional<wall_time> if_modified_since = std::nullopt;
  std::optional<wall_time> if_unmodified_since = std::nullopt;

  bool any() const { return if_match || if_none_match || if_modified_since || if_unmodified_since; }
};

preconditions read_preconditions(field_list const& fields);

enum class verdict { proceed, not_modified, failed };

/// Evaluates in the order of RFC 9110 section 13.2.2: If-Match over If-Unmodified-Since, If-None-Match over
/// If-Modified-Since. `*` matches any version. Tags are compared without their quotes, as S3 does; weak tags
/// match only in If-None-Match. Without `last_modified` the date conditions hold.
verdict evaluate(preconditions const& asked, base::etag const& current,
                 std::optional<wall_time> last_modified);

}  // namespace s3proxy::http
