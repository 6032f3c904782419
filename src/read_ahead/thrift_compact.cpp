#include "thrift_compact.hpp"

#include <algorithm>

namespace s3proxy::read_ahead {

namespace {

std::uint8_t take(std::string_view& in) {
  auto const first = static_cast<std::uint8_t>(in.front());
  in.remove_prefix(1);
  return first;
}

std::int64_t from_zigzag(std::uint64_t n) {
  return static_cast<std::int64_t>((n >> 1) ^ (0 - (n & 1)));
}

/// The bytes of each value of this type in a collection; 0 where that differs from one to the next.
std::uint64_t width(thrift_compact::type t) {
  using enum thrift_compact::type;
  switch (t) {
    case yes:
    case no:
    case byte:
      return 1;
    case real:
      return 8;
    case uuid:
      return 16;
    case none:
    case i16:
    case i32:
    case i64:
    case binary:
    case list:
    case set:
    case map:
    case structure:
      return 0;
  }
  return 0;
}

}  // namespace

thrift_compact::thrift_compact(base::byte_count length, std::size_t depth) : depth_(depth), left_(length) {
  frames_.reserve(depth);
  frames_.push_back({.kind = type::structure});
}

thrift_compact::token thrift_compact::next(std::string_view& bytes) {
  auto in = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_)));
  auto const before = in.size();
  beyond_ = left_ - before;
  auto const said = run(in);
  auto const taken = before - in.size();
  bytes.remove_prefix(taken);
  left_ -= taken;
  return said == token::more && left_ == 0 ? token::malformed : said;
}

thrift_compact::token thrift_compact::run(std::string_view& in) {
  for (;;) {
    // The last element ends its collection: no byte does.
    bool const ends = exhausted();
    if (!ends && in.empty()) {
      return token::more;
    }
    auto const said = ends ? close() : advance(in);
    if (said != token::more) {
      return said;
    }
  }
}

/// One step, which takes a byte at least.
thrift_compact::token thrift_compact::advance(std::string_view& in) {
  switch (step_) {
    case step::between: {
      auto& top = frames_.back();
      if (top.kind == type::structure) {
        return begin_field(take(in));
      }
      // Keys and values of a map alternate.
      auto const t = top.kind == type::map && top.left % 2 != 0 ? top.mapped : top.element;
      --top.left;
      return begin_value(t);
    }
    case step::one_byte:
      return tell_number(static_cast<std::int8_t>(take(in)));
    case step::text:
    case step::pass:
      return pass(in);
    case step::list_head: {
      auto const head = take(in);
      elements_ = static_cast<type>(head & 0x0f);
      if (head >> 4 != 0x0f) {
        return begin_list(head >> 4, room(in));
      }
      step_ = step::list_size;
      return token::more;
    }
    case step::map_types:
      return begin_map(take(in));
    case step::field_id:
    case step::varint:
    case step::text_size:
    case step::list_size:
    case step::map_size:
      return varint(in);
  }
  return token::malformed;
}

thrift_compact::token thrift_compact::begin_field(std::uint8_t head) {
  if (head == 0) {
    return close();
  }
  auto const t = static_cast<type>(head & 0x0f);
  if (head >> 4 == 0) {
    value_ = t;
    step_ = step::field_id;
    return token::more;
  }
  auto& top = frames_.back();
  top.field = static_cast<std::int16_t>(top.field + (head >> 4));
  return begin_value(t);
}

thrift_compact::token thrift_compact::begin_value(type t) {
  value_ = t;
  switch (t) {
    case type::yes:
    case type::no:
      // The header of a field is all there is of a boolean.
      if (frames_.back().kind == type::structure) {
        return tell_number(t == type::yes ? 1 : 0);
      }
      [[fallthrough]];
    case type::byte:
      step_ = step::one_byte;
      return token::more;
    case type::i16:
    case type::i32:
    case type::i64:
      step_ = step::varint;
      return token::more;
    case type::real:
    case type::uuid:
      return begin_pass(width(t), step::pass);
    case type::binary:
      step_ = step::text_size;
      return token::more;
    case type::list:
    case type::set:
      step_ = step::list_head;
      return token::more;
    case type::map:
      step_ = step::map_size;
      return token::more;
    case type::structure:
      return open({.kind = t});
    case type::none:
      break;
  }
  return token::malformed;
}

