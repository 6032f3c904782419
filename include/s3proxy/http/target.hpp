#pragma once

#include "s3proxy/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::http {

enum class plus { is_literal, is_space };

/// Percent-decodes once. In a path `+` is a plus; in a query it is a space.
/// Errors: invalid_uri (a `%` without two hexadecimal digits, or `%00`).
base::result<std::string> percent_decode(std::string_view text, plus rule);

enum class slash { keep, encode };

/// SigV4's UriEncode: everything but `A-Za-z0-9-._~` as `%XX` in upper case; `/` as told.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
std::string uri_encode(std::string_view bytes, slash rule);

struct query_parameter {
  std::string name;   ///< decoded
  std::string value;  ///< decoded; empty for `name` and `name=` alike
  friend bool operator==(query_parameter const&, query_parameter const&) = default;
};

/// The parameters of a raw query, in order, duplicates kept; empty pieces (`&&`) are dropped.
class query_list {
 public:
  /// Errors: invalid_uri (does not decode, or more than 200 parameters).
  static base::result<query_list> parse(std::string_view raw_query);

  std::optional<std::string_view> find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name).has_value(); }

  auto begin() const { return parameters_.begin(); }
  auto end() const { return parameters_.end(); }
  std::size_t size() const { return parameters_.size(); }
  bool empty() const { return parameters_.empty(); }

 private:
  std::vector<query_parameter> parameters_;
};

/// True when the bytes are well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool is_utf8(std::string_view bytes);

}  // namespace s3proxy::http
