#include "s3proxy/http/byte_range.hpp"

#include "s3proxy/http/header_list.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace s3proxy::http {
namespace {

using base::byte_count;

constexpr auto most = std::numeric_limits<byte_count>::max();

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Nothing unless `text` is digits only; saturates.
std::optional<byte_count> parse_saturating(std::string_view text) {
  if (!is_digits(text)) {
    return std::nullopt;
  }
  byte_count value = 0;
  auto const read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc::result_out_of_range ? most : value;
}

std::optional<range_spec> parse_spec(std::string_view text) {
  auto const dash = text.find('-');
  if (dash == std::string_view::npos) {
    return std::nullopt;
  }
  auto const first = parse_saturating(text.substr(0, dash));
  auto const last = parse_saturating(text.substr(dash + 1));
  if (dash == 0) {
    return last ? std::optional<range_spec>(suffix_range{*last}) : std::nullopt;
  }
  if (dash + 1 == text.size()) {
    return first ? std::optional<range_spec>(open_range{*first}) : std::nullopt;
  }
  if (!first || !last || *last < *first) {
    return std::nullopt;
  }
  return closed_range{*first, *last};
}

/// A list may have white space around its commas, and empty elements, which do not count (RFC 9110
/// section 5.6.1).
parsed_range parse_list(std::string_view list) {
  std::optional<range_spec> only;
  std::size_t specs = 0;
  while (!list.empty()) {
    auto const comma = std::min(list.find(','), list.size());
    auto const element = trim(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (element.empty()) {
      continue;
    }
    only = parse_spec(element);
    if (!only) {
      return range_kind::ignored;
    }
    ++specs;
  }
  if (specs > 1) {
    return range_kind::several;
  }
  return only ? parsed_range(*only) : range_kind::ignored;
}

std::optional<base::byte_span> clamp(byte_count first, byte_count last, byte_count size) {
  if (first >= size || last < first) {
    return std::nullopt;
  }
  return base::byte_span{first, last < size ? last + 1 : size};
}

struct resolver {
  byte_count size;

  std::optional<base::byte_span> operator()(closed_range r) const { return clamp(r.first, r.last, size); }
  std::optional<base::byte_span> operator()(open_range r) const { return clamp(r.first, most, size); }
  std::optional<base::byte_span> operator()(suffix_range r) const {
    // `-0` starts at the end, which is beyond the last byte.
    return clamp(size - std::min(r.length, size), most, size);
  }
};

}  // namespace

parsed_range parse_range(std::string_view value) {
  auto const equals = value.find('=');
  if (equals == std::string_view::npos || !same_name(value.substr(0, equals), "bytes")) {
    return range_kind::ignored;
  }
  auto const set = value.substr(equals + 1);
  if (set.find(',') != std::string_view::npos) {
    return parse_list(set);
  }
  auto const spec = parse_spec(set);
  return spec ? parsed_range(*spec) : range_kind::ignored;
}

std::optional<base::byte_span> resolve(range_spec const& spec, byte_count size) {
  return std::visit(resolver{size}, spec);
}

std::string range_header(base::byte_span span) {
  return "bytes=" + std::to_string(span.begin) + '-' + std::to_string(span.end - 1);
}

std::string content_range(base::byte_span span, byte_count size) {
  return "bytes " + std::to_string(span.begin) + '-' + std::to_string(span.end - 1) + '/' +
         std::to_string(size);
}

std::string unsatisfied_range(byte_count size) {
  return "bytes */" + std::to_string(size);
}

std::optional<content_range_value> parse_content_range(std::string_view value) {
  auto const space = value.find(' ');
  auto const dash = value.find('-');
  auto const stroke = value.find('/');
  if (!same_name(value.substr(0, space), "bytes") || dash == std::string_view::npos || dash < space ||
      stroke == std::string_view::npos || stroke < dash) {
    return std::nullopt;
  }
  auto const first = parse_decimal(value.substr(space + 1, dash - space - 1));
  auto const last = parse_decimal(value.substr(dash + 1, stroke - dash - 1));
  auto const size = parse_decimal(value.substr(stroke + 1));
  if (!first || !last || !size || *first > *last || *last >= *size) {
    return std::nullopt;
  }
  return content_range_value{{*first, *last + 1}, *size};
}

std::optional<byte_count> parse_decimal(std::string_view text) {
  auto const value = parse_saturating(text);
  constexpr auto limit = byte_count{1} << 63;
  return value && *value < limit ? value : std::nullopt;
}

}  // namespace s3proxy::http
