#include "s3proxy/s3/address.hpp"

#include "s3proxy/http/header_list.hpp"
#include "s3proxy/http/target.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace s3proxy::s3 {
namespace {

using base::errc;

constexpr std::size_t shortest_bucket = 3;
constexpr std::size_t longest_bucket = 63;
constexpr std::size_t longest_key = 1024;

bool is_bucket_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         // Buckets made before 2018 may have these; the store knows which exist.
         (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_edge(char c) {
  return c == '.' || c == '-';
}

bool is_bucket_name(std::string_view name) {
  return name.size() >= shortest_bucket && name.size() <= longest_bucket && !is_edge(name.front()) &&
         !is_edge(name.back()) && std::all_of(name.begin(), name.end(), is_bucket_byte);
}

base::result<std::string> decode_segment(std::string_view raw) {
  auto text = http::percent_decode(raw, http::plus::is_literal);
  if (text && !http::is_utf8(*text)) {
    return errc::invalid_uri;
  }
  return text;
}

}  // namespace

base::result<address> parse_address(std::string_view raw_path) {
  if (raw_path.empty() || raw_path.front() != '/') {
    return errc::invalid_uri;
  }
  raw_path.remove_prefix(1);
  if (raw_path.empty()) {
    return address{};
  }
  auto const slash = raw_path.find('/');
  auto bucket = decode_segment(raw_path.substr(0, slash));
  if (!bucket) {
    return bucket.error();
  }
  auto key = decode_segment(slash == raw_path.npos ? std::string_view{} : raw_path.substr(slash + 1));
  if (!key) {
    return key.error();
  }
  if (!is_bucket_name(*bucket)) {
    return errc::invalid_bucket_name;
  }
  if (key->size() > longest_key) {
    return errc::key_too_long;
  }
  return address{base::bucket_name{std::move(*bucket)}, base::object_key{std::move(*key)}};
}

std::string bucket_of_host(std::string_view host, std::span<std::string const> domains) {
  auto const port = host.find(':');
  auto const name = http::to_lower(host.substr(0, port));
  std::size_t longest = 0;
  auto const consider = [&](std::string_view domain) {
    auto const is_it = name == domain;
    auto const is_below = name.size() > domain.size() + 1 && name.ends_with(domain) &&
                          name[name.size() - domain.size() - 1] == '.';
    if ((is_it || is_below) && !domain.empty()) {
      longest = std::max(longest, domain.size());
    }
  };
  consider("localhost");
  for (auto const& domain : domains) {
    consider(domain);
  }
  return longest == 0 || longest == name.size() ? std::string() : name.substr(0, name.size() - longest - 1);
}

std::string path_style(std::string_view raw_path, std::string_view host,
                       std::span<std::string const> domains) {
  auto const bucket = bucket_of_host(host, domains);
  return bucket.empty() ? std::string(raw_path) : "/" + bucket + std::string(raw_path);
}

base::result<address> parse_address(std::string_view raw_path, std::string_view host,
                                    std::span<std::string const> domains) {
  auto const bucket = bucket_of_host(host, domains);
  if (!std::ranges::all_of(bucket, is_bucket_byte)) {
    return errc::invalid_bucket_name;  // nothing in it is an escape or a slash of a path
  }
  return parse_address(path_style(raw_path, host, domains));
}

base::object_key folded(base::object_key const& key) {
  std::vector<std::string_view> kept;
  std::string_view rest = key.str();
  for (;;) {
    auto const slash = rest.find('/');
    auto const segment = rest.substr(0, slash);
    if (segment == "..") {
      if (!kept.empty()) {
        kept.pop_back();
      }
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    if (slash == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(slash + 1);
  }
  std::string out;
  for (auto const segment : kept) {
    out.append(out.empty() ? "" : "/").append(segment);
  }
  return base::object_key(std::move(out));
}

}  // namespace s3proxy::s3
