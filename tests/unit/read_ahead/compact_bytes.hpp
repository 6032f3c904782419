#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace s3proxy::read_ahead {

/// Writes Thrift's compact protocol by hand, lies included.
class compact_bytes {
 public:
  enum type : std::uint8_t {
    yes = 1,
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
    uuid
  };

  /// The header of a field: in the short form behind `before`, in the long form when that cannot be.
  compact_bytes& field(int id, type t) {
    auto const step = id - last_;
    last_ = id;
    if (step > 0 && step < 16) {
      return raw(static_cast<unsigned>(step) << 4 | t);
    }
    raw(t);
    return zigzag(id);
  }
  compact_bytes& number(int id, std::int64_t value, type t = i64) {
    field(id, t);
    return zigzag(value);
  }
  compact_bytes& text(int id, std::string_view value) {
    field(id, binary);
    return plain_text(value);
  }
  compact_bytes& plain_text(std::string_view value) {
    varint(value.size());
    out_.append(value);
    return *this;
  }
  compact_bytes& elements(int id, std::uint64_t count, type of, type kind = list) {
    field(id, kind);
    if (count < 15) {
      return raw(static_cast<unsigned>(count) << 4 | of);
    }
    raw(0xf0U | of);
    return varint(count);
  }
  compact_bytes& inner(int id, compact_bytes const& fields) {
    field(id, structure);
    return append(fields).stop();
  }
  compact_bytes& append(compact_bytes const& other) {
    out_ += other.out_;
    return *this;
  }
  compact_bytes& stop() { return raw(0); }
  compact_bytes& raw(unsigned value) {
    out_ += static_cast<char>(value);
    return *this;
  }
  compact_bytes& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      raw(static_cast<unsigned>(value & 0x7f) | 0x80U);
    }
    return raw(static_cast<unsigned>(value));
  }
  compact_bytes& zigzag(std::int64_t value) {
    auto const n = static_cast<std::uint64_t>(value);
    return varint(n << 1 ^ (value < 0 ? ~std::uint64_t{0} : 0));
  }
  std::string const& str() const { return out_; }

 private:
  std::string out_;
  int last_ = 0;
};

}  // namespace s3proxy::read_ahead
