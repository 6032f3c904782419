#include "s3proxy/http/header_list.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace s3proxy::http {
namespace {

// Not std::tolower: that one asks the locale.
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), name.begin(), [](char p, char n) { return p == lower(n); });
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trim(std::string_view text) {
  auto const first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string_view> field_list::find(std::string_view name) const {
  for (auto const& field : fields_) {
    if (same_name(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::size_t field_list::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(begin(), end(), [name](field_view const& field) { return same_name(field.name, name); }));
}

void header_list::add(std::string_view name, std::string_view value) {
  // The strings are made first: `name` and `value` may be views into this list.
  headers_.push_back(header{std::string(name), std::string(value)});
}

void header_list::set(std::string_view name, std::string_view value) {
  header replacement{std::string(name), std::string(value)};
  auto const is_it = [&replacement](header const& h) { return same_name(h.name, replacement.name); };
  auto const first = std::find_if(headers_.begin(), headers_.end(), is_it);
  if (first == headers_.end()) {
    headers_.push_back(std::move(replacement));
    return;
  }
  headers_.erase(std::remove_if(first + 1, headers_.end(), is_it), headers_.end());
  *first = std::move(replacement);
}

void header_list::erase(std::string_view name) {
  // A copy: `name` may be a view into a header that is about to go.
  std::erase_if(headers_, [own = std::string(name)](header const& h) { return same_name(h.name, own); });
}

std::optional<std::string_view> header_list::find(std::string_view name) const {
  for (auto const& h : headers_) {
    if (same_name(h.name, name)) {
      return h.value;
    }
  }
  return std::nullopt;
}

bool same_fields(header_list const& one, header_list const& other) {
  auto const values = [](header_list const& list, std::string_view name) {
    std::vector<std::string_view> found;
    for (auto const& h : list) {
      if (same_name(h.name, name)) {
        found.push_back(h.value);
      }
    }
    return found;
  };
  return one.size() == other.size() && std::ranges::all_of(one, [&](header const& h) {
           return values(one, h.name) == values(other, h.name);
         });
}

bool is_hop_by_hop(std::string_view name) {
  static constexpr std::array<std::string_view, 9> names{
      "connection",        "keep-alive",         "proxy-connection",   "te", "trailer", "upgrade",
      "transfer-encoding", "proxy-authenticate", "proxy-authorization"};
  return std::any_of(names.begin(), names.end(), [name](std::string_view n) { return same_name(n, name); });
}

}  // namespace s3proxy::http
