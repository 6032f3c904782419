#pragma once

#include "s3proxy/base/units.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace s3proxy::http {

/// `bytes=a-b`: inclusive ends, as the client wrote them.
struct closed_range {
  base::byte_count first;
  base::byte_count last;
  friend bool operator==(closed_range const&, closed_range const&) = default;
};
/// `bytes=a-`
struct open_range {
  base::byte_count first;
  friend bool operator==(open_range const&, open_range const&) = default;
};
/// `bytes=-n`: the last n bytes.
struct suffix_range {
  base::byte_count length;
  friend bool operator==(suffix_range const&, suffix_range const&) = default;
};
using range_spec = std::variant<closed_range, open_range, suffix_range>;

/// What a `Range` field asks for. `ignored`: malformed, or another unit: S3 answers with the whole object.
/// `several`: a well-formed list of more than one range, which we leave to the store.
enum class range_kind { ignored, several };
using parsed_range = std::variant<range_spec, range_kind>;

/// Reads the value of a `Range` field. Numbers beyond 2^64-1 saturate; `5-2` is ignored (RFC 9110
/// section 14.1.1).
parsed_range parse_range(std::string_view value);

/// The bytes of an object of `size` bytes that `spec` asks for: never empty, clamped to the object.
/// Nothing when there are none: it starts at or beyond the end, `-0`, or an empty object. Source: RFC 9110
/// section 14.1.2.
std::optional<base::byte_span> resolve(range_spec const& spec, base::byte_count size);

/// `bytes=a-b` for a non-empty span: what we ask of the store.
std::string range_header(base::byte_span span);
/// `bytes a-b/size` for a non-empty span.
std::string content_range(base::byte_span span, base::byte_count size);
/// `bytes */size`
std::string unsatisfied_range(base::byte_count size);

struct content_range_value {
  base::byte_span span;
  base::byte_count size;
  friend bool operator==(content_range_value const&, content_range_value const&) = default;
};
/// Reads `bytes a-b/size`; nothing for any other form, for `*`, or where a > b or b >= size.
std::optional<content_range_value> parse_content_range(std::string_view value);

/// Digits only, no sign, no space, below 2^63; nothing otherwise.
std::optional<base::byte_count> parse_decimal(std::string_view text);

}  // namespace s3proxy::http
