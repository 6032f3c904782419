#pragma once

#include "s3proxy/base/units.hpp"
#include "s3proxy/read_ahead/layout.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <variant>

namespace s3proxy::read_ahead {

/// Bounds of reading a footer, which is outside data. docs/configuration.md lists them.
struct footer_limits {
  base::byte_count length = base::byte_count{16} << 20;  ///< 1 M chunks take less
  std::size_t chunks = 1'000'000;
  std::size_t depth = 16;         ///< Parquet's own structures and lists nest eight deep
  std::size_t schema_depth = 64;  ///< columns within columns; a list takes two
  std::size_t disordered =
      4096;  ///< columns of a row group that is not in file order: they are sorted at once
};

/// Where the footer of an object lies, from the last eight bytes of it: the metadata and those eight bytes.
/// Source: the Parquet format, "File format" (length, magic `PAR1`; `PARE`: the footer is encrypted).
std::variant<base::byte_span, no_layout> find_footer(std::string_view last_eight,
                                                     base::byte_count object_size,
                                                     footer_limits const& limits);

/// Reads a Parquet footer (FileMetaData in Thrift's compact protocol), passing over everything but where the
/// column chunks lie and what their columns are called. Takes the footer piece by piece, so that its caller
/// can pause between two pieces: 64 KiB take well below a millisecond. Memory is bounded by footer_limits and
/// by what the bytes can hold, whatever they claim.
class parquet_footer_reader {
 public:
  /// `footer`: what find_footer gave.
  parquet_footer_reader(base::byte_span footer, base::byte_count object_size, footer_limits const& limits);
  ~parquet_footer_reader();
  parquet_footer_reader(parquet_footer_reader&&) noexcept;
  parquet_footer_reader& operator=(parquet_footer_reader&&) noexcept;

  enum class progress { more, done };
  /// The next bytes of the footer, in order. Done: result() is there, and further bytes are ignored. It is
  /// done at the latest with the last byte of the metadata, the eight behind it need not be fed.
  progress feed(std::string_view bytes);
  /// After `done`.
  std::variant<layout, no_layout> result() &&;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace s3proxy::read_ahead
