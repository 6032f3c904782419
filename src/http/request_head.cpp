#include "s3proxy/http/request_head.hpp"

#include "s3proxy/http/byte_range.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace s3proxy::http {
namespace {

using base::errc;

/// Why a part of the head is refused; empty when it is not.
using refusal = std::optional<errc>;

enum byte_class : std::uint8_t { token_byte = 1, target_byte = 2, host_byte = 4 };

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr std::uint8_t classify(unsigned char byte) {
  auto const c = static_cast<char>(byte);
  auto const one_of = [c](std::string_view set) { return set.find(c) != std::string_view::npos; };
  unsigned classes = 0;
  if (is_alpha(c) || is_digit(c) || (byte != 0 && one_of("!#$%&'*+-.^_`|~"))) {
    classes |= token_byte;
  }
  if (byte >= 0x21 && byte <= 0x7e && byte != '#') {
    classes |= target_byte;
  }
  // RFC 3986's reg-name without sub-delims and percent coding: a comma or a quote in a Host is nobody's name.
  if (is_alpha(c) || is_digit(c) || (byte != 0 && one_of("-._~"))) {
    classes |= host_byte;
  }
  return static_cast<std::uint8_t>(classes);
}

constexpr auto class_table = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned i = 0; i < table.size(); ++i) {
    table[i] = classify(static_cast<unsigned char>(i));
  }
  return table;
}();

