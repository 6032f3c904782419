#pragma once

#include "s3proxy/base/units.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace s3proxy::read_ahead {

/// Reads one structure in Thrift's compact protocol as it passes, however its bytes are cut, and tells what
/// is in it token by token. It keeps the open structures (at most `depth`) and one number, never a text.
/// What its caller skips is passed over in silence, and so are doubles, UUIDs and collections whose elements
/// are all of one width (those in one step).
/// Source: the Thrift compact protocol specification (struct, list, set and map encoding; varint, zigzag).
class thrift_compact {
 public:
  /// The type of a value, as the wire numbers it.
  enum class type : std::uint8_t {
    none,  ///< the end of a structure; the elements of an empty collection
    yes,
    no,
    byte,
    i16,
    i32,
    i64,
    real,
    binary,
    list,
    set,
    map,
    structure,
    uuid,
  };

  enum class token {
    more,       ///< all bytes are read, and the structure goes on
    number,     ///< number(): an integer; a boolean as 0 or 1
    text,       ///< a text of number() bytes begins
    piece,      ///< piece(): some of its bytes
    open,       ///< a structure or a collection begins, of kind(): mark() or skip() it
    close,      ///< that with the mark place() has ended
    end,        ///< the outermost structure has
    malformed,  ///< not this protocol, or longer than said
    too_deep,
  };

  /// The structure takes at most `length` bytes.
  thrift_compact(base::byte_count length, std::size_t depth);

  /// Takes bytes off the front of `bytes` up to the next token. Not to be called again after the last three.
  token next(std::string_view& bytes);

  /// Of the latest token: the mark of what holds it (0 for the outermost), and the field it is there.
  std::uint8_t place() const { return place_; }
  std::int16_t field() const { return field_; }
  std::int64_t number() const { return number_; }
  std::string_view piece() const { return piece_; }  ///< lies in the bytes given
  type kind() const { return frames_.back().kind; }
  /// How many elements a collection claims, and of what type; there are bytes enough for that many.
  std::uint64_t count() const { return frames_.back().left; }
  type element() const { return frames_.back().element; }
  base::byte_count bytes_left() const { return left_; }

  /// After `open`: what is in there is told with this place().
  void mark(std::uint8_t place) { frames_.back().mark = place; }
  /// After `open`: nothing of what is in there is told, nor its close.
  void skip() { quiet_ = frames_.size(); }

 private:
  enum class step {
    between,  ///< two values
    field_id,
    one_byte,
    varint,
    text_size,
    text,  ///< passing_ bytes, told as pieces
    pass,  ///< passing_ bytes, not told
    list_head,
    list_size,
    map_size,
    map_types,
  };
  struct frame {
    type kind;
    type element = type::none;  ///< a map's keys
    type mapped = type::none;   ///< a map's values
    std::uint8_t mark = 0;
    std::int16_t field = 0;  ///< a structure's latest
    std::uint64_t left = 0;  ///< values of a collection still to come
  };

  token run(std::string_view& in);
  token advance(std::string_view& in);
  token begin_field(std::uint8_t head);
  token begin_value(type t);
  token begin_list(std::uint64_t count, base::byte_count room);
  token begin_map(std::uint8_t types);
  token begin_pass(std::uint64_t bytes, step how);
  token open(frame f);
  token close();
  token pass(std::string_view& in);
  token varint(std::string_view& in);
  token with_varint(std::uint64_t value, base::byte_count room);
  token tell_number(std::int64_t value);
  token tell(token t) const { return quiet_ == 0 ? t : token::more; }
  /// Bytes left to the structure: more elements than that are a lie, wherever the pieces are cut.
  base::byte_count room(std::string_view in) const { return beyond_ + in.size(); }
  bool exhausted() const {
    return step_ == step::between && frames_.back().kind != type::structure && frames_.back().left == 0;
  }

  std::vector<frame> frames_;
  std::size_t depth_;
  base::byte_count left_;
  step step_ = step::between;
  std::size_t quiet_ = 0;    ///< frames open when the skipped one began, itself counted; 0: none is skipped
  type value_ = type::none;  ///< of the value that begins, once the bytes before it are read
  type elements_ = type::none;  ///< and of its elements
  std::uint64_t varint_ = 0;    ///< as far as read
  unsigned shift_ = 0;
  std::uint64_t passing_ = 0;
  base::byte_count beyond_ = 0;  ///< bytes left behind the piece given
  std::uint8_t place_ = 0;
  std::int16_t field_ = 0;
  std::int64_t number_ = 0;
  std::string_view piece_;
};

}  // namespace s3proxy::read_ahead