thrift_compact::token thrift_compact::begin_list(std::uint64_t count, base::byte_count room) {
  auto const known = elements_ != type::none && elements_ <= type::uuid;
  if (count > room || (!known && count != 0)) {
    return token::malformed;
  }
  auto const each = width(elements_);
  if (each == 0 || count == 0) {
    return open({.kind = value_, .element = elements_, .left = count});
  }
  if (count > room / each) {
    return token::malformed;
  }
  return begin_pass(count * each, step::pass);
}

thrift_compact::token thrift_compact::begin_map(std::uint8_t types) {
  auto const keys = static_cast<type>(types >> 4);
  auto const values = static_cast<type>(types & 0x0f);
  for (auto const t : {keys, values}) {
    if (t == type::none || t > type::uuid) {
      return token::malformed;
    }
  }
  return open({.kind = type::map, .element = keys, .mapped = values, .left = 2 * varint_});
}

thrift_compact::token thrift_compact::begin_pass(std::uint64_t bytes, step how) {
  passing_ = bytes;
  step_ = bytes == 0 ? step::between : how;
  return token::more;
}

thrift_compact::token thrift_compact::open(frame f) {
  if (frames_.size() == depth_) {
    return token::too_deep;
  }
  place_ = frames_.back().mark;
  field_ = frames_.back().field;
  frames_.push_back(f);
  step_ = step::between;
  return tell(token::open);
}

thrift_compact::token thrift_compact::close() {
  place_ = frames_.back().mark;
  frames_.pop_back();
  if (frames_.empty()) {
    return token::end;
  }
  if (quiet_ > frames_.size()) {
    quiet_ = 0;
    return token::more;
  }
  return tell(token::close);
}

thrift_compact::token thrift_compact::pass(std::string_view& in) {
  auto const told = step_ == step::text;
  piece_ = in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), passing_)));
  in.remove_prefix(piece_.size());
  begin_pass(passing_ - piece_.size(), step_);
  return told ? tell(token::piece) : token::more;
}

thrift_compact::token thrift_compact::varint(std::string_view& in) {
  while (!in.empty()) {
    auto const next = take(in);
    auto const bits = static_cast<std::uint64_t>(next & 0x7f);
    // The tenth byte has room for one bit, and none follows it.
    if (shift_ == 63 && next > 1) {
      return token::malformed;
    }
    varint_ = (shift_ == 0 ? 0 : varint_) | bits << shift_;
    if (next < 0x80) {
      shift_ = 0;
      return with_varint(varint_, room(in));
    }
    shift_ += 7;
  }
  return token::more;
}

thrift_compact::token thrift_compact::with_varint(std::uint64_t value, base::byte_count room) {
  switch (step_) {
    case step::field_id:
      frames_.back().field = static_cast<std::int16_t>(from_zigzag(value));
      return begin_value(value_);
    case step::varint:
      return tell_number(from_zigzag(value));
    case step::text_size:
      if (value > room) {
        return token::malformed;
      }
      begin_pass(value, step::text);
      place_ = frames_.back().mark;
      field_ = frames_.back().field;
      number_ = static_cast<std::int64_t>(value);
      return tell(token::text);
    case step::list_size:
      return begin_list(value, room);
    case step::map_size:
      if (value > room / 2) {
        return token::malformed;
      }
      if (value == 0) {
        return open({.kind = type::map});
      }
      step_ = step::map_types;
      return token::more;
    case step::between:
    case step::one_byte:
    case step::text:
    case step::pass:
    case step::list_head:
    case step::map_types:
      break;
  }
  return token::malformed;
}

thrift_compact::token thrift_compact::tell_number(std::int64_t value) {
  place_ = frames_.back().mark;
  field_ = frames_.back().field;
  number_ = value;
  step_ = step::between;
  return tell(token::number);
}

}  // namespace s3proxy::read_ahead
