#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rig {

/// What the link reads from the head of one HTTP/1.1 message.
struct message_head {
  std::string start_line;
  std::string range;       ///< the Range header of a request, empty if there is none
  std::string user_agent;  ///< of a request, empty if there is none
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
};

/// The next bytes of a stream that belong together: `size` of them, all of one message.
struct piece {
  std::size_t size = 0;
  std::size_t body_bytes = 0;  ///< how many of them are payload (no head, no chunk framing)
  bool begins_message = false;
  bool ends_head = false;  ///< `message_framing::head()` now holds this message's head
  bool ends_message = false;
};

/// How long the body behind a head is, where the head alone does not say it.
enum class body_rule { as_the_head_says, none, until_close };

/// Finds the message boundaries of an HTTP/1.1 byte stream, fed in pieces of any size. It trusts its peers:
/// this is a measuring tool between programs of the test bench, not a guard.
class message_framing {
 public:
  /// The next piece at the front of `bytes` (not empty): up to the end of the head, or a stretch of the body,
  /// never across two messages. After a piece that ends a head, `begin_body` must be called. Empty if the
  /// stream is not HTTP.
  std::optional<piece> next(std::string_view bytes);

  void begin_body(body_rule rule);

  /// Whether the message is at an end: true from the start, and after `begin_body` if there is no body.
  bool between_messages() const { return state_ == state::between; }

  message_head const& head() const { return head_; }

 private:
  enum class state {
    between,
    in_head,
    awaiting_rule,
    fixed,
    chunk_size,
    chunk_data,
    chunk_end,
    trailer,
    until_close
  };

  std::optional<piece> next_in_head(std::string_view bytes);
  piece next_in_fixed(std::string_view bytes);
  std::optional<piece> next_in_chunks(std::string_view bytes);
  std::optional<std::size_t> take_line(std::string_view bytes);

  state state_ = state::between;
  message_head head_;
  std::string text_;             // of the head or of a line of chunk framing, as far as it has come
  std::uint64_t remaining_ = 0;  // of a fixed body or of a chunk's data
};

}  // namespace rig
