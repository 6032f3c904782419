#include "s3proxy/read_ahead/parquet_footer.hpp"

#include "column_chunks.hpp"
#include "schema_leaves.hpp"
#include "thrift_compact.hpp"

#include <optional>
#include <utility>

namespace s3proxy::read_ahead {

namespace {

constexpr std::string_view magic = "PAR1";
constexpr std::string_view encrypted_magic = "PARE";
constexpr std::size_t tail_size = 8;  ///< the length of the metadata and the magic

}  // namespace

std::variant<base::byte_span, no_layout> find_footer(std::string_view last_eight,
                                                     base::byte_count object_size,
                                                     footer_limits const& limits) {
  if (last_eight.size() != tail_size) {
    return no_layout::not_columnar;
  }
  auto const name = last_eight.substr(4);
  if (name == encrypted_magic) {
    return no_layout::encrypted;
  }
  if (name != magic) {
    return no_layout::not_columnar;
  }
  base::byte_count length = 0;
  for (auto i = 4; i-- > 0;) {
    length = length << 8 | static_cast<unsigned char>(last_eight[static_cast<std::size_t>(i)]);
  }
  if (length == 0 || length + tail_size + magic.size() > object_size) {
    return no_layout::malformed;
  }
  if (length > limits.length) {
    return no_layout::too_long;
  }
  return base::byte_span{object_size - tail_size - length, object_size};
}

/// Follows the metadata from token to token. What the format calls
///   FileMetaData{2: [SchemaElement], 4: [RowGroup{1: [ColumnChunk{3: ColumnMetaData}]}]}
/// is marked on the way down; everything else is skipped.
struct parquet_footer_reader::impl {
  enum place : std::uint8_t { file, schema, element, row_groups, row_group, columns, chunk, chunk_data };

  impl(base::byte_span footer_span, base::byte_count object_size, footer_limits const& bounds)
      : thrift(metadata_length(footer_span, object_size), bounds.depth),
        leaves(bounds),
        chunks(footer_span, bounds) {}

  /// A footer that does not lie in its object has no metadata: the first piece finds it malformed.
  static base::byte_count metadata_length(base::byte_span footer, base::byte_count object_size) {
    auto const fits = footer.begin >= magic.size() && footer.begin < footer.end && footer.end <= object_size;
    return fits && footer.size() > tail_size ? footer.size() - tail_size : 0;
  }

  void feed(std::string_view bytes) {
    using enum thrift_compact::token;
    while (!outcome) {
      switch (thrift.next(bytes)) {
        case more:
          return;
        case number:
          take_number(thrift.number());
          break;
        case text:
          take_text();
          break;
        case piece:
          if (thrift.place() == element && thrift.field() == 4) {
            leaves.name(thrift.piece());
          }
          break;
        case open:
          take_open();
          break;
        case close:
          take_close();
          break;
        case end:
          finish();
          break;
        case malformed:
          outcome = no_layout::malformed;
          break;
        case too_deep:
          outcome = no_layout::too_deep;
          break;
      }
    }
  }

  bool is_list_of_structures() const {
    using type = thrift_compact::type;
    return thrift.kind() == type::list && (thrift.element() == type::structure || thrift.count() == 0);
  }

  void take_open() {
    bool const list = is_list_of_structures();
    switch (thrift.place()) {
      case file:
        if (list && thrift.field() == 2) {
          thrift.mark(schema);
          return check(leaves.begin(thrift.count(), thrift.bytes_left()));
        }
        if (list && thrift.field() == 4) {
          thrift.mark(row_groups);
          auto const known = leaves.whole() ? std::optional(leaves.paths().size()) : std::nullopt;
          return check(chunks.begin(thrift.count(), known, thrift.bytes_left()));
        }
        break;
      case schema:
        thrift.mark(element);
        return leaves.begin_element();
      case row_groups:
        thrift.mark(row_group);
        return chunks.begin_row_group();
      case row_group:
        if (list && thrift.field() == 1) {
          return thrift.mark(columns);
        }
        break;
      case columns:
        thrift.mark(chunk);
        return chunks.begin_chunk();
      case chunk:
        if (thrift.field() == 3) {
          chunks.now().described = true;
          return thrift.mark(chunk_data);
        }
        chunks.now().encrypted |= thrift.field() == 8;
        break;
    }
    thrift.skip();
  }

  void take_number(std::int64_t value) {
    switch (thrift.place()) {
      case element:
        return leaves.number(thrift.field(), value);
      case chunk:
        return chunks.chunk_number(thrift.field(), value);
      case chunk_data:
        return chunks.data_number(thrift.field(), value);
    }
  }

  void take_text() {
    if (thrift.place() == element && thrift.field() == 4) {
      leaves.begin_name();
    }
    if (thrift.place() == chunk && thrift.field() == 1) {
      chunks.now().elsewhere = thrift.number() != 0;
    }
  }

  void take_close() {
    switch (thrift.place()) {
      case schema:
        return check(leaves.end());
      case element:
        return check(leaves.end_element());
      case row_group:
        return check(chunks.end_row_group());
      case chunk:
        return check(chunks.end_chunk());
    }
  }

  void finish() {
    check(leaves.whole() && chunks.begun() ? std::nullopt : std::optional(no_layout::malformed));
    if (!outcome) {
      outcome = std::move(chunks).result(std::move(leaves).paths());
    }
  }

  void check(std::optional<no_layout> wrong) {
    if (wrong) {
      outcome = *wrong;
    }
  }

  thrift_compact thrift;
  schema_leaves leaves;
  column_chunks chunks;
  std::optional<std::variant<layout, no_layout>> outcome;
};

parquet_footer_reader::parquet_footer_reader(base::byte_span footer, base::byte_count object_size,
                                             footer_limits const& limits)
    : impl_(std::make_unique<impl>(footer, object_size, limits)) {}
parquet_footer_reader::~parquet_footer_reader() = default;
parquet_footer_reader::parquet_footer_reader(parquet_footer_reader&&) noexcept = default;
parquet_footer_reader& parquet_footer_reader::operator=(parquet_footer_reader&&) noexcept = default;

parquet_footer_reader::progress parquet_footer_reader::feed(std::string_view bytes) {
  impl_->feed(bytes);
  return impl_->outcome ? progress::done : progress::more;
}

std::variant<layout, no_layout> parquet_footer_reader::result() && {
  return impl_->outcome ? *std::move(impl_->outcome) : no_layout::malformed;
}

}  // namespace s3proxy::read_ahead
