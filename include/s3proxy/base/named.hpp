#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace s3proxy::base {

/// A string that knows what it names, so that a bucket cannot be passed where a key is wanted.
/// Construction is explicit; `str()` gives the text.
template <class Tag>
class named {
 public:
  named() = default;
  explicit named(std::string text) : text_(std::move(text)) {}
  explicit named(std::string_view text) : text_(text) {}
  explicit named(char const* text) : text_(text) {}

  std::string const& str() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(named const&, named const&) = default;
  friend auto operator<=>(named const&, named const&) = default;

 private:
  std::string text_;
};

using bucket_name = named<struct bucket_name_tag>;
/// The decoded key, as the store understands it: any bytes, never normalised.
using object_key = named<struct object_key_tag>;
/// An entity tag as the store wrote it in the header, quotes included: `"0f3a-2"`, `W/"x"`.
using etag = named<struct etag_tag>;
using version_id = named<struct version_id_tag>;
using access_key_id = named<struct access_key_id_tag>;
/// Who signs towards the store; rights belong to principals.
using principal_id = named<struct principal_id_tag>;

/// True for a strong, non-empty entity tag (RFC 9110 section 8.8.3): the only kind that proves bytes equal.
inline bool is_strong(etag const& tag) {
  auto const& text = tag.str();
  return text.size() > 2 && text.front() == '"' && text.back() == '"';
}

/// Text that must not be printed: it has no stream operator, and `printable()` gives `***`.
class secret {
 public:
  secret() = default;
  explicit secret(std::string text) : text_(std::move(text)) {}

  /// The text itself. Call sites are few: signing, verifying, sending the session token.
  std::string const& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  static std::string_view printable() { return "***"; }

  friend bool operator==(secret const&, secret const&) = delete;

 private:
  std::string text_;
};

}  // namespace s3proxy::base

template <class Tag>
struct std::hash<s3proxy::base::named<Tag>> {
  std::size_t operator()(s3proxy::base::named<Tag> const& n) const noexcept {
    return std::hash<std::string>{}(n.str());
  }
};
