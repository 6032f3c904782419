#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/http/date.hpp"
#include "s3proxy/s3/storage_class.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace s3proxy::s3 {

/// Reads an XML document as it passes, piece by piece, however it is split, and reports the text of the
/// elements at a path. It keeps one element's text (bounded) and a depth, never the document; it checks no
/// well-formedness: what is not understood is passed over. Attributes, namespaces prefixes, comments, CDATA,
/// processing instructions and the entities `&amp; &lt; &gt; &quot; &apos; &#N; &#xN;` are understood;
/// nothing is expanded. Line ends become `\n`.
class xml_scanner {
 public:
  /// Called with the element's path (names joined by '/', prefixes dropped, e.g.
  /// `ListBucketResult/Contents/Key`) and its text when the '>' of its end tag arrives. Text beyond the bound
  /// is reported cut off, `truncated` says so; it says so as well when the text is not what a reader of the
  /// whole document would make of it: another entity in it, or an element.
  using on_end = std::function<void(std::string_view path, std::string_view text, bool truncated)>;

  explicit xml_scanner(on_end handler);

  /// Scans one more piece. Handlers run inside.
  void feed(std::string_view piece);

  static constexpr std::size_t max_text =
      8 * 1024;  ///< a 1,024-byte key, three times percent-encoded, with room
  static constexpr std::size_t max_depth = 32;

 private:
  enum class state {
    text,
    tag_start,
    tag_name,
    in_tag,
    in_value,
    markup,
    comment,
    cdata,
    instruction,
    doctype
  };
  /// An open element: where its name starts in path_, and whether its text is whole.
  struct level {
    std::size_t path_size;
    bool has_children = false;
    bool lost_text = false;
  };

  void byte(char c);
  void text_byte(char c);
  void character(char c);
  void entity_byte(char c);
  void tag_start(char c);
  void tag_byte(char c);
  void markup_byte(char c);
  void cdata_byte(char c);
  void doctype_byte(char c);
  void skip_until(char fence, std::size_t fences, char c);
  void finish_tag();
  void open_element();
  void close_element();
  void end_text();
  void resolve_entity();
  void append(std::string_view text);
  std::string_view name_of(level const& open) const;

  on_end handler_;
  state state_ = state::text;
  std::string path_;
  std::vector<level> levels_;
  std::size_t skipped_depth_ = 0;  // open elements beyond max_depth
  std::string name_;               // of the tag being read, without its prefix
  bool closing_ = false;
  bool self_closing_ = false;
  char quote_ = 0;
  std::string text_;
  bool truncated_ = false;
  bool after_return_ = false;
  bool in_entity_ = false;
  std::string pending_;     // of an entity behind its '&', or of markup behind its "<!"
  std::size_t fences_ = 0;  // '-', ']' or '?' seen in a row; in a doctype the open brackets
};

/// What an entry of a listing says of the current version of one object.
struct listed_object {
  base::object_key key;  ///< decoded when the listing is `encoding-type=url`
  base::etag tag;        ///< always with quotes, whether or not the store wrote them
  base::byte_count size = 0;
  std::optional<http::wall_time> last_modified;
  /// `other` where the entry says it twice, or in a text that was cut off: that takes nothing from the rest.
  s3::storage_class storage_class = s3::storage_class::standard;
};

/// Reads a listing of objects on its way through: the `<Contents>` of ListObjects and ListObjectsV2, and of
/// ListObjectVersions each `<Version>` that is the latest of its key. Other documents say nothing to it.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, API_ListObjects.html and
/// API_ListObjectVersions.html
class list_scanner {
 public:
  /// Called when the '>' of `</Contents>` or `</Version>` arrives, before feed() returns. An entry without
  /// Key, ETag or Size (or with a text that was cut off) is not reported.
  using on_object = std::function<void(listed_object const&)>;

  explicit list_scanner(on_object handler);
  list_scanner(list_scanner const&) = delete;  // its xml_scanner holds its address
  list_scanner& operator=(list_scanner const&) = delete;

  /// The request asked for `encoding-type=url`: keys are percent-encoded (`+` is a space) if the answer says
  /// so too. S3 writes `<EncodingType>` before the first `<Contents>`, some stores behind the last: until it
  /// is seen, a key that reads differently either way is reported both ways, since evidence too many costs a
  /// refetch, and too little a stale read. Call before feed().
  void expect_url_encoding() { url_expected_ = true; }

  void feed(std::string_view piece) { xml_.feed(piece); }

  /// When an entry speaks of the current version of its key.
  enum class currency { always, if_latest };

 private:
  void element(std::string_view path, std::string_view text, bool truncated);
  void read_part(std::string_view name, std::string_view text, bool truncated);
  void finish_entry(currency is);

  on_object handler_;
  bool url_expected_ = false;
  bool url_encoded_ = false;
  std::optional<std::string> key_, tag_, size_, modified_, latest_;
  std::optional<storage_class> class_;
  bool spoiled_ = false;  // something of this entry was cut off, or said twice
  xml_scanner xml_;
};

/// Reads a DeleteObjects request on its way through: the key of each `<Object>` of whatever root (some stores
/// do not look at its name), before the '>' of `</Key>` is handed on. Source:
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
class delete_scanner {
 public:
  /// `cut_off`: the key was too long to be kept, or written so that the store may read another: it may be any
  /// key.
  using on_key = std::function<void(std::string_view key, bool cut_off)>;

  explicit delete_scanner(on_key handler);
  void feed(std::string_view piece) { xml_.feed(piece); }

 private:
  xml_scanner xml_;
};

}  // namespace s3proxy::s3
