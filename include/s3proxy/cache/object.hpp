#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/http/date.hpp"
#include "s3proxy/http/header_list.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace s3proxy::cache {

/// What a client names: an object, or one version of it (`?versionId=`; absent differs from `null`).
struct object_id {
  base::bucket_name bucket;
  base::object_key key;
  std::optional<base::version_id> version;

  friend bool operator==(object_id const&, object_id const&) = default;
};

struct object_id_hash {
  std::size_t operator()(object_id const& id) const;
};

/// What makes two answers the same bytes (docs/decisions/0007). `version` is absent when the source does not
/// tell it (a listing); it never stands in for the entity tag, because version `null` is overwritten in
/// place.
struct identity {
  base::etag tag;  ///< strong
  base::byte_count size = 0;
  std::optional<base::version_id> version;
};

/// True when both name the same bytes as far as both know.
bool same_version(identity const& a, identity const& b);

/// The headers of an object as the store sent them, without those of one message or one connection.
struct object_headers {
  http::header_list fields;     ///< without Content-Length, Content-Range, Date, request ids and checksums
  http::header_list checksums;  ///< `x-amz-checksum-*`: shown only on whole answers to requests that ask
  /// Whether the store was asked for checksums of the whole object (a 206 does not tell them).
  bool checksums_known = false;
  std::string rendered;            ///< `fields` as header lines, made once
  std::string rendered_checksums;  ///< likewise
};

/// What an object is, as far as its name tells.
enum class object_form : std::uint8_t {
  other,
  columnar,  ///< a table's file: every query reads its end before anything else
};

/// Everything known of one version of one object. Immutable and shared: whoever answers from it describes one
/// version.
struct object_facts {
  identity id;
  /// A number of the process for (object, identity): the name of its blocks. A new version has a new one.
  std::uint64_t generation = 0;
  std::optional<http::wall_time> last_modified;
  std::shared_ptr<object_headers const> headers;  ///< null while only a listing has told of it
  object_form form = object_form::other;
};
using facts_ptr = std::shared_ptr<object_facts const>;

/// What counts as the end of a columnar file: its footer, and page indexes before it. Longer ones are rare.
inline constexpr base::byte_count tail_length = 512 * 1024;
/// Whether the object's last bytes, of a columnar file, reach into block `number`.
bool has_tail(object_facts const& facts, std::uint64_t number);

/// Why an answer of the store may not be kept.
enum class not_storable { no_strong_tag, no_store, customer_key, no_size };

/// What a 200 or 206 to a GET or HEAD tells of an object.
struct told {
  identity id;
  std::optional<http::wall_time> last_modified;
  std::shared_ptr<object_headers const> headers;
};

enum class answer_kind { whole, part };

/// Whether a store's own `Access-Control-*` fields are kept. They are dropped where we answer with ours.
enum class cors_fields { keep, drop };

/// Reads the headers of a 200 (`whole`) or 206 (`part`) answer.
/// Takes: the object's size where the caller knows it from Content-Length or Content-Range.
/// Gives: what it tells, or why it cannot be kept: without a strong entity tag two answers cannot be proved
/// equal; `Cache-Control: no-store` forbids it; SSE-C answers belong to the holder of the key.
std::variant<told, not_storable> read_answer(http::header_list const& headers,
                                             std::optional<base::byte_count> size, answer_kind kind,
                                             cors_fields cors = cors_fields::keep);

}  // namespace s3proxy::cache
