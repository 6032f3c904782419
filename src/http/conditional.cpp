#include "s3proxy/http/conditional.hpp"

#include <algorithm>

namespace s3proxy::http {
namespace {

/// How a tag of the list is compared (RFC 9110 section 8.8.3.2): a weak tag never proves bytes equal.
enum class comparison { strong, weak };

struct parsed_tag {
  bool is_weak = false;
  std::string_view text;  ///< without `W/` and quotes
};

parsed_tag parse_tag(std::string_view text) {
  parsed_tag tag{false, text};
  if (text.starts_with("W/")) {
    tag = {true, text.substr(2)};
  }
  if (tag.text.size() >= 2 && tag.text.front() == '"' && tag.text.back() == '"') {
    tag.text = tag.text.substr(1, tag.text.size() - 2);
  }
  return tag;
}

/// Cuts the first element off a list of tags. A comma inside quotes belongs to its tag.
std::string_view cut_element(std::string_view& list) {
  std::size_t end = 0;
  for (bool in_quotes = false; end < list.size() && (in_quotes || list[end] != ','); ++end) {
    in_quotes = in_quotes != (list[end] == '"');
  }
  auto const element = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return element;
}

bool matches(std::string_view list, base::etag const& current, comparison how) {
  if (trim(list) == "*") {
    return true;
  }
  auto const mine = parse_tag(current.str());
  if (current.empty() || (how == comparison::strong && mine.is_weak)) {
    return false;
  }
  while (!list.empty()) {
    auto const element = cut_element(list);
    auto const asked = parse_tag(element);
    auto const may_match = !element.empty() && !(how == comparison::strong && asked.is_weak);
    if (may_match && asked.text == mine.text) {
      return true;
    }
  }
  return false;
}

std::optional<wall_time> find_date(field_list const& fields, std::string_view name) {
  auto const text = fields.find(name);
  return text ? parse_http_date(*text) : std::nullopt;
}

/// True when the client's copy may be used: what RFC 9110 calls a false If-None-Match or If-Modified-Since.
bool is_unchanged(preconditions const& asked, base::etag const& current,
                  std::optional<wall_time> last_modified) {
  if (asked.if_none_match) {
    return matches(*asked.if_none_match, current, comparison::weak);
  }
  return asked.if_modified_since && last_modified && *last_modified <= *asked.if_modified_since;
}

bool has_failed(preconditions const& asked, base::etag const& current,
                std::optional<wall_time> last_modified) {
  if (asked.if_match) {
    return !matches(*asked.if_match, current, comparison::strong);
  }
  return asked.if_unmodified_since && last_modified && *last_modified > *asked.if_unmodified_since;
}

}  // namespace

preconditions read_preconditions(field_list const& fields) {
  return {.if_match = fields.find("if-match"),
          .if_none_match = fields.find("if-none-match"),
          .if_modified_since = find_date(fields, "if-modified-since"),
          .if_unmodified_since = find_date(fields, "if-unmodified-since")};
}

verdict evaluate(preconditions const& asked, base::etag const& current,
                 std::optional<wall_time> last_modified) {
  if (has_failed(asked, current, last_modified)) {
    return verdict::failed;
  }
  return is_unchanged(asked, current, last_modified) ? verdict::not_modified : verdict::proceed;
}

}  // namespace s3proxy::http
