#include "s3proxy/http/target.hpp"

#include "s3proxy/base/hex_value.hpp"

#include <algorithm>
#include <utility>

namespace s3proxy::http {
namespace {

using base::errc;
using base::hex_value;

// S3's own requests carry fewer than 20; the bound keeps a hostile query from costing more than its bytes.
constexpr std::size_t max_parameters = 200;

constexpr bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// How many bytes follow the first byte of a UTF-8 sequence, and what the second may be: that is where
/// overlong forms, surrogates and numbers above U+10FFFF show (RFC 3629 section 4).
struct utf8_shape {
  std::size_t following;
  unsigned char second_min;
  unsigned char second_max;
};

std::optional<utf8_shape> shape_of(unsigned char first) {
  if (first < 0x80) {
    return utf8_shape{0, 0, 0};
  }
  if (first >= 0xc2 && first <= 0xdf) {
    return utf8_shape{1, 0x80, 0xbf};
  }
  if (first >= 0xe0 && first <= 0xef) {
    return utf8_shape{2, static_cast<unsigned char>(first == 0xe0 ? 0xa0 : 0x80),
                      static_cast<unsigned char>(first == 0xed ? 0x9f : 0xbf)};
  }
  if (first >= 0xf0 && first <= 0xf4) {
    return utf8_shape{3, static_cast<unsigned char>(first == 0xf0 ? 0x90 : 0x80),
                      static_cast<unsigned char>(first == 0xf4 ? 0x8f : 0xbf)};
  }
  return std::nullopt;
}

bool follows(utf8_shape shape, std::string_view rest) {
  if (rest.size() < shape.following) {
    return false;
  }
  for (std::size_t i = 0; i < shape.following; ++i) {
    auto const byte = static_cast<unsigned char>(rest[i]);
    auto const least = i == 0 ? shape.second_min : 0x80;
    auto const most = i == 0 ? shape.second_max : 0xbf;
    if (byte < least || byte > most) {
      return false;
    }
  }
  return true;
}

base::result<query_parameter> parse_parameter(std::string_view piece) {
  auto const equals = std::min(piece.find('='), piece.size());
  auto name = percent_decode(piece.substr(0, equals), plus::is_space);
  if (!name) {
    return name.error();
  }
  auto value = percent_decode(piece.substr(std::min(equals + 1, piece.size())), plus::is_space);
  if (!value) {
    return value.error();
  }
  return query_parameter{std::move(*name), std::move(*value)};
}

}  // namespace

base::result<std::string> percent_decode(std::string_view text, plus rule) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' && rule == plus::is_space ? ' ' : text[i];
      continue;
    }
    auto const high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    auto const low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    // A NUL would end the key early for a store written in C.
    if (high < 0 || low < 0 || (high == 0 && low == 0)) {
      return errc::invalid_uri;
    }
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

std::string uri_encode(std::string_view bytes, slash rule) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 4);
  for (auto const c : bytes) {
    if (is_unreserved(c) || (c == '/' && rule == slash::keep)) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

base::result<query_list> query_list::parse(std::string_view raw_query) {
  query_list list;
  while (!raw_query.empty()) {
    auto const end = std::min(raw_query.find('&'), raw_query.size());
    auto const piece = raw_query.substr(0, end);
    raw_query.remove_prefix(std::min(end + 1, raw_query.size()));
    if (piece.empty()) {
      continue;
    }
    auto parameter = parse_parameter(piece);
    if (!parameter) {
      return parameter.error();
    }
    if (list.parameters_.size() == max_parameters) {
      return errc::invalid_uri;
    }
    list.parameters_.push_back(std::move(*parameter));
  }
  return list;
}

std::optional<std::string_view> query_list::find(std::string_view name) const {
  auto const found =
      std::find_if(begin(), end(), [name](query_parameter const& p) { return p.name == name; });
  return found == end() ? std::nullopt : std::optional<std::string_view>(found->value);
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    auto const shape = shape_of(static_cast<unsigned char>(bytes.front()));
    if (!shape || !follows(*shape, bytes.substr(1))) {
      return false;
    }
    bytes.remove_prefix(1 + shape->following);
  }
  return true;
}

}  // namespace s3proxy::http
