#pragma once

#include "s3proxy/base/named.hpp"
#include "s3proxy/base/units.hpp"
#include "s3proxy/http/date.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace s3proxy::s3 {

/// Reads an XML document as it passes, piece by piece, however it is split, and reports the text of the elements at a
/// path. It keeps one element's text (bounded) and a depth, never the document; it checks no well-formedness: what is
/// not understood is passed over. Attributes, namespaces prefixes, comments, CDATA, processing instructions and the
/// entities `&amp; &lt; &gt; &quot; &apos; &#N; &#xN;` are understood; nothing is expanded.
class xml_scanner {
 public:
  /// Called with the element's path (names joined by '/', prefixes dropped, e.g. `ListBucketResult/Contents/Key`) and
  /// its text when the '>' of its end tag arrives. Text beyond the bound is reported cut off, `truncated` says so.
  using on_end = std::function<void(std::string_view path, std::string_view text, bool truncated)>;

  explicit xml_scanner(on_end handler);

  /// Scans one more piece. Handlers run inside.
  void feed(std::string_view piece);

  static constexpr std::size_t max_text = 8 * 1024;  ///< a 1,024-byte key, three times percent-encoded, with room
  static constexpr std::size_t max_depth = 32;

 private:
  enum class state { text, tag_start, tag_name, in_tag, in_value, markup, comment, cdata, instruction };
  void byte(char c);
  void open_tag();
  void close_tag();
  void end_tag_text();
  void flush_entity();
  void append(std::string_view text);

  on_end handler_;
  state state_ = state::text;
  std::string path_;
  std::size_t skipped_depth_ = 0;  // elements deeper than max_depth, not on the path
  std::size_t depth_ = 0;
  std::string name_;
  bool closing_ = false;
  bool self_closing_ = false;
  char quote_ = 0;
  std::string text_;
  bool truncated_ = false;
  std::string entity_;
  bool in_entity_ = false;
  std::string markup_;
};

/// What a `<Contents>` of ListObjectsV2 says of one object.
struct listed_object {
  base::object_key key;                          ///< decoded when the listing is `encoding-type=url`
  base::etag tag;                                ///< always with quotes, whether or not the store wrote them
  base::byte_count size = 0;
  std::optional<http::wall_time> last_modified;
};

/// Reads a ListObjectsV2 answer on its way through.
/// Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
class list_scanner {
 public:
  /// Called when the '>' of `</Contents>` arrives, before feed() returns. An entry without Key, ETag or Size (or with
  /// a text that was cut off) is not reported.
  using on_object = std::function<void(listed_object const&)>;

  explicit list_scanner(on_object handler);
  void feed(std::string_view piece) { xml_.feed(piece); }

 private:
  void element(std::string_view path, std::string_view text, bool truncated);

  on_object handler_;
  // EncodingType may come behind the entries it governs: the request says it too, see expect_url_encoding.
  bool url_encoded_ = false;
  std::optional<std::string> key_, tag_, size_, modified_;
  bool spoiled_ = false;
  xml_scanner xml_;

 public:
  /// The request asked for `encoding-type=url`: keys are percent-encoded (`+` is a space) if the answer says so too;
  /// S3 writes `<EncodingType>` before the first `<Contents>`, some stores behind the last. Call before feed().
  void expect_url_encoding() { url_encoded_ = true; }
};

/// Reads a DeleteObjects request on its way through: the key of each `<Object>`, before the '>' of `</Key>` is
/// handed on. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
class delete_scanner {
 public:
  /// `cut_off`: the key was too long to be kept, so it may be any key.
  using on_key = std::function<void(std::string_view key, bool cut_off)>;

  explicit delete_scanner(on_key handler);
  void feed(std::string_view piece) { xml_.feed(piece); }

 private:
  xml_scanner xml_;
};

}  // namespace s3proxy::s3