constexpr bool is(byte_class wanted, char c) {
  return (class_table[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// The offset of the first byte at or behind `from` that is not of this class.
std::size_t end_of_run(byte_class wanted, std::string_view text, std::size_t from) {
  while (from < text.size() && is(wanted, text[from])) {
    ++from;
  }
  return from;
}

bool all(byte_class wanted, std::string_view text) {
  return end_of_run(wanted, text, 0) == text.size();
}

/// Whether it may be a field's value. Bytes above ASCII frame no differently from letters, and S3 takes user
/// metadata in UTF-8. Without a branch for each byte: most of a head is values.
bool is_value(std::string_view text) {
  unsigned bad = 0;
  for (char const c : text) {
    auto const byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(byte < 0x20) & static_cast<unsigned>(byte != '\t');
    bad |= static_cast<unsigned>(byte == 0x7f);
  }
  return bad == 0;
}

constexpr std::array<method, 6> methods{method::get,  method::head, method::put,
                                        method::post, method::del,  method::options};

std::optional<method> to_method(std::string_view text) {
  for (auto const m : methods) {
    if (to_text(m) == text) {
      return m;
    }
  }
  return std::nullopt;
}

bool may_have_body(method m) {
  return m == method::put || m == method::post;
}

refusal read_version(std::string_view text, request_head& head) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' ||
      !is_digit(text[7])) {
    return errc::malformed_request;
  }
  if (text[5] != '1' || text[7] > '1') {
    return errc::version_not_supported;
  }
  head.minor_version = text[7] == '1' ? 1 : 0;
  head.keep_alive = head.minor_version == 1;
  return {};
}

refusal read_target(std::string_view target, head_limits const& limits, request_head& head) {
  if (target.size() > limits.target_bytes) {
    return errc::header_too_large;
  }
  if (!target.starts_with('/') || !all(target_byte, target)) {
    return errc::invalid_uri;
  }
  head.target = target;
  auto const mark = target.find('?');
  head.path = target.substr(0, mark);
  head.has_query = mark != std::string_view::npos;
  head.query = head.has_query ? target.substr(mark + 1) : std::string_view{};
  return {};
}

/// The version is judged first (what follows belongs to it), then the target, so that the authority-form of
/// CONNECT and the `*` of OPTIONS are invalid_uri; then the method. The target is all between the first and
/// the last space: a space inside it makes a bad target, not another version.
refusal read_request_line(std::string_view line, head_limits const& limits, request_head& head) {
  auto const first = line.find(' ');
  auto const last = line.rfind(' ');
  if (first == last || first == 0 || !all(token_byte, line.substr(0, first))) {
    return errc::malformed_request;
  }
  if (auto const refused = read_version(line.substr(last + 1), head)) {
    return refused;
  }
  if (auto const refused = read_target(line.substr(first + 1, last - first - 1), limits, head)) {
    return refused;
  }
  head.method_text = line.substr(0, first);
  auto const known = to_method(head.method_text);
  if (!known) {
    return errc::method_not_allowed;
  }
  head.method = *known;
  return {};
}

bool is_port(std::string_view text) {
  auto const port = parse_decimal(text);
  return port && text.size() <= 5 && *port <= 65535;
}

bool is_ip_literal(std::string_view text) {
  // Only its shape: nothing is framed or routed by the digits inside. Anything behind the bracket leaves it
  // inside.
  auto const inside = text.substr(1, text.size() - 2);
  return inside.size() >= 2 && inside.size() <= 45 && std::count(inside.begin(), inside.end(), ':') >= 2 &&
         inside.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

bool is_host(std::string_view text) {
  auto const bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  auto const colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  auto const host = text.substr(0, colon);
  if (colon != std::string_view::npos && !is_port(text.substr(colon + 1))) {
    return false;
  }
  if (bracket != std::string_view::npos) {
    return is_ip_literal(host);
  }
  return !host.empty() && all(host_byte, host);
}

bool same_after_folding(std::string_view name, std::string_view lower_name) {
  return std::equal(name.begin(), name.end(), lower_name.begin(), lower_name.end(),
                    [](char n, char l) { return n == '_' ? l == '-' : same_name({&n, 1}, {&l, 1}); });
}

/// True for a name that a CGI-like store behind us would take for another one. User metadata may carry `_`:
/// its names mean nothing to a server.
bool is_disguised(std::string_view name) {
  if (name.find('_') == std::string_view::npos || has_prefix(name, "x-amz-meta-")) {
    return false;
  }
  return same_after_folding(name, "transfer-encoding") || same_after_folding(name, "content-length") ||
         same_after_folding(name.substr(0, 6), "x-amz-");
}

/// What the fields said about framing, to be judged when all of them are known.
struct framing {
  bool has_host = false;
  std::optional<base::byte_count> length;
  bool is_chunked = false;
  bool wants_close = false;
  bool wants_keep_alive = false;
};

void read_connection(std::string_view value, framing& seen) {
  while (!value.empty()) {
    auto const comma = std::min(value.find(','), value.size());
    auto const option = trim(value.substr(0, comma));
    seen.wants_close = seen.wants_close || same_name(option, "close");
    seen.wants_keep_alive = seen.wants_keep_alive || same_name(option, "keep-alive");
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
}

/// Takes note of a field that decides about framing. False: it is not one that all would read alike.
bool read_framing_field(field_view field, request_head& head, framing& seen) {
  if (same_name(field.name, "host")) {
    auto const is_second = std::exchange(seen.has_host, true);
    return !is_second && is_host(field.value);
  }
  if (same_name(field.name, "content-length")) {
    auto const is_second = seen.length.has_value();
    seen.length = parse_decimal(field.value);
    return !is_second && seen.length;
  }
  if (same_name(field.name, "transfer-encoding")) {
    auto const is_second = std::exchange(seen.is_chunked, true);
    return !is_second && head.minor_version == 1 && same_name(field.value, "chunked");
  }
  if (same_name(field.name, "connection")) {
    read_connection(field.value, seen);
  } else if (same_name(field.name, "expect")) {
    // An HTTP/1.0 client cannot read a 100 (RFC 9110 section 10.1.1).
    head.expects_continue =
        head.expects_continue || (head.minor_version == 1 && same_name(field.value, "100-continue"));
  }
  return !is_disguised(field.name);
}

/// Cuts the first field line off `rest`. Nothing when it is no field line; a folded line is none, for it
/// starts with white space, which is no token.
std::optional<field_view> cut_field(std::string_view& rest) {
  auto const colon = end_of_run(token_byte, rest, 0);
  if (colon == 0 || colon == rest.size() || rest[colon] != ':') {
    return std::nullopt;
  }
  auto const end = rest.find('\r', colon + 1);
  if (end == std::string_view::npos || rest.substr(end, 2) != "\r\n" ||
      !is_value(rest.substr(colon + 1, end - colon - 1))) {
    return std::nullopt;
  }
  field_view const field{rest.substr(0, colon), trim(rest.substr(colon + 1, end - colon - 1))};
  rest.remove_prefix(end + 2);
  return field;
}

refusal read_fields(std::string_view rest, head_limits const& limits, request_head& head, framing& seen) {
  head.fields.reserve(std::min<std::size_t>(limits.fields, 24));
  while (!rest.starts_with("\r\n")) {
    auto const field = cut_field(rest);
    if (!field) {
      return errc::malformed_request;
    }
    if (head.fields.size() == limits.fields) {
      return errc::header_too_large;
    }
    if (!read_framing_field(*field, head, seen)) {
      return errc::malformed_request;
    }
    head.fields.add(*field);
  }
  // Bytes behind the empty line are no part of this head: the caller cut in the wrong place.
  return rest.size() == 2 ? refusal{} : errc::malformed_request;
}

refusal conclude(framing const& seen, request_head& head) {
  auto const has_body = seen.is_chunked || seen.length.value_or(0) > 0;
  if (!seen.has_host || (seen.is_chunked && seen.length) || (has_body && !may_have_body(head.method))) {
    return errc::malformed_request;
  }
  if (seen.is_chunked) {
    head.body = body_kind::chunked;
  } else if (seen.length && may_have_body(head.method)) {
    head.body = body_kind::length;
    head.content_length = *seen.length;
  }
  head.keep_alive = !seen.wants_close && (head.keep_alive || seen.wants_keep_alive);
  return {};
}

}  // namespace

std::string_view to_text(method m) {
  switch (m) {
    case method::get:
      return "GET";
    case method::head:
      return "HEAD";
    case method::put:
      return "PUT";
    case method::post:
      return "POST";
    case method::del:
      return "DELETE";
    case method::options:
      return "OPTIONS";
  }
  return {};
}

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t from) {
  // A line that ends in a bare LF ends here too: the guard refuses it, and its sender gets an answer instead
  // of a time-out. The empty line may have begun up to two bytes (LF CR) before what is new.
  auto at = bytes.find('\n', from < 2 ? 0 : from - 2);
  for (; at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    auto const behind = bytes.substr(at + 1);
    if (behind.starts_with('\n')) {
      return at + 2;
    }
    if (behind.starts_with("\r\n")) {
      return at + 3;
    }
  }
  return std::nullopt;
}

base::result<request_head> parse_request_head(std::string_view raw, head_limits const& limits) {
  if (raw.size() > limits.head_bytes) {
    return errc::header_too_large;
  }
  auto const line_end = raw.find('\n');
  if (line_end == std::string_view::npos || line_end == 0 || raw[line_end - 1] != '\r') {
    return errc::malformed_request;
  }
  request_head head;
  framing seen;
  if (auto const refused = read_request_line(raw.substr(0, line_end - 1), limits, head)) {
    return *refused;
  }
  if (auto const refused = read_fields(raw.substr(line_end + 1), limits, head, seen)) {
    return *refused;
  }
  if (auto const refused = conclude(seen, head)) {
    return *refused;
  }
  return head;
}

}  // namespace s3proxy::http
