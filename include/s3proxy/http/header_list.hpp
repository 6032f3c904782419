#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::http {

/// ASCII case-blind equality of two field names (RFC 9110 section 5.1).
bool same_name(std::string_view a, std::string_view b);
/// True when `name` starts with the lower-case `prefix`, whatever its own case.
bool has_prefix(std::string_view name, std::string_view prefix);
std::string to_lower(std::string_view text);
/// Without the optional white space (SP and HTAB) around it.
std::string_view trim(std::string_view text);

/// One field line as it was received: views into the head it was read from. The value is trimmed of the
/// optional white space around it (RFC 9110 section 5.5), nothing else is changed.
struct field_view {
  std::string_view name;
  std::string_view value;
};

/// The fields of a received head, in order of arrival. Lifetime: that of the head's bytes.
class field_list {
 public:
  void add(field_view field) { fields_.push_back(field); }
  void clear() { fields_.clear(); }
  /// Room for that many fields in one allocation.
  void reserve(std::size_t fields) { fields_.reserve(fields); }

  /// The first value of `name`, or nothing.
  std::optional<std::string_view> find(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name).has_value(); }

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  std::size_t size() const { return fields_.size(); }

 private:
  std::vector<field_view> fields_;
};

struct header {
  std::string name;
  std::string value;
  friend bool operator==(header const&, header const&) = default;
};

/// Fields that we own and may change: of a request we send, of an answer we keep. Order is kept.
class header_list {
 public:
  void add(std::string_view name, std::string_view value);
  /// Replaces every field of that name by one at the place of the first (or at the end).
  void set(std::string_view name, std::string_view value);
  void erase(std::string_view name);

  std::optional<std::string_view> find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name).has_value(); }

  auto begin() const { return headers_.begin(); }
  auto end() const { return headers_.end(); }
  std::size_t size() const { return headers_.size(); }
  bool empty() const { return headers_.empty(); }

  friend bool operator==(header_list const&, header_list const&) = default;

 private:
  std::vector<header> headers_;
};

/// Whether both lists say the same: fields of different names in any order, those of one name in theirs
/// (RFC 9110 section 5.3). Some stores answer in another order each time.
bool same_fields(header_list const& one, header_list const& other);

/// True for a field that belongs to one connection (RFC 9110 section 7.6.1): it is never forwarded or stored.
/// `Connection` itself, `Keep-Alive`, `Proxy-Connection`, `TE`, `Trailer`, `Transfer-Encoding`, `Upgrade`,
/// `Proxy-Authenticate`, `Proxy-Authorization`.
bool is_hop_by_hop(std::string_view name);

}  // namespace s3proxy::http
